import type { Context } from 'hono';

/** Lets work go on after the answer was sent. Workers end it with the answer unless they are told; other runtimes do not. */
export function inBackground(c: Context, work: Promise<unknown>): void {
  const logged = work.catch(console.error);
  try {
    c.executionCtx.waitUntil(logged);
  } catch {
    // Hono throws where the runtime has no execution context.
  }
}
