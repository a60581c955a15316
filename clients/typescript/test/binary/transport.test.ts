// The transport over WebSocket against a real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DoSQLError } from '../../src/errors.ts';
import { startServer, type TestServer } from '../../src/testing.ts';
import type { FeedRow, Transport } from '../../src/transport.ts';
import type { BoundValue } from '../../src/values.ts';
import { websocket } from '../../src/websocket.ts';
import { startProxy } from './proxy.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

let tenants = 0;
/** A transport to a tenant of its own, which ends with the test. */
const open = (url = server.url, tenant = `tenant${++tenants}`): Transport & Disposable =>
  Object.assign(websocket()({ url, tenant }), {
    [Symbol.dispose](this: Transport) {
      this.close();
    },
  });

/** The error with which something fails. */
const failure = async (work: PromiseLike<unknown>): Promise<DoSQLError> => {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof DoSQLError, String(error));
    return error;
  }
  throw new Error('it did not fail');
};

/** The next of an iterator that has one. */
const next = async <T>(iterator: AsyncIterator<T>): Promise<T> => {
  const { done, value } = await iterator.next();
  assert.ok(!done);
  return value;
};

const numbers = (count: number, columns = 'x') =>
  `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT ${count}) SELECT ${columns} FROM n`;

test('statements, and what they change', async () => {
  using db = open();
  const created = await db.call('run', { sql: 'CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)' });
  assert.deepEqual([created.changes, created.lastInsertRowid, created.lsn], [0, 0, 1]);
  const first = await db.call('run', { sql: 'INSERT INTO t (name) VALUES (?), (?)', params: ['ada', 'bob'] });
  assert.deepEqual([first.changes, first.lastInsertRowid, first.lsn], [2, 2, 2]);
  const all = await db.call('query', { sql: 'SELECT * FROM t WHERE id >= :least', params: { least: 1 } });
  assert.deepEqual([all.columns, all.rows, all.lsn], [['id', 'name'], [[1, 'ada'], [2, 'bob']], 2]);
  const one = await db.call('queryOne', { sql: 'SELECT name FROM t WHERE id = $id', params: { $id: 2 } });
  assert.deepEqual([one.columns, one.row], [['name'], ['bob']]);
  assert.equal((await db.call('queryOne', { sql: 'SELECT 1 WHERE 0' })).row, null);
  const returning = await db.call('query', { sql: "INSERT INTO t (name) VALUES ('eve') RETURNING id" });
  assert.deepEqual([returning.rows, returning.changes, returning.lastInsertRowid], [[[3]], 1, 3]);
  const keyed = { idempotencyKey: 'a-key' };
  const written = await db.call('run', { sql: "INSERT INTO t (name) VALUES ('key')" }, keyed);
  const again = await db.call('run', { sql: "INSERT INTO t (name) VALUES ('key')" }, keyed);
  assert.equal(written.replayed, undefined);
  assert.deepEqual(again, { ...written, replayed: true });
  assert.equal((await db.call('query', { sql: 'SELECT 1 AS a, 2 AS a' })).columns.join(), 'a,a');
});

