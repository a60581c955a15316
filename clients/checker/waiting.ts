import { Failure } from './expectation.ts';

/** Milliseconds that the checker waits for what must happen. Generous: a check says whether, never how fast, unless its name says so. */
export const patience = 60_000;

/** Resolves as `promise` does; after `patience` it fails with what was waited for. */
export async function waitFor<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure(`waited ${patience / 1000} s in vain for ${what}`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again until there is an answer. */
export async function waitUntil<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Failure(`waited ${patience / 1000} s in vain for ${what}`);
}
