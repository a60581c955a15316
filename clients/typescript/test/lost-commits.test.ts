// What became of a commit, where answers are lost one after another (protocol/transactions.md, *Idempotency keys*).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createDBClient, DoSQLError, type Session, type TransportFactory } from '../src/index.ts';
import { httpTransport } from '../src/http/transport.ts';
import { startServer, type TestServer } from '../src/testing.ts';
import { transports } from './transports.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const lost = () =>
  new DoSQLError('cut', { code: 'CONNECTION_CLOSED', category: 'CONNECTION', retryable: true, executed: 'unknown' });

/** Loses the answers to the first commits; the first of all is carried out, or is not. */
const losing = (factory: TransportFactory, losses: number, isCommitted: boolean): TransportFactory => (options) => {
  const transport = factory(options);
  let commits = 0;
  return {
    call: (operation, body, options) => transport.call(operation, body, options),
    stream: (body, options) => transport.stream(body, options),
    feed: (request, onStart, signal) => transport.feed(request, onStart, signal),
    close: () => transport.close(),
    begin: async (body, options) => {
      const session = await transport.begin(body, options);
      return {
        stream: (body, options) => session.stream(body, options),
        call: async (operation, body, options) => {
          if (operation != 'commit' || commits >= losses) return await session.call(operation, body, options);
          await session.call(commits++ || isCommitted ? 'commit' : 'rollback', undefined, options);
          throw lost();
        },
      } as Session;
    },
  };
};

test('a question that is itself cut off says nothing of what it asked for', async () => {
  let begun = 0;
  const factory: TransportFactory = (options) => {
    const transport = losing(httpTransport, 1, true)(options);
    return {
      ...transport,
      begin: async (body, options) => {
        const session = await transport.begin(body, options);
        if (++begun != 2 && begun != 3) return session;
        const end = begun == 2 ? 'queryOne' : 'commit';
        return {
          ...session,
          call: async (operation, body, options) => {
            if (operation != end) return await session.call(operation, body, options);
            await session.call('rollback', undefined, options);
            throw new DoSQLError('cut', { code: 'TRANSACTION_LOST', category: 'CONFLICT', retryable: true });
          },
        } as Session;
      },
    };
  };
  const db = createDBClient(
    { url: server.url, tenant: 'questions' },
    { transport: factory, retry: { attempts: 10, backoff: 1 } },
  );
  await db.run('CREATE TABLE t (a)');
  assert.equal(await db.transaction(async (tx) => (await tx.run('INSERT INTO t VALUES (1)')).changes), 1);
  assert.equal(begun, 4);
  assert.deepEqual(await db.query('SELECT a FROM t'), [{ a: 1 }]);
});

for (const [name, transport = httpTransport] of transports) {
  for (const losses of [1, 2, 3]) {
    for (const isCommitted of [true, false]) {
      test(`${name}: ${losses} answers lost, the first of a commit ${isCommitted ? '' : 'not '}carried out`, async () => {
        const db = createDBClient(
          { url: server.url, tenant: `${name}${losses}${isCommitted}` },
          { transport: losing(transport, losses, isCommitted), retry: { attempts: 10, backoff: 1 } },
        );
        await db.run('CREATE TABLE t (a)');
        const work = db.transaction(async (tx) => {
          await tx.run('INSERT INTO t VALUES (1)');
          return 'done';
        });
        if (isCommitted) assert.equal(await work, 'done');
        else await assert.rejects(work, { code: 'TRANSACTION_LOST', executed: 'no', retryable: true });
        assert.deepEqual(await db.query('SELECT a FROM t'), isCommitted ? [{ a: 1 }] : []);
        db.close();
      });
    }
  }
}