test('a batch with references, conditions, assertions and a step that fails', async () => {
  using db = open();
  await db.call('script', {
    sql:
      'CREATE TABLE stock (n INTEGER CHECK (n >= 0)); INSERT INTO stock VALUES (5); CREATE TABLE o (id INTEGER PRIMARY KEY, of, note)',
  });
  const answer = await db.call('batch', {
    steps: [
      {
        sql: 'UPDATE stock SET n = n - ?',
        params: [2],
        want: 'none',
        assert: { eq: [{ $ref: { step: 0, value: 'changes' } }, 1] },
        message: 'nothing left',
      },
      { sql: 'INSERT INTO o (of) VALUES (:a)', params: { a: { $ref: { step: 0, value: 'changes' } } } },
      { sql: 'UPDATE stock SET n = -1', tolerate: true },
      { sql: 'SELECT 1', if: { and: [{ ran: 1 }, { not: { failed: 2 } }] } },
      {
        sql: 'SELECT id, ? FROM o WHERE id = ?',
        params: [{ $ref: { step: 2, value: 'rowCount' } }, { $ref: { step: 1, value: 'lastInsertRowid' } }],
        if: { or: [{ skipped: 0 }, { failed: 2 }, { gt: [1, true as unknown as number] }] },
      },
      { sql: 'SELECT ?', params: [{ $ref: { step: 4, column: 0 } }], want: 'first' },
    ],
  });
  assert.equal(answer.changes, 2);
  assert.equal(answer.lastInsertRowid, 1);
  const [taken, ordered, failed, skipped, selected, referred] = answer.results;
  assert.deepEqual(taken, { status: 'done', columns: [], rows: [], changes: 1, lastInsertRowid: 0 });
  assert.ok(ordered?.status == 'done' && ordered.lastInsertRowid == 1);
  assert.ok(failed?.status == 'failed');
  assert.equal(failed.error.code, 'CONSTRAINT_CHECK');
  assert.equal(failed.error.error, 'CHECK constraint failed: n >= 0');
  assert.deepEqual(skipped, { status: 'skipped' });
  assert.deepEqual(selected?.status == 'done' && selected.rows, [[1, null]]);
  assert.deepEqual(referred?.status == 'done' && referred.rows, [[1]]);
  const refused = await failure(db.call('batch', {
    steps: [{ sql: 'UPDATE stock SET n = n - 1' }, { sql: 'UPDATE stock SET n = n - 9' }],
  }));
  assert.deepEqual([refused.code, refused.step, refused.executed], ['CONSTRAINT_CHECK', 1, 'no']);
  const stopped = await db.call('batch', {
    steps: [{ sql: 'UPDATE stock SET n = n - 1' }, { sql: 'nonsense' }, { sql: 'SELECT 1' }],
    onError: 'stop',
  });
  assert.deepEqual(stopped.results.map((result) => result.status), ['done', 'failed', 'skipped']);
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT n FROM stock' })).row, [2]);
  const misspelt = await failure(db.call('batch', { steps: [{ sql: 'SELECT 1' }], onError: 'stpo' as 'stop' }));
  assert.equal(misspelt.code, 'MALFORMED');
});

