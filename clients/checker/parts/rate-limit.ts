import type { Answer } from '../answer.ts';
import { newAddress } from '../app.ts';
import { expectEqual, expectThat, Failure } from '../expectation.ts';
import { Part } from '../part.ts';

export const rateLimit = new Part('rate-limit');
const path = '/api/v1/users?limit=1';
const [limit, window] = [100, 60_000];

const number = (answer: Answer, header: string) => Number(answer.expectHeader(header, /^\d+$/));

/** What is sent within one window, however slow the machine: if the window may have ended meanwhile, once more from a new address. */
async function withinWindow(send: (address: string) => Promise<Answer[]>): Promise<Answer[]> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const start = Date.now();
    const answers = await send(newAddress());
    if (Date.now() - start < window - 1000) return answers;
  }
  throw new Failure('the app is too slow: its answers took longer than a window each time');
}

rateLimit.check('E24', 'every answer says the limit, and what is left of it', async ({ app }) => {
  const answers = await withinWindow(async (address) => [
    await app.get(path, { address }),
    await app.get('/api/v1/users/999999999', { address }),
    await app.get('/api/v1/posts', { address }),
  ]);
  for (const answer of answers) answer.expectHeader('X-RateLimit-Limit', String(limit));
  expectEqual(answers.map((answer) => number(answer, 'X-RateLimit-Remaining')), [99, 98, 97], 'what is left');
});

rateLimit.check('E24', '100 requests of one address are let through, the 101st is 429', async ({ app }) => {
  const answers = await withinWindow(async (address) => {
    const answers: Answer[] = [];
    for (let n = 0; n <= limit; n++) answers.push(await app.get(path, { address }));
    return answers;
  });
  answers.slice(0, limit).forEach((answer, n) => {
    answer.expectStatus(200);
    expectEqual(number(answer, 'X-RateLimit-Remaining'), limit - 1 - n, `what is left after ${n + 1}`);
  });
  answers[limit].expectError(429, 'Too many requests');
});

rateLimit.check('E24', 'addresses are counted apart, and what is outside of /api not at all', async ({ app }) => {
  const address = newAddress();
  (await app.get(path, { address })).expectHeader('X-RateLimit-Remaining', '99');
  (await app.get(path, { address: newAddress() })).expectHeader('X-RateLimit-Remaining', '99');
  expectThat(!(await app.get('/health', { address })).headers.has('X-RateLimit-Limit'), '/health is counted');
});

rateLimit.mended('E24', 'the limit is exact: of 150 at once 100 are let through', async ({ app }) => {
  const answers = await withinWindow((address) =>
    Promise.all(Array.from({ length: 150 }, () => app.get(path, { address })))
  );
  const through = answers.filter((answer) => answer.status === 200);
  const refused = answers.filter((answer) => answer.status === 429);
  expectEqual([through.length, refused.length], [limit, 50], 'let through and refused');
  const left = through.map((answer) => number(answer, 'X-RateLimit-Remaining')).sort((a, b) => a - b);
  expectEqual(left, Array.from({ length: limit }, (_, n) => n), 'what was left, each time');
});

rateLimit.mended('E24', 'X-RateLimit-Reset is the end of the window, and stays', async ({ app }) => {
  const before = Math.floor(Date.now() / 1000);
  const answers = await withinWindow(async (address) => [
    await app.get(path, { address }),
    await app.get(path, { address }),
    await app.get(path, { address }),
  ]);
  const after = Math.ceil(Date.now() / 1000);
  const resets = answers.map((answer) => number(answer, 'X-RateLimit-Reset'));
  expectEqual(resets, [resets[0], resets[0], resets[0]], 'X-RateLimit-Reset');
  // A second either way, for the rounding and for the clock of another machine.
  const [least, most] = [before + window / 1000 - 1, after + window / 1000 + 1];
  expectThat(resets[0] >= least && resets[0] <= most, `X-RateLimit-Reset is ${resets[0]}, expected ${least}–${most}`);
});

rateLimit.mended('E24', 'who is refused is told when to come back', async ({ app }) => {
  const answers = await withinWindow((address) =>
    Promise.all(Array.from({ length: limit + 1 }, () => app.get(path, { address })))
  );
  const [refused] = answers.filter((answer) => answer.status === 429);
  expectThat(refused !== undefined, 'nobody was refused');
  refused.expectError(429, 'Too many requests', { code: 429 });
  refused.expectHeader('X-RateLimit-Limit', String(limit));
  refused.expectHeader('X-RateLimit-Remaining', '0');
  const wait = number(refused, 'Retry-After');
  expectThat(wait >= 1 && wait <= window / 1000, `Retry-After is ${wait}`);
});

rateLimit.mended('E24', 'paths that are not there count too', async ({ app }) => {
  const address = newAddress();
  (await app.get('/api/nowhere', { address })).expectHeader('X-RateLimit-Remaining', '99');
  (await app.get(path, { address })).expectHeader('X-RateLimit-Remaining', '98');
});
