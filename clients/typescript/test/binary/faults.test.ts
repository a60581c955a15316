// What becomes of calls when connections are cut, servers end, and servers lie.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createDBClient } from '../../src/create.ts';
import type { Database } from '../../src/database.ts';
import { DoSQLError } from '../../src/errors.ts';
import { startServer, type TestServer } from '../../src/testing.ts';
import type { Transport } from '../../src/transport.ts';
import { websocket, type WebSocketOptions } from '../../src/websocket.ts';
import { type Conversation, frame, helloOK, outcome, type Sent, startImpostor, text } from './impostor.ts';
import { startProxy } from './proxy.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

let tenants = 0;
const closing = <T extends { close(): void }>(value: T): T & Disposable =>
  Object.assign(value, { [Symbol.dispose]: () => value.close() });
/** A transport to a tenant of its own, which ends with the test. */
const open = (url: string, options?: WebSocketOptions): Transport & Disposable =>
  closing(websocket(options)({ url, tenant: `fault${++tenants}` }));
/** A client, which repeats what may be repeated. */
const client = (url: string, attempts = 20): Database & Disposable =>
  closing(createDBClient({ url, tenant: `fault${++tenants}` }, { transport: websocket(), retry: { attempts } }));

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

/** What tells the end of the wait for something that a test brings about itself. */
const signal = () => {
  let give!: () => void;
  const given = new Promise<void>((resolve) => give = resolve);
  return { give, given };
};

const endless = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n';

test('a cut fails what was under way, and the next call connects anew', async () => {
  using proxy = await startProxy(server);
  using db = open(proxy.url);
  await db.call('run', { sql: 'CREATE TABLE t (a)' });
  const reads = Array.from({ length: 20 }, () => failure(db.call('query', { sql: endless })));
  await db.call('queryOne', { sql: 'SELECT 1' });
  proxy.cut();
  for (const error of await Promise.all(reads)) {
    assert.deepEqual([error.code, error.category, error.executed, error.retryable], [
      'CONNECTION_CLOSED',
      'CONNECTION',
      'unknown',
      true,
    ]);
  }
  assert.deepEqual((await db.call('queryOne', { sql: 'SELECT count(*) FROM t' })).row, [0]);
  assert.equal(proxy.count, 2);
});

test('where nobody listens, what was not sent is known not to have been carried out', async () => {
  using proxy = await startProxy(server);
  proxy.isOpen = false;
  using db = open(proxy.url);
  const error = await failure(db.call('run', { sql: 'CREATE TABLE t (a)' }));
  assert.deepEqual([error.code, error.executed, error.retryable], ['CONNECTION_CLOSED', 'no', true]);
  proxy.isOpen = true;
  await db.call('run', { sql: 'CREATE TABLE t (a)' });
});