test('scripts and migrations', async () => {
  using db = open();
  const script = await db.call('script', {
    sql: '-- one\nCREATE TABLE a (x); CREATE TABLE b (y); INSERT INTO a VALUES (1)',
  });
  assert.deepEqual([script.statements, script.changes], [3, 1]);
  const migrations = [{ id: '002_d', sql: 'CREATE TABLE d (x)' }, { id: '001_c', sql: 'CREATE TABLE c (x)' }];
  const dry = await db.call('migrate', { migrations, dryRun: true });
  assert.deepEqual(dry.migrations.map(({ id, state, appliedAt }) => [id, state, appliedAt]), [
    ['001_c', 'pending', null],
    ['002_d', 'pending', null],
  ]);
  const wet = await db.call('migrate', { migrations });
  assert.deepEqual(wet.migrations.map(({ state }) => state), ['applied', 'applied']);
  assert.match(wet.migrations[0]!.appliedAt!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.match(wet.migrations[0]!.checksum, /^[0-9a-f]{64}$/);
  assert.deepEqual((await db.call('migrate', { migrations })).migrations.map(({ state }) => state), [
    'present',
    'present',
  ]);
  const bad = await failure(db.call('migrate', {
    migrations: [...migrations, { id: '003_e', sql: 'CREATE TABLE e (x); nonsense' }],
  }));
  assert.deepEqual([bad.code, bad.category, bad.migration, bad.statement?.index], [
    'MIGRATION_FAILED',
    'EXECUTION',
    '003_e',
    1,
  ]);
});

test('every value comes back as it was', async () => {
  using db = open();
  const values: BoundValue[] = [
    null,
    ...[0, 1, 63, 64, 127, 128, 255, 256, 32767, 32768, 2 ** 31 - 1, 2 ** 31, 2 ** 47, Number.MAX_SAFE_INTEGER],
    ...[-1, -64, -128, -129, -32768, -32769, -(2 ** 31), -(2 ** 39) - 1, Number.MIN_SAFE_INTEGER],
    ...[2n ** 53n, -(2n ** 53n), 2n ** 55n, -(2n ** 55n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)],
    ...[0.5, -0.0, 0.1, 1e300, 5e-324, Number.MAX_VALUE, Infinity, -Infinity],
    ...['', 'a', 'naïve', '🦀', 'a\0b', '\uFEFFbom', 'x'.repeat(63), 'x'.repeat(64), 'é'.repeat(100_000)],
    ...[new Uint8Array(), Uint8Array.of(0, 255), new Uint8Array(63).fill(7), new Uint8Array(300_000).fill(9)],
  ];
  for (const value of values) {
    const { row } = await db.call('queryOne', { sql: 'SELECT ?', params: [value] });
    assert.deepEqual(row, [value]);
  }
  const all = await db.call('query', { sql: `SELECT ${values.map(() => '?')}`, params: values });
  assert.deepEqual(all.rows, [values]);
  const types = await db.call('queryOne', {
    sql: 'SELECT typeof(:a), typeof(:b), typeof(:c), typeof(:d), typeof(:e), typeof(:f)',
    params: { a: 1, b: 1.5, c: 2n ** 60n, d: 'x', e: Uint8Array.of(1), f: -0 },
  });
  assert.deepEqual(types.row, ['integer', 'real', 'integer', 'text', 'blob', 'real']);
  // An integer that a double holds is a number, however it was sent.
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT ?, 1.0', params: [5n] })).row, [5, 1]);
  // Text that is not UTF-8 cannot be told in a string.
  assert.deepEqual((await db.call('queryOne', { sql: "SELECT CAST(x'61FF62' AS TEXT)" })).row, ['a\uFFFDb']);
  // A blob is a copy: nothing of the message beside it can be reached.
  const { row } = await db.call('queryOne', { sql: "SELECT 'secret', x'0102'" });
  assert.equal((row![1] as Uint8Array).buffer.byteLength, 2);
});

test('errors with all that is known', async () => {
  using db = open();
  await db.call('run', { sql: 'CREATE TABLE t (a UNIQUE)' });
  await db.call('run', { sql: 'INSERT INTO t VALUES (1)' });
  const unique = await failure(db.call('run', { sql: 'INSERT INTO t VALUES (1)' }));
  assert.deepEqual(
    [unique.message, unique.code, unique.category, unique.sqliteCode, unique.executed, unique.retryable],
    ['UNIQUE constraint failed: t.a', 'CONSTRAINT_UNIQUE', 'CONFLICT', 2067, 'no', false],
  );
  assert.equal(unique.toUserMessage(), 'Resource already exists');
  const syntax = await failure(db.call('query', { sql: 'SELECT * FORM t' }));
  assert.deepEqual([syntax.code, syntax.offset, syntax.category], ['SQL_ERROR', 9, 'VALIDATION']);
  const many = await failure(db.call('query', { sql: numbers(100), rowsMax: 10 } as { sql: string }));
  assert.deepEqual([many.code, many.limit?.name, many.limit?.value], ['RESULT_TOO_LARGE', 'rowsMax', 10]);
  const script = await failure(db.call('script', { sql: 'SELECT 1; nonsense' }));
  assert.equal(script.statement?.index, 1);
  const late = await failure(db.call('query', { sql: numbers(1e12, 'max(x)'), deadline: 50 }));
  assert.deepEqual([late.code, late.category, late.retryable], ['DEADLINE_EXCEEDED', 'TIMEOUT', true]);
  const nan = await failure(db.call('query', { sql: 'SELECT ?', params: [NaN] }));
  assert.equal(nan.code, 'NAN_NOT_STORABLE');
  const nul = await failure(db.call('query', { sql: 'SELECT 1 -- \0' }));
  assert.equal(nul.code, 'MALFORMED');
  const long = await failure(db.call('run', { sql: 'INSERT INTO t VALUES (?)', params: ['x'.repeat(2 ** 24)] }));
  assert.deepEqual([long.code, long.category, long.limit?.name, long.executed], [
    'FRAME_TOO_LARGE',
    'RESOURCE',
    'frameMax',
    'no',
  ]);
  const channel = await failure(db.call('publish', { channel: 'x'.repeat(257), data: '1' }));
  assert.equal(channel.code, 'FEED_NAME_INVALID');
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [1]);
  assert.throws(() => websocket()({ url: server.url }), { code: 'CONFIGURATION' });
});

