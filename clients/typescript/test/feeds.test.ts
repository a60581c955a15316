import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDBClient, type Database, DoSQLError, type Message } from '../src/index.ts';
import { startServer, type TestServer } from '../src/testing.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { transports } from './transports.ts';

for (const [name, transport] of transports) {
  describe(`feeds over ${name}`, () => {
    let server: TestServer;
    let proxy: CuttingProxy;
    let db: Database;
    const opened: Database[] = [];
    /** A tenant's database, behind the proxy. */
    const open = (tenant: string) => {
      const db = createDBClient({ url: proxy.url, tenant, transport, retry: { backoffMax: 100 } });
      opened.push(db);
      return db;
    };
    before(async () => {
      server = await startServer();
      proxy = await CuttingProxy.open(server.url);
      db = open('feeds');
    });
    after(async () => {
      for (const db of opened) db.close();
      await proxy.close();
      await server.stop();
    });

    it('give what was published, and what will be', async () => {
      for (const data of [1, 'two', { three: [3] }, null]) await db.publish('room', data);
      await db.publish('elsewhere', 0);
      const seen: unknown[] = [];
      for await (const message of db.subscribe('room', { after: 0 })) {
        assert.equal(message.channel, 'room');
        seen.push([message.id, message.data]);
        if (seen.length == 4) await db.publish('room', 5);
        if (seen.length == 5) break;
      }
      assert.deepEqual(seen, [[1, 1], [2, 'two'], [3, { three: [3] }], [4, null], [6, 5]]);
    });

    it('begin with what comes, unless they are told otherwise', async () => {
      const fresh = open('fresh');
      const messages = fresh.subscribe<number>('room');
      // It begins when it is asked; nothing has been published, the table is not there yet.
      const first = messages.next();
      let done = false;
      const publishing = (async () => {
        for (let sent = 0; !done; sent++) await fresh.publish('room', sent);
      })();
      const { value } = await first;
      done = true;
      await publishing;
      assert.equal((value as Message<number>).id, (value as Message<number>).data + 1);
      await messages.return();
    });

    it('go on behind a cut, with nothing lost and nothing twice', async () => {
      const cut = open('cut');
      const direct = createDBClient({ url: server.url, tenant: 'cut' });
      const publishing = (async () => {
        for (let i = 1; i <= 60; i++) await direct.publish('room', i);
      })();
      const seen: number[] = [];
      for await (const { data } of cut.subscribe<number>('room', { after: 0 })) {
        seen.push(data);
        if (data == 60) break;
        if (data % 20 == 10) proxy.cut();
      }
      await publishing;
      assert.deepEqual(seen, Array.from({ length: 60 }, (_, i) => i + 1));
    });

    it('go on when the server is back', async () => {
      const restarted = open('restarted');
      const direct = createDBClient({ url: server.url, tenant: 'restarted' });
      await direct.publish('room', 'before');
      const messages = restarted.subscribe('room', { after: 0 });
      assert.equal((await messages.next()).value!.data, 'before');
      await server.end('SIGKILL');
      const next = messages.next();
      await server.start();
      await direct.publish('room', 'behind');
      assert.equal((await next).value!.data, 'behind');
      await messages.return();
    });

    it('let events of some types through', async () => {
      await db.emit('user.created', { id: 1 });
      await db.emit('error', 'an event of the application’s');
      await db.emit('a,b', 'with a comma');
      await db.emit('user.deleted', { id: 1 });
      const seen = async (types?: string[], count = 1) => {
        const seen: unknown[] = [];
        for await (const event of db.events({ types, after: 0 })) {
          seen.push([event.type, event.data]);
          if (seen.length == count) break;
        }
        return seen;
      };
      assert.deepEqual(await seen(undefined, 4), [
        ['user.created', { id: 1 }],
        ['error', 'an event of the application’s'],
        ['a,b', 'with a comma'],
        ['user.deleted', { id: 1 }],
      ]);
      assert.deepEqual(await seen(['user.deleted']), [['user.deleted', { id: 1 }]]);
      assert.deepEqual(await seen(['error', 'user.deleted'], 2), [
        ['error', 'an event of the application’s'],
        ['user.deleted', { id: 1 }],
      ]);
      assert.deepEqual(await seen(['a,b']), [['a,b', 'with a comma']]);
    });

    it('give rows that SQL inserted, also text that is not JSON', async () => {
      await db.run(
        "INSERT INTO messages(channel, data) VALUES ('raw', 'not {json'), ('raw', 'two\nlines'), ('raw', '[1,\n2]')",
      );
      const seen: unknown[] = [];
      for await (const { data } of db.subscribe('raw', { after: 0 })) if (seen.push(data) == 3) break;
      assert.deepEqual(seen, ['not {json', 'two\nlines', [1, 2]]);
    });

    it('end with their signal, without an error', async () => {
      const controller = new AbortController();
      const seen: unknown[] = [];
      for await (const { data } of db.subscribe('room', { after: 0, signal: controller.signal })) {
        seen.push(data);
        controller.abort();
      }
      assert.deepEqual(seen, [1]);
      for await (const _ of db.subscribe('room', { after: 0, signal: AbortSignal.abort() })) assert.fail();
    });

    it('end with what waiting does not mend', async () => {
      const other = open('other');
      await other.exec('CREATE TABLE messages(id INTEGER PRIMARY KEY, text)');
      await assert.rejects(other.subscribe('room', { after: 0 }).next(), { code: 'FEED_SHAPE' });
      await assert.rejects(
        db.subscribe('').next(),
        (error: DoSQLError) => error instanceof DoSQLError && error.executed == 'no',
      );
      await assert.rejects(other.publish('room', undefined), { code: 'ENCODING' });
    });

    it('fail where the server was never reached', async () => {
      const nowhere = createDBClient({ url: 'http://127.0.0.1:1', tenant: 'x', transport, retry: { backoff: 1 } });
      await assert.rejects(nowhere.subscribe('room').next(), { code: 'CONNECTION_CLOSED' });
      nowhere.close();
    });

    it('take channels of any name', async () => {
      for (const channel of ['a/b', 'ü ?#&%', '...', 'a+b']) {
        const { id } = await db.publish(channel, channel);
        for await (const message of db.subscribe(channel, { after: id - 1 })) {
          assert.deepEqual([message.id, message.channel, message.data], [id, channel, channel]);
          break;
        }
      }
      if (!transport) await assert.rejects(async () => await db.publish('..', 1), { code: 'ENCODING' });
    });
  });
}