test('who finds nobody asks more and more seldom, and at once again when somebody was there', async () => {
  using proxy = await startProxy(server);
  using db = open(proxy.url, { connectTime: 60_000 });
  const { setTimeout } = globalThis;
  const pauses: number[] = [];
  globalThis.setTimeout = ((work: () => void, milliseconds: number, ...rest: unknown[]) => {
    if (milliseconds >= 25 && milliseconds <= 2_000) {
      pauses.push(milliseconds);
      milliseconds = 0;
    }
    return setTimeout(work, milliseconds, ...rest);
  }) as typeof setTimeout;
  try {
    proxy.isOpen = false;
    for (let i = 0; i < 10; i++) await failure(db.call('queryOne', { sql: 'SELECT 1' }));
    assert.equal(pauses.length, 9);
    pauses.forEach((pause, i) => {
      const longest = Math.min(50 * 2 ** i, 2_000);
      assert.ok(pause >= longest / 2 && pause <= longest, `${pause} ms before attempt ${i + 2}`);
    });
    proxy.isOpen = true;
    await db.call('queryOne', { sql: 'SELECT 1' });
    pauses.length = 0;
    proxy.cut();
    await assert.doesNotReject(async () => {
      // The cut may not have been noticed yet.
      for (;;) {
        try {
          return await db.call('queryOne', { sql: 'SELECT 1' });
        } catch (error) {
          if ((error as DoSQLError).code != 'CONNECTION_CLOSED') throw error;
        }
      }
    });
    assert.equal(pauses.length, 1);
    assert.ok(pauses[0]! <= 50);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});

test('reads that were under way are carried out again', async () => {
  using proxy = await startProxy(server);
  using db = client(proxy.url);
  await db.run('CREATE TABLE t (a)');
  await db.run('INSERT INTO t VALUES (7)');
  proxy.answers = false;
  const cut = signal();
  proxy.onAnswer = () => cut.give();
  const reads = Promise.all(Array.from({ length: 50 }, () => db.queryOne('SELECT a FROM t')));
  await cut.given;
  proxy.cut();
  proxy.answers = true;
  for (const row of await reads) assert.deepEqual(row, { a: 7 });
});

test('a write whose answer is lost is carried out once: without a key it says so, with one the first answer comes', async () => {
  using proxy = await startProxy(server);
  using db = client(proxy.url);
  await db.run('CREATE TABLE t (id INTEGER PRIMARY KEY, a)');
  const lose = async (write: () => Promise<unknown>) => {
    await db.queryOne('SELECT 1');
    // What the server answers to the write comes to the proxy, and no further.
    const cut = signal();
    proxy.answers = false;
    proxy.onAnswer = () => {
      proxy.onAnswer = () => {};
      proxy.answers = true;
      proxy.cut();
      cut.give();
    };
    const [answer] = await Promise.allSettled([write(), cut.given]);
    return answer;
  };
  const plain = await lose(() => db.run("INSERT INTO t (a) VALUES ('plain')"));
  assert.ok(plain!.status == 'rejected');
  assert.deepEqual([plain.reason.code, plain.reason.executed], ['CONNECTION_CLOSED', 'unknown']);
  const keyed = await lose(() => db.run("INSERT INTO t (a) VALUES ('keyed')", [], { idempotencyKey: true }));
  assert.ok(keyed!.status == 'fulfilled');
  const { changes, lastInsertRowid, replayed } = keyed.value as Awaited<ReturnType<Database['run']>>;
  assert.deepEqual([changes, lastInsertRowid, replayed], [1, 2, true]);
  assert.deepEqual(await db.query('SELECT a FROM t'), [{ a: 'plain' }, { a: 'keyed' }]);
});

test('a commit whose answer is lost is known to have been made', async () => {
  using proxy = await startProxy(server);
  using db = client(proxy.url);
  await db.run('CREATE TABLE t (a)');
  const result = await db.transaction(async (tx) => {
    await tx.run('INSERT INTO t VALUES (1)');
    proxy.answers = false;
    proxy.onAnswer = () => {
      proxy.onAnswer = () => {};
      proxy.answers = true;
      proxy.cut();
    };
    return 'done';
  });
  assert.equal(result, 'done');
  assert.equal(proxy.count, 2);
  assert.deepEqual(await db.query('SELECT a FROM t'), [{ a: 1 }]);
});

test('a cut fails an open transaction with an error of its own, and nothing of it remains', async () => {
  using proxy = await startProxy(server);
  using db = open(proxy.url);
  await db.call('run', { sql: 'CREATE TABLE t (a)' });
  const tx = await db.begin({ mode: 'write' });
  await tx.call('run', { sql: 'INSERT INTO t VALUES (1)' });
  const running = failure(tx.call('query', { sql: endless }));
  const behind = failure(tx.call('run', { sql: 'INSERT INTO t VALUES (2)' }));
  await db.call('queryOne', { sql: 'SELECT 1' });
  proxy.cut();
  const later = async (operation: 'commit' | 'rollback') => await failure(tx.call(operation, undefined));
  for (const error of [await running, await behind, await later('commit'), await later('rollback')]) {
    assert.deepEqual([error.code, error.category, error.executed, error.retryable], [
      'TRANSACTION_LOST',
      'CONFLICT',
      'no',
      true,
    ]);
    assert.equal((error.cause as DoSQLError).code, 'CONNECTION_CLOSED');
  }
  // Its turn to write is free.
  await db.call('run', { sql: 'INSERT INTO t VALUES (3)' });
  assert.deepEqual((await db.call('query', { sql: 'SELECT a FROM t' })).rows, [[3]]);
});

test('a server that is killed and comes back: reads go on, a transaction is lost, a subscription misses nothing', async () => {
  await using mortal = await startServer();
  using db = closing(
    createDBClient({ url: mortal.url, tenant: 'mortal' }, {
      transport: websocket(),
      retry: { attempts: 1_000, backoffMax: 500 },
    }),
  );
  await db.run('CREATE TABLE t (a)');
  for (let i = 1; i <= 5; i++) await db.publish('room', i);
  const controller = new AbortController();
  const heard: number[] = [];
  const ids: number[] = [];
  let wanted = signal();
  let count = 5;
  const listening = (async () => {
    for await (const message of db.subscribe<number>('room', { after: 0, signal: controller.signal })) {
      heard.push(message.data);
      ids.push(message.id);
      if (heard.length == count) wanted.give();
    }
  })();
  await wanted.given;
  const inTransaction = signal();
  const killed = signal();
  const lost = failure(db.transaction(async (tx) => {
    await tx.run('INSERT INTO t VALUES (1)');
    inTransaction.give();
    await killed.given;
    await tx.run('INSERT INTO t VALUES (2)');
  }));
  await inTransaction.given;
  const reading = db.queryOne('SELECT count(*) AS n FROM t');
  await mortal.end('SIGKILL');
  killed.give();
  assert.equal((await lost).code, 'TRANSACTION_LOST');
  const waiting = db.queryOne('SELECT count(*) AS n FROM t');
  await mortal.start();
  for (const row of await Promise.all([reading, waiting])) assert.deepEqual(row, { n: 0 });
  wanted = signal();
  count = 10;
  for (let i = 6; i <= 10; i++) await db.publish('room', i);
  await wanted.given;
  controller.abort();
  await listening;
  assert.deepEqual(heard, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(ids, heard);
});

test('a subscription that is cut again and again misses nothing and gives nothing twice', async () => {
  using proxy = await startProxy(server);
  using db = client(proxy.url);
  using direct = closing(createDBClient({ url: server.url, tenant: `fault${tenants}` }));
  const controller = new AbortController();
  const heard: number[] = [];
  let published = 0;
  for (; published < 3; published++) await direct.publish('room', published);
  for await (const { data } of db.subscribe<number>('room', { after: 0, signal: controller.signal })) {
    heard.push(data);
    if (data % 5 == 2) proxy.cut();
    if (data == 50) break;
    if (data == published - 1) { for (let i = 0; i < 3; i++) await direct.publish('room', published++); }
  }
  assert.deepEqual(heard, Array.from({ length: 51 }, (_, i) => i));
  assert.ok(proxy.count > 5, `${proxy.count} connections`);
});

test('whatever is cut, and whenever: each transaction and each keyed write happens once, and is told so', async () => {
  using proxy = await startProxy(server);
  using direct = closing(createDBClient({ url: server.url, tenant: `fault${++tenants}` }));
  using db = closing(createDBClient(
    { url: proxy.url, tenant: `fault${tenants}` },
    { transport: websocket(), retry: { attempts: 1_000, backoff: 1, backoffMax: 20, transactions: true } },
  ));
  await direct.exec('CREATE TABLE counter (n); INSERT INTO counter VALUES (0); CREATE TABLE t (id UNIQUE)');
  const controller = new AbortController();
  const heard: number[] = [];
  const all = signal();
  const listening = (async () => {
    for await (const { id } of db.subscribe('done', { after: 0, signal: controller.signal })) {
      if (heard.push(id) == 100) all.give();
    }
  })();
  // Behind any answer, seen or not: of a BEGIN, a statement, a COMMIT, or of the question what became of it.
  proxy.onAnswer = () => {
    if (Math.random() < 0.9) return;
    proxy.answers = Math.random() < 0.5;
    setTimeout(() => {
      proxy.cut();
      proxy.answers = true;
    });
  };
  await Promise.all(Array.from({ length: 10 }, async (_, worker) => {
    for (let i = 0; i < 10; i++) {
      await db.transaction(async (tx) => {
        const row = await tx.queryOne<{ n: number }>('SELECT n FROM counter');
        await tx.run('UPDATE counter SET n = ?', [row!.n + 1]);
      });
      const id = worker * 10 + i;
      await db.run('INSERT INTO t VALUES (?)', [id], { idempotencyKey: true });
      await db.publish('done', id, { idempotencyKey: true });
    }
  }));
  proxy.onAnswer = () => {};
  await all.given;
  controller.abort();
  await listening;
  assert.deepEqual(await direct.query('SELECT n FROM counter'), [{ n: 100 }]);
  assert.deepEqual(await direct.query('SELECT count(*) AS n FROM t'), [{ n: 100 }]);
  assert.deepEqual(heard, Array.from({ length: 100 }, (_, i) => i + 1));
  assert.ok(proxy.count > 10, `${proxy.count} connections`);
});

test('a server that shuts down answers what it has accepted, and is left', async () => {
  await using mortal = await startServer({ flags: ['--shutdown-grace', '60000'] });
  using db = closing(
    createDBClient({ url: mortal.url, tenant: 'grace' }, {
      transport: websocket(),
      retry: { attempts: 1_000, backoffMax: 500 },
    }),
  );
  await db.run('CREATE TABLE t (a)');
  let ending: Promise<void> | undefined;
  await db.transaction(async (tx) => {
    await tx.run('INSERT INTO t VALUES (1)');
    ending = mortal.end('SIGTERM');
    // New requests are refused as soon as the server knows of its end.
    await failure(createDBClient({ url: mortal.url, tenant: 'grace' }, { retry: false }).run('nonsense'));
    await tx.run('INSERT INTO t VALUES (2)');
  });
  const waiting = db.query('SELECT a FROM t');
  await ending;
  await mortal.start();
  assert.deepEqual(await waiting, [{ a: 1 }, { a: 2 }]);
});

test('a token is told to the server, and asked for at each connection', async () => {
  using impostor = await startImpostor(({ type, request }, { say, socket }) => {
    if (type == 1) say(helloOK(request));
    else socket.destroy();
  });
  const tokens = ['first', 'second'];
  using db = closing(websocket()({ url: impostor.url, tenant: 't', token: () => Promise.resolve(tokens.shift()!) }));
  for (const token of ['first', 'second']) {
    impostor.sent.length = 0;
    assert.equal((await failure(db.call('queryOne', { sql: 'SELECT 1' }))).code, 'CONNECTION_CLOSED');
    assert.equal(new TextDecoder().decode(impostor.sent[0]!.body.slice(-token.length)), token);
  }
  const broken = new Error('no token today');
  using other = closing(
    websocket()({ url: impostor.url, tenant: 't', token: () => Promise.reject(broken) }),
  );
  for (let i = 0; i < 2; i++) {
    await assert.rejects(other.call('queryOne', { sql: 'SELECT 1' }), (error) => error === broken);
  }
});

/** What an impostor answers to the query that follows HELLO and OPEN, and what the call must then fail with. */
const lies: [title: string, code: string, lie: (query: Sent, conversation: Conversation) => void][] = [
  ['a frame that ends within its header', 'MALFORMED', (_, { say }) => say(Uint8Array.of(1, 2, 3))],
  [
    'a frame that ends within its body',
    'MALFORMED',
    ({ stream, request }, { say }) => say(frame(0x51, stream, request, [1, 2, 3]).subarray(0, 14)),
  ],
  ['a body that is none', 'MALFORMED', ({ stream, request }, { say }) => say(frame(0x51, stream, request, [1, 9]))],
  ['a frame of 17 MiB', 'FRAME_TOO_LARGE', ({ stream, request }, { say }) => {
    const large = frame(0x51, stream, request);
    new DataView(large.buffer).setUint32(0, 17 << 20, true);
    say(large);
  }],
  ['a frame of 2 GiB', 'PROTOCOL_VIOLATION', ({ stream, request }, { say }) => {
    const large = frame(0x51, stream, request);
    new DataView(large.buffer).setUint32(0, 2 ** 31, true);
    say(large);
  }],
  [
    'an answer to a request that nobody made',
    'PROTOCOL_VIOLATION',
    ({ stream, request }, { say }) => say(frame(0x54, stream, request + 77, outcome)),
  ],
  [
    'an answer on another stream',
    'PROTOCOL_VIOLATION',
    ({ stream, request }, { say }) => say(frame(0x51, stream + 1, request, [0, 0, 0, 0, 0, ...outcome])),
  ],
  [
    'an answer of another kind',
    'PROTOCOL_VIOLATION',
    ({ stream, request }, { say }) => say(frame(0x55, stream, request, [0, ...outcome])),
  ],
  [
    'rows before their columns',
    'PROTOCOL_VIOLATION',
    ({ stream, request }, { say }) => say(frame(0x53, stream, request, [0, 0, 0, 0])),
  ],
  ['columns twice', 'PROTOCOL_VIOLATION', ({ stream, request }, { say }) => {
    const head = frame(0x52, stream, request, [1, ...text('a')]);
    say(head, head);
  }],
  [
    'a whole result behind columns',
    'PROTOCOL_VIOLATION',
    ({ stream, request }, { say }) =>
      say(frame(0x52, stream, request, [0]), frame(0x51, stream, request, [0, 0, 0, 0, 0, ...outcome])),
  ],
  [
    'two answers',
    'PROTOCOL_VIOLATION',
    ({ stream, request }, { say }) =>
      say(frame(0x53, 0, request, [0, 0, 0, 0]), frame(0x51, stream, request, [0, 0, 0, 0, 0, ...outcome])),
  ],
  ['a request', 'PROTOCOL_VIOLATION', ({ stream, request }, { say }) => say(frame(0x14, stream, request))],
  ['an unknown type', 'UNSUPPORTED', ({ stream, request }, { say }) => say(frame(0x7f, stream, request))],
  [
    'a flag',
    'PROTOCOL_VIOLATION',
    ({ stream, request }, { say }) => say(frame(0x51, stream, request, [0, 0, 0, 0, 0, ...outcome], 2)),
  ],
  [
    'rows without end',
    'MALFORMED',
    ({ stream, request }, { say }) => say(frame(0x51, stream, request, [1, ...text('a'), 255, 255, 255, 255, 0x40])),
  ],
  ['text', 'MALFORMED', (_, { sayText }) => sayText('{"rows": []}')],
  ['a second greeting', 'PROTOCOL_VIOLATION', (_, { say }) => say(helloOK(1))],
  [
    'a fatal error',
    'CONNECTION_CLOSED',
    (_, { say }) => say(frame(0x5f, 0, 0, [0xe9, 3, 9, 8, 0, 0, 0, 0, 0, ...text('a reserved bit')])),
  ],
  ['the end', 'CONNECTION_CLOSED', (_, { socket }) => socket.destroy()],
];

for (const [title, code, lie] of lies) {
  test(`a server that sends ${title}: ${code}, and the connection is left`, async () => {
    using impostor = await startImpostor((sent, conversation) => {
      if (sent.type == 1) conversation.say(helloOK(sent.request));
      else if (sent.type == 0x10) conversation.say(frame(0x50, sent.stream, sent.request, outcome));
      else if (sent.type == 0x14) lie(sent, conversation);
    });
    using db = open(impostor.url);
    // Two are under way; both learn it.
    const errors = [0, 1].map(() => failure(db.call('query', { sql: 'SELECT 1' })));
    for (const error of await Promise.all(errors)) {
      assert.equal(error.code, code);
      assert.equal(error.executed, 'unknown');
      assert.equal(error.category, code == 'CONNECTION_CLOSED' ? 'CONNECTION' : 'PROTOCOL');
    }
    // And the next call finds another one.
    const greetings = impostor.sent.filter(({ type }) => type == 1).length;
    await failure(db.call('query', { sql: 'SELECT 1' }));
    assert.equal(impostor.sent.filter(({ type }) => type == 1).length, greetings + 1);
  });
}

test('a server of another version is refused', async () => {
  using impostor = await startImpostor(({ request }, { say }) => say(helloOK(request, 2)));
  using db = open(impostor.url);
  assert.equal((await failure(db.call('query', { sql: 'SELECT 1' }))).code, 'VERSION_UNSUPPORTED');
});

test('a server that refuses the greeting says why, and nothing was carried out', async () => {
  using impostor = await startImpostor((_, { say }) =>
    say(frame(0x5f, 0, 0, [0xd1, 7, 7, 8, 0, 0, 0, 0, 0, ...text('who are you?')]))
  );
  using db = open(impostor.url);
  const error = await failure(db.call('run', { sql: 'SELECT 1' }));
  assert.deepEqual([error.message, error.code, error.category, error.executed], [
    'who are you?',
    'UNAUTHENTICATED',
    'AUTHORIZATION',
    'no',
  ]);
});

test('a server that never greets is given up', async () => {
  using impostor = await startImpostor(() => {});
  using db = open(impostor.url, { connectTime: 100 });
  const error = await failure(db.call('run', { sql: 'SELECT 1' }));
  assert.deepEqual([error.code, error.executed, error.retryable], ['CONNECTION_CLOSED', 'no', true]);
});

test('a call that nobody answers ends with its signal, and the server is told', async () => {
  const asked = signal();
  const cancelled = signal();
  using impostor = await startImpostor((sent, { say }) => {
    if (sent.type == 1) say(helloOK(sent.request));
    if (sent.type == 0x16) asked.give();
    if (sent.type == 4) cancelled.give();
  });
  using db = open(impostor.url);
  const controller = new AbortController();
  const call = db.call('run', { sql: 'SELECT 1' }, { signal: controller.signal });
  await asked.given;
  controller.abort(new Error('enough'));
  await assert.rejects(call, { message: 'enough' });
  await cancelled.given;
  const [run, cancel] = [0x16, 4].map((type) => impostor.sent.find((sent) => sent.type == type)!);
  assert.deepEqual([cancel!.stream, cancel!.request, cancel!.body.length], [0, run!.request, 0]);
});

test('rows that nobody takes any more are given up at once, not when somebody comes for them', async () => {
  const cancelled = signal();
  using impostor = await startImpostor((sent, { say }) => {
    if (sent.type == 1) say(helloOK(sent.request));
    if (sent.type == 0x14) say(frame(0x52, sent.stream, sent.request, [1, ...text('a')]));
    if (sent.type == 4) cancelled.give();
  });
  using db = open(impostor.url);
  const controller = new AbortController();
  const blocks = db.stream({ sql: 'SELECT 1' }, { signal: controller.signal })[Symbol.asyncIterator]();
  assert.deepEqual((await blocks.next()).value, { columns: ['a'], rows: [] });
  controller.abort(new Error('enough'));
  await cancelled.given;
  await assert.rejects(blocks.next(), { message: 'enough' });
});

test('no more streams than the server allows; the others wait for theirs, and can be given up', async () => {
  const asked: [Sent, Conversation][] = [];
  const four = signal();
  using impostor = await startImpostor((sent, conversation) => {
    if (sent.type == 1) conversation.say(helloOK(sent.request));
    else if (sent.type == 0x10) conversation.say(frame(0x50, sent.stream, sent.request, outcome));
    else if (sent.type == 0x16 && asked.push([sent, conversation]) == 4) four.give();
    else if (sent.type == 0x16 && asked.length > 4) conversation.say(frame(0x54, sent.stream, sent.request, outcome));
  });
  using db = open(impostor.url);
  const calls = Array.from({ length: 9 }, () => db.call('run', { sql: 'SELECT 1' }));
  const controller = new AbortController();
  const givenUp = db.call('run', { sql: 'SELECT 1' }, { signal: controller.signal });
  await four.given;
  controller.abort(new Error('enough'));
  await assert.rejects(givenUp, { message: 'enough' });
  for (const [{ stream, request }, { say }] of asked.slice(0, 4)) say(frame(0x54, stream, request, outcome));
  for (const { lsn } of await Promise.all(calls)) assert.equal(lsn, 9);
  assert.equal(impostor.sent.filter(({ type }) => type == 0x10).length, 4);
  assert.equal(asked.length, 9);
});