test('a tenant that is not there is told to every call, and the connection lives on', async () => {
  await using strict = await startServer({ flags: ['--no-create-tenants'] });
  using db = open(strict.url, 'nobody');
  const calls = Array.from({ length: 5 }, () => failure(db.call('query', { sql: 'SELECT 1' })));
  for (const error of await Promise.all(calls)) {
    assert.deepEqual([error.code, error.category, error.executed], ['TENANT_NOT_FOUND', 'NOT_FOUND', 'no']);
  }
  assert.equal((await failure(db.begin({}))).code, 'TENANT_NOT_FOUND');
  assert.equal((await failure(db.call('query', { sql: 'SELECT 1' }))).code, 'TENANT_NOT_FOUND');
});

test('transactions on streams of their own', async () => {
  using db = open();
  await db.call('run', { sql: 'CREATE TABLE t (a)' });
  const tx = await db.begin({ mode: 'write', wait: 60_000 });
  assert.equal((await tx.call('run', { sql: 'INSERT INTO t VALUES (1)' })).transaction, 'write');
  // Others neither see it nor wait for it to read.
  const reader = await db.begin({ mode: 'read' });
  assert.deepEqual((await reader.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [0]);
  assert.deepEqual((await tx.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [1]);
  await tx.call('savepoint', { name: 's' });
  await tx.call('run', { sql: 'INSERT INTO t VALUES (2)' });
  await tx.call('rollbackTo', { name: 's' });
  await tx.call('release', { name: 's' });
  const wrong = await failure(tx.call('run', { sql: 'INSERT INTO nothing VALUES (2)' }));
  assert.deepEqual([wrong.code, wrong.transaction], ['SQL_ERROR', 'write']);
  // Sent together, carried out in their order.
  await Promise.all([3, 4, 5].map((a) => tx.call('run', { sql: 'INSERT INTO t VALUES (?)', params: [a] })));
  const blocks = [];
  for await (const block of tx.stream({ sql: 'SELECT a FROM t' })) blocks.push(...block.rows);
  assert.deepEqual(blocks, [[1], [3], [4], [5]]);
  await tx.call('publish', { channel: 'c', data: '1' });
  assert.ok((await tx.call('commit', undefined)).lsn! > 1);
  assert.deepEqual((await reader.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [0]);
  await reader.call('rollback', undefined);
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [4]);
  for (const operation of ['commit', 'rollback'] as const) {
    assert.equal((await failure(tx.call(operation, undefined))).code, 'NO_TRANSACTION');
  }
  assert.equal((await failure(tx.call('run', { sql: 'DELETE FROM t' }))).code, 'NO_TRANSACTION');
  const undone = await db.begin({});
  await undone.call('run', { sql: 'DELETE FROM t' });
  await undone.call('rollback', undefined);
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [4]);
});

test('what follows the end of a transaction is not carried out by itself', async () => {
  using db = open();
  await db.call('run', { sql: 'CREATE TABLE t (a)' });
  const tx = await db.begin({ mode: 'write' });
  const answers = await Promise.allSettled([
    tx.call('run', { sql: 'INSERT INTO t VALUES (1)' }),
    tx.call('run', { sql: 'ROLLBACK' }),
    tx.call('run', { sql: 'INSERT INTO t VALUES (2)' }),
    tx.call('commit', undefined),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), ['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [0]);
});

test('a transaction that the server gives up is told so, once and for all', async () => {
  using db = open();
  await db.call('run', { sql: 'CREATE TABLE t (a)' });
  const tx = await db.begin({ mode: 'write', idle: 1 });
  // Its turn is free again when it has been rolled back.
  await db.call('run', { sql: 'INSERT INTO t VALUES (0)' });
  assert.equal((await failure(tx.call('run', { sql: 'INSERT INTO t VALUES (1)' }))).code, 'TRANSACTION_EXPIRED');
  assert.equal((await failure(tx.call('run', { sql: 'INSERT INTO t VALUES (2)' }))).code, 'NO_TRANSACTION');
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [1]);
});

test('a begin that is given up leaves nothing behind', async () => {
  using db = open();
  await db.call('run', { sql: 'CREATE TABLE t (a)' });
  const first = await db.begin({ mode: 'write' });
  const controller = new AbortController();
  const second = db.begin({ mode: 'write' }, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(second, { message: 'enough' });
  await first.call('commit', undefined);
  await db.call('run', { sql: 'INSERT INTO t VALUES (1)' });
});

test('a large result comes no faster than it is taken, and whole', async () => {
  using proxy = await startProxy(server);
  using db = open(proxy.url);
  // 40 MB in 40,000 rows.
  const blocks = db.stream({ sql: numbers(40_000, "x, printf('%1000d', x)") })[Symbol.asyncIterator]();
  assert.deepEqual((await next(blocks)).columns, ['x', "printf('%1000d', x)"]);
  let rows = 0;
  for (let taken = 0; taken < 10; taken++) {
    rows += (await next(blocks)).rows.length;
    // Other calls are answered beside it; it has had every occasion to send more.
    for (let i = 0; i < 20; i++) await db.call('queryOne', { sql: 'SELECT 1' });
    assert.ok(proxy.received < 400_000 + rows * 1_010, `${proxy.received} bytes for ${rows} rows`);
  }
  for (let block = await blocks.next(); !block.done; block = await blocks.next()) {
    for (const [x] of block.value.rows) assert.equal(x, ++rows);
  }
  assert.equal(rows, 40_000);
  const collected = await db.call('query', { sql: numbers(100_000) });
  assert.equal(collected.rows.length, 100_000);
});

test('leaving the rows gives up the rest, and the stream is used again', async () => {
  using db = open();
  // More than the streams of a connection.
  for (let i = 0; i < 1_200; i++) {
    for await (const { rows } of db.stream({ sql: numbers(1e9, 'zeroblob(60000)') })) {
      if (rows.length) break;
    }
  }
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT 1' })).row, [1]);
});

test('a signal gives a call up on the server too', async () => {
  using db = open();
  await db.call('run', { sql: 'CREATE TABLE t (a)' });
  const reason = new Error('enough');
  const controller = new AbortController();
  // A write that never ends has its tenant's turn: nobody else writes unless it is given up.
  const call = db.call('run', { sql: `INSERT INTO t ${numbers(1e12)}` }, { signal: controller.signal });
  await db.call('queryOne', { sql: 'SELECT 1' });
  controller.abort(reason);
  await assert.rejects(call, (error) => error === reason);
  await db.call('run', { sql: 'INSERT INTO t VALUES (1)' });
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [1]);
  const before = db.call('run', { sql: 'DELETE FROM t' }, { signal: AbortSignal.abort(reason) });
  await assert.rejects(before, (error) => error === reason);
  const iterator = db.stream({ sql: numbers(1e9) }, { signal: AbortSignal.abort(reason) })[Symbol.asyncIterator]();
  await assert.rejects(iterator.next(), (error) => error === reason);
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [1]);
});

test('many calls at once share one connection, and more than it bears are refused', async () => {
  using proxy = await startProxy(server);
  using db = open(proxy.url);
  await db.call('run', { sql: 'CREATE TABLE t (a)' });
  const answers = await Promise.all(
    Array.from(
      { length: 3_000 },
      (_, i) =>
        i % 10
          ? db.call('queryOne', { sql: 'SELECT ?', params: [i] })
          : db.call('run', { sql: 'INSERT INTO t VALUES (?)', params: [i] }),
    ),
  );
  assert.equal(answers.filter((answer) => 'row' in answer).length, 2_700);
  answers.forEach((answer, i) => 'row' in answer && assert.deepEqual(answer.row, [i]));
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [300]);
  const flood = await Promise.allSettled(
    Array.from({ length: 12_000 }, () => db.call('queryOne', { sql: 'SELECT 1' })),
  );
  const refused = flood.filter((answer) => answer.status == 'rejected');
  assert.ok(refused.length > 0 && refused.length < 2_000, `${refused.length} were refused`);
  for (const { reason } of refused) {
    assert.deepEqual([reason.code, reason.category, reason.executed, reason.retryable], [
      'OVERLOADED',
      'CONNECTION',
      'no',
      true,
    ]);
  }
  assert.equal(proxy.count, 1);
});

