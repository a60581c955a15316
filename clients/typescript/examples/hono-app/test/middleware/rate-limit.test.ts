import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { TestDatabase } from '@dotdo/dosql/testing';
import { rateLimit } from '../../src/middleware/rate-limit.ts';
import { appDatabase, appWith } from '../with-database.ts';

describe('The rate limit', () => {
  const windowMs = 3_600_000;
  let db: TestDatabase;
  let app: ReturnType<typeof appWith>;
  const request = (key = 'a') => app.request('/', { headers: { 'X-Key': key } });

  before(async () => {
    db = await appDatabase();
    app = appWith(db);
    app.use('*', rateLimit({ windowMs, maxRequests: 10, keyFn: (c) => c.req.header('X-Key')! }));
    app.get('/', (c) => c.text('through'));
  });
  after(() => db.close());
  beforeEach(() => db._clear('rate_limits'));

  it('lets through so many and no more, however many come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => request()));

    assert.equal(answers.filter(({ status }) => status === 200).length, 10);
    assert.equal(answers.filter(({ status }) => status === 429).length, 20);
    const left = answers.filter(({ status }) => status === 200).map(({ headers }) =>
      Number(headers.get('X-RateLimit-Remaining'))
    );
    assert.deepEqual(left.sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('counts each key by itself', async () => {
    await Promise.all(Array.from({ length: 11 }, () => request('a')));
    assert.equal((await request('a')).status, 429);
    assert.equal((await request('b')).headers.get('X-RateLimit-Remaining'), '9');
  });

  it('says when the window ends, the same for all in it', async () => {
    const before = Date.now();
    const resets = [(await request()).headers, (await request()).headers].map((headers) =>
      Number(headers.get('X-RateLimit-Reset'))
    );
    const after = Date.now();

    assert.equal(resets[0], resets[1]);
    assert.ok(resets[0]! * 1000 >= before + windowMs && resets[0]! * 1000 < after + windowMs + 1000, String(resets[0]));
  });

  it('begins anew when the window is over', async () => {
    await Promise.all(Array.from({ length: 12 }, () => request()));
    assert.equal((await request()).status, 429);

    // As if the hour had passed
    await db.run('UPDATE rate_limits SET reset_at = ?', [Date.now() - 1]);
    const res = await request();
    assert.equal(res.status, 200);
    assert.equal(res.headers.get('X-RateLimit-Remaining'), '9');
  });

  it('tells who is refused when to come back', async () => {
    await Promise.all(Array.from({ length: 10 }, () => request()));
    const wait = Number((await request()).headers.get('Retry-After'));
    assert.ok(wait > 0 && wait <= windowMs / 1000, String(wait));
  });
});
