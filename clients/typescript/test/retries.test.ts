import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { createDBClient, type Database, type DoSQLError } from '../src/index.ts';
import { startServer, type TestDatabase, type TestServer } from '../src/testing.ts';
import { CuttingProxy, once } from './cutting-proxy.ts';

const lostAnswer = { code: 'CONNECTION_CLOSED', category: 'CONNECTION', retryable: true, executed: 'unknown' };
const lostTransaction = { code: 'TRANSACTION_LOST', category: 'CONFLICT', retryable: true, executed: 'no' };
const insert = "INSERT INTO t(x) VALUES ('x')";

describe('an answer that is lost', () => {
  let server: TestServer;
  let proxy: CuttingProxy;
  let direct: TestDatabase;
  let db: Database;
  let keyed: Database;
  before(async () => {
    server = await startServer();
    proxy = await CuttingProxy.open(server.url);
  });
  after(async () => {
    await proxy.close();
    await server.stop();
  });
  beforeEach(async () => {
    direct = await server.database();
    await direct.exec('CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, x)');
    db = createDBClient({ url: proxy.url, tenant: direct.tenant });
    keyed = createDBClient({ url: proxy.url, tenant: direct.tenant, retry: { writes: true } });
    proxy.requests.length = 0;
  });
  afterEach(() => {
    proxy.plan = () => undefined;
  });
  const rows = async () => (await direct.query('SELECT * FROM t')).length;
  const sent = (path: string) => proxy.requests.filter((request) => request.includes(path)).length;

  it('of a read is asked for again', async () => {
    proxy.plan = once(/query\?/, 'answer');
    assert.deepEqual(await db.query('SELECT 1 AS a'), [{ a: 1 }]);
    assert.equal(sent('/query'), 2);
  });

  it('of a write leaves open what became of it, and the write is not sent again', async () => {
    proxy.plan = once(/run\?/, 'answer');
    await assert.rejects(db.run(insert), lostAnswer);
    assert.deepEqual([sent('/run'), await rows()], [1, 1]);
    proxy.plan = once(/run\?/, 'request');
    await assert.rejects(db.run(insert), lostAnswer);
    assert.deepEqual([sent('/run'), await rows()], [2, 1]);
  });

  it('of a write with a key comes again, and nothing happens twice', async () => {
    proxy.plan = once(/run\?/, 'answer');
    const first = await db.run(insert, [], { idempotencyKey: 'order-42' });
    assert.deepEqual([first.changes, first.lastInsertRowid, first.replayed], [1, 1, true]);
    assert.deepEqual([sent('/run'), await rows()], [2, 1]);
    const again = await db.run(insert, [], { idempotencyKey: 'order-42' });
    assert.deepEqual(again, first);
    await assert.rejects(db.run('DELETE FROM t', [], { idempotencyKey: 'order-42' }), { code: 'IDEMPOTENCY_MISMATCH' });
    assert.equal((await db.run(insert, [], { idempotencyKey: true })).replayed, undefined);
    await assert.rejects(async () => await db.run(insert, [], { idempotencyKey: 'ü' }), { code: 'ENCODING' });
  });

  it('of any write is asked for again where the client makes keys', async () => {
    for (
      const [path, work] of [
        ['/run', () => keyed.run(insert)],
        ['/query', () => keyed.query(`${insert} RETURNING id`)],
        ['/queryOne', () => keyed.queryOne(`${insert} RETURNING id`)],
        ['/batch', () => keyed.batch([{ sql: insert }])],
        ['/channels', () => keyed.publish('room', 1)],
        ['/events', () => keyed.emit('type', 1)],
      ] as const
    ) {
      proxy.requests.length = 0;
      proxy.plan = once(/POST/, 'answer');
      await work();
      assert.equal(sent(path), 2, path);
    }
    assert.equal(await rows(), 4);
    assert.deepEqual(await direct.query('SELECT count(*) AS n FROM messages UNION ALL SELECT count(*) FROM events'), [
      { n: 1 },
      { n: 1 },
    ]);
  });

  it('of a migration is asked for again', async () => {
    proxy.plan = once(/migrate/, 'answer');
    const [state] = await db.migrate([{ id: '001', sql: 'CREATE TABLE migrated(x)' }]);
    assert.equal(state!.state, 'present');
  });

  it('of a stream that has not begun is asked for again', async () => {
    proxy.plan = once(/query\?/, 'answer');
    const seen = [];
    for await (const row of db.stream('SELECT 1 AS a')) seen.push(row);
    assert.deepEqual(seen, [{ a: 1 }]);
  });

  it('of a COMMIT is asked for, and the transaction has happened once', async () => {
    proxy.plan = once(/commit/, 'answer');
    let runs = 0;
    const value = await db.transaction(async (tx) => {
      runs++;
      await tx.run(insert);
      return 'value';
    });
    assert.deepEqual([value, runs, await rows()], ['value', 1, 1]);
    // The commit, the same again, and the one that asks.
    assert.equal(sent('/commit'), 3);
  });

  it('of a COMMIT that never arrived is the answer to the next', async () => {
    proxy.plan = once(/commit/, 'request');
    await db.transaction((tx) => tx.run(insert));
    assert.deepEqual([sent('/commit'), await rows()], [2, 1]);
  });

  it('of a COMMIT without a key leaves open what became of it', async () => {
    proxy.plan = once(/commit/, 'answer');
    await assert.rejects(db.transaction((tx) => tx.run(insert), { idempotencyKey: false }), lostAnswer);
    assert.equal(await rows(), 1);
  });

  it('of a COMMIT nobody can be asked about leaves it open too', async () => {
    proxy.plan = (request) => /commit/.test(request) ? 'answer' : undefined;
    await assert.rejects(db.transaction((tx) => tx.run(insert)), lostAnswer);
  });

  it('of a write in a transaction is the end of the transaction', async () => {
    proxy.plan = once(/\/run\?/, 'answer');
    await assert.rejects(
      db.transaction(async (tx) => {
        await assert.rejects(tx.run(insert), lostTransaction);
        await assert.rejects(tx.query('SELECT 1'), lostTransaction);
      }),
      lostTransaction,
    );
    assert.equal(await rows(), 0);
    // Its turn is free at once.
    await direct.run(insert);
  });

  it('of a read in a transaction is asked for again', async () => {
    proxy.plan = once(/\/queryOne\?/, 'answer');
    const row = await db.transaction(async (tx) => {
      await tx.run(insert);
      return await tx.queryOne('SELECT count(*) AS n FROM t');
    });
    assert.deepEqual(row, { n: 1 });
  });

  it('lets a transaction run again, if its function may', async () => {
    const again = createDBClient({ url: proxy.url, tenant: direct.tenant, retry: { transactions: true } });
    proxy.plan = once(/\/run\?/, 'request');
    let runs = 0;
    await again.transaction(async (tx) => {
      runs++;
      await tx.run(insert);
    });
    assert.deepEqual([runs, await rows()], [2, 1]);
  });

  it('of a BEGIN that is given up is the end of what it began', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    await direct.transaction(async () => {
      const waiting = db.transaction(() => assert.fail(), { signal: controller.signal });
      while (!sent('/transactions')) await new Promise((resolve) => setTimeout(resolve, 10));
      controller.abort(reason);
      await assert.rejects(waiting, (error) => error === reason);
    });
    // It gets its turn now, and gives it back.
    while (!sent('/rollback')) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('of a call that is given up does not come', async () => {
    proxy.plan = (request) => /run\?/.test(request) ? 'answer' : undefined;
    const reason = new Error('enough');
    const controller = new AbortController();
    const patient = createDBClient({
      url: proxy.url,
      tenant: direct.tenant,
      retry: { writes: true, attempts: 1000, backoff: 10_000, backoffMax: 10_000 },
    });
    const running = patient.run(insert, [], { signal: controller.signal });
    while (!sent('/run')) await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort(reason);
    await assert.rejects(running, (error) => error === reason);
  });
});

describe('a retry', () => {
  /** A server that answers what it is told to, and then rows. */
  const answering = (...answers: (Response | Error)[]) => {
    const times: number[] = [];
    const db = createDBClient({
      fetch: async () => {
        times.push(Date.now());
        const answer = answers.shift() ??
          Response.json({ columns: ['a'], rows: [[1]], changes: 1, lastInsertRowid: 1 });
        if (answer instanceof Error) throw answer;
        return answer;
      },
    }, { retry: { backoff: 1 } });
    return { db, times };
  };
  const busy = (more = {}, headers = {}) =>
    Response.json({
      error: 'a queue is full',
      code: 'OVERLOADED',
      category: 'CONNECTION',
      retryable: true,
      executed: 'no',
      ...more,
    }, { status: 503, headers });

  it('happens to what is known not to have run, writes too', async () => {
    const { db, times } = answering(busy(), busy());
    assert.equal((await db.run('DELETE FROM t')).changes, 1);
    assert.equal(times.length, 3);
  });

  it('has an end', async () => {
    const { db, times } = answering(busy(), busy(), busy(), busy());
    await assert.rejects(db.run('DELETE FROM t'), { code: 'OVERLOADED' });
    assert.equal(times.length, 3);
  });

  it('waits as long as the server says', async () => {
    const { db, times } = answering(busy({ retryAfter: 120 }), busy({}, { 'retry-after': '1' }));
    await db.query('SELECT 1');
    assert(times[1]! - times[0]! >= 115);
    assert(times[2]! - times[1]! >= 995);
  });

  it('does not outlast the call', async () => {
    const { db } = answering(busy({ retryAfter: 60_000 }));
    await assert.rejects(db.query('SELECT 1', [], { timeout: 1 }), { code: 'OVERLOADED' });
  });

  it('does not happen to what would fail again, nor to time bounds', async () => {
    for (
      const more of [
        { code: 'CONSTRAINT_UNIQUE', category: 'CONFLICT', retryable: false },
        { code: 'LOCK_TIMEOUT', category: 'TIMEOUT' },
        { code: 'STORAGE_FULL', category: 'RESOURCE' },
      ]
    ) {
      const { db, times } = answering(busy(more));
      await assert.rejects(db.run('DELETE FROM t'), { code: more.code });
      assert.equal(times.length, 1);
    }
  });

  it('can be forbidden', async () => {
    let calls = 0;
    const db = createDBClient({ fetch: () => (calls++, busy()) }, { retry: false });
    await assert.rejects(db.query('SELECT 1'), { code: 'OVERLOADED' });
    assert.equal(calls, 1);
  });

  it('happens to a write whose connection was refused', async () => {
    const server = await startServer();
    const { url } = server;
    await server.stop();
    await assert.rejects(createDBClient({ url, tenant: 'x', retry: { backoff: 1 } }).run('DELETE FROM t'), {
      ...lostAnswer,
      executed: 'no',
    });
  });

  it('knows what stands between', async () => {
    const { db, times } = answering(new Response('<h1>Bad Gateway</h1>', { status: 502 }));
    await assert.rejects(db.run('DELETE FROM t'), (error: DoSQLError) => {
      assert.deepEqual(
        [error.message, error.code, error.category, error.executed, error.status],
        ['<h1>Bad Gateway</h1>', 'HTTP_502', 'CONNECTION', 'unknown', 502],
      );
      return true;
    });
    assert.equal(times.length, 1);
    await assert.rejects(answering(new Response('<html>', { status: 200 })).db.run('DELETE FROM t'), {
      code: 'UNEXPECTED_ANSWER',
      executed: 'unknown',
    });
    await assert.rejects(answering(new Response('<html>\n', { status: 200 })).db.stream('SELECT 1').next(), {
      code: 'UNEXPECTED_ANSWER',
    });
    await assert.rejects(answering(new Response('Not Found', { status: 404 })).db.run('x'), {
      message: 'Not Found',
      code: 'HTTP_404',
      executed: 'no',
    });
    await assert.rejects(answering(new Response(null, { status: 500 })).db.run('x'), { message: 'Database error' });
    // The guide's own Durable Object.
    await assert.rejects(
      answering(Response.json({ error: 'UNIQUE constraint failed: t.x' }, { status: 500 })).db.run('x'),
      {
        message: 'UNIQUE constraint failed: t.x',
        executed: 'unknown',
      },
    );
  });
});