test('many tenants share one connection', async () => {
  using proxy = await startProxy(server);
  const factory = websocket();
  const all = Array.from({ length: 200 }, (_, i) => factory({ url: proxy.url, tenant: `many${i}` }));
  await Promise.all(all.map((db, i) => db.call('script', { sql: `CREATE TABLE t (a); INSERT INTO t VALUES (${i})` })));
  for (let round = 0; round < 2; round++) {
    const rows = await Promise.all(all.map((db) => db.call('queryOne', { sql: 'SELECT a FROM t' })));
    rows.forEach(({ row }, i) => assert.deepEqual(row, [i]));
  }
  assert.equal(proxy.count, 1);
  // One that is closed does not take the others along.
  all.shift()!.close();
  assert.deepEqual((await all[0]!.call('queryOne', { sql: 'SELECT a FROM t' })).row, [1]);
  for (const db of all) db.close();
});

test('close fails what is open, and what comes later', async () => {
  const db = open();
  await db.call('queryOne', { sql: 'SELECT 1' });
  const running = failure(db.call('query', { sql: numbers(1e12, 'max(x)') }));
  const feed = db.feed({ channel: 'c' }, () => {})[Symbol.asyncIterator]();
  const waiting = failure(feed.next());
  const tx = await db.begin({});
  db.close();
  for (const error of [await running, await waiting, await failure(tx.call('run', { sql: 'SELECT 1' }))]) {
    assert.deepEqual([error.code, error.category, error.retryable], ['CLIENT_SHUT_DOWN', 'CONNECTION', false]);
  }
  assert.equal((await failure(db.call('queryOne', { sql: 'SELECT 1' }))).code, 'CLIENT_SHUT_DOWN');
});

test('close rolls back a transaction, also where others share the connection', async () => {
  // Nothing but its end frees the turn to write within the time of a test.
  await using patient = await startServer({ flags: ['--transaction-idle', '600000', '--transaction-total', '600000'] });
  const factory = websocket();
  const [first, second] = [1, 2].map(() => factory({ url: patient.url, tenant: 'shared' }));
  await first!.call('run', { sql: 'CREATE TABLE t (a)' });
  for (const sql of ['INSERT INTO t VALUES (1)', `INSERT INTO t ${numbers(1e12)}`]) {
    const leaving = factory({ url: patient.url, tenant: 'shared' });
    const tx = await leaving.begin({ mode: 'write' });
    const running = tx.call('run', { sql });
    if (sql.includes('VALUES')) await running;
    leaving.close();
    if (!sql.includes('VALUES')) assert.equal((await failure(running)).code, 'CLIENT_SHUT_DOWN');
    await second!.call('run', { sql: 'INSERT INTO t VALUES (2)' });
  }
  assert.deepEqual((await first!.call('query', { sql: 'SELECT a FROM t' })).rows, [[2], [2]]);
  first!.close();
  second!.close();
});

test('what cannot be sent as it is is refused, and nothing is sent', async () => {
  using db = open();
  const steps = (step: object) => db.call('batch', { steps: [{ sql: 'SELECT 1' }, { sql: 'SELECT 1', ...step }] });
  const wrong = [
    db.call('queryOne', { sql: 'SELECT ?', params: ['half \uD83E'] }),
    db.call('queryOne', { sql: 'SELECT ?', params: [undefined as unknown as null] }),
    db.call('queryOne', { sql: 'SELECT ?', params: [{} as unknown as null] }),
    db.call('queryOne', { sql: 'SELECT 1', deadline: -5 }),
    db.call('queryOne', { sql: 'SELECT 1', deadline: 1.5 }),
    steps({ iff: { ran: 0 } }),
    steps({ if: { ran: 0, not: { failed: 0 } } }),
    steps({ if: { run: 0 } }),
    steps({ if: { ran: 'x' } }),
    steps({ if: { and: [] } }),
    steps({ if: {} }),
    steps({ params: [{ $ref: { step: -1, value: 'changes' } }] }),
  ];
  for (const error of await Promise.all(wrong.map(failure))) {
    assert.deepEqual([error.code, error.category, error.executed], ['ENCODING', 'VALIDATION', 'no'], error.message);
  }
  assert.equal((await failure(steps({ params: [{ $ref: { step: 0, value: 'change' } }] }))).code, 'MALFORMED');
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT 1' })).row, [1]);
});

// Bun's stacks end where a promise is awaited.
test('an error knows where it was asked for', { skip: 'Bun' in globalThis }, async () => {
  using db = open();
  const where = async function somewhere() {
    await db.call('query', { sql: 'nonsense' });
  };
  const error = await failure(where());
  assert.match(error.stack!, /^DoSQLError: near "nonsense": syntax error/);
  assert.match(error.stack!, /somewhere/);
});

test('feeds of messages and events', async () => {
  using db = open();
  const { id } = await db.call('publish', { channel: 'room', data: '{"a":1}' });
  assert.equal(id, 1);
  await db.call('publish', { channel: 'other', data: '2' });
  await db.call('publish', { channel: 'room', data: 'null' });
  const positions: number[] = [];
  const room = db.feed({ channel: 'room', after: 0 }, (position) => positions.push(position))[Symbol.asyncIterator]();
  const first = await next(room);
  assert.match(first.createdAt!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.deepEqual({ ...first, createdAt: '' }, { id: 1, name: 'room', data: '{"a":1}', createdAt: '' });
  assert.equal((await next(room)).id, 3);
  assert.deepEqual(positions, [0]);
  await db.call('run', { sql: "INSERT INTO messages (channel, data) VALUES ('room', '4')" });
  assert.equal((await next(room)).data, '4');
  await room.return!();
  await db.call('emit', { type: 'a', data: '1' });
  await db.call('emit', { type: 'b', data: '2' });
  await db.call('emit', { type: 'c', data: '3' });
  const taken: string[] = [];
  for await (const row of db.feed({ types: ['a', 'c'], after: 0 }, () => {})) {
    taken.push(row.name);
    if (row.name == 'c') break;
  }
  assert.deepEqual(taken, ['a', 'c']);
  for await (const row of db.feed({ after: 1 }, () => {})) {
    assert.equal(row.name, 'b');
    break;
  }
  const controller = new AbortController();
  const reason = new Error('enough');
  const now = db.feed({ channel: 'room' }, (position) => positions.push(position), controller.signal);
  const pending = now[Symbol.asyncIterator]().next();
  while (positions.length < 2) await db.call('queryOne', { sql: 'SELECT 1' });
  assert.equal(positions[1], 4);
  controller.abort(reason);
  await assert.rejects(pending, (error) => error === reason);
});

test('a feed that is read slowly holds back the server, and loses nothing', async () => {
  using proxy = await startProxy(server);
  using db = open(proxy.url);
  await db.call('script', {
    sql:
      'CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, data TEXT NOT NULL, created_at TEXT DEFAULT CURRENT_TIMESTAMP); ' +
      `INSERT INTO messages (channel, data) ${numbers(20_000, "'c', printf('%500d', x)")}`,
  });
  const feed = db.feed({ channel: 'c', after: 0 }, () => {})[Symbol.asyncIterator]();
  const rows: FeedRow[] = [await next(feed)];
  for (let i = 0; i < 50; i++) await db.call('queryOne', { sql: 'SELECT 1' });
  assert.ok(proxy.received < 500_000, `${proxy.received} bytes for one row`);
  while (rows.length < 20_000) rows.push(await next(feed));
  rows.forEach((row, i) => assert.equal(row.id, i + 1));
  await feed.return!();
});
