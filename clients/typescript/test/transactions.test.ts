import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DoSQLError, Transaction } from '../src/index.ts';
import { startServer, type TestDatabase, type TestServer } from '../src/testing.ts';
import { transports } from './transports.ts';

for (const [name, transport] of transports) {
  describe(`transactions over ${name}`, () => {
    let server: TestServer;
    let db: TestDatabase;
    before(async () => {
      server = await startServer();
      db = await server.database({ transport });
      await db.exec('CREATE TABLE t(x UNIQUE); CREATE TABLE products(id INTEGER PRIMARY KEY, stock INTEGER)');
    });
    after(async () => {
      await db.close();
      await server.stop();
    });
    const count = async (x: unknown, where: Pick<TestDatabase, 'query'> | Transaction = db) =>
      (await where.query('SELECT 1 FROM t WHERE x = ?', [x])).length;

    it('give real results inside, and what the function returned outside', async () => {
      const id = await db.transaction(async (tx) => {
        const { lastInsertRowid, changes } = await tx.run("INSERT INTO t VALUES ('own')");
        assert.equal(changes, 1);
        assert.equal(await count('own', tx), 1);
        assert.equal(await count('own'), 0);
        return lastInsertRowid;
      });
      assert.equal(typeof id, 'number');
      assert.equal(await count('own'), 1);
      assert.equal(await db.transaction(async () => {}), undefined);
    });

    it('are undone by an error, which reaches the caller as it was thrown', async () => {
      const mine = new Error('Insufficient stock for product 7');
      await assert.rejects(
        db.transaction(async (tx) => {
          await tx.run("INSERT INTO t VALUES ('undone')");
          throw mine;
        }),
        (error) => error === mine,
      );
      assert.equal(await count('undone'), 0);
      await assert.rejects(db.transaction(() => Promise.reject(null)), (error) => error === null);
    });

    it('go on behind a statement that failed', async () => {
      const failed: string[] = [];
      await db.transaction(async (tx) => {
        for (const x of ['bulk1', 'bulk1', 'bulk2']) {
          await tx.run('INSERT INTO t VALUES (?)', [x]).catch((error: Error) => failed.push(error.message));
        }
      });
      assert.deepEqual(failed, ['UNIQUE constraint failed: t.x']);
      assert.deepEqual([await count('bulk1'), await count('bulk2')], [1, 1]);
    });

    it('join one another', async () => {
      await db.transaction(async (tx) => {
        await tx.run("INSERT INTO t VALUES ('outer')");
        const value = await tx.transaction(async (inner) => {
          assert.equal(await count('outer', inner), 1);
          await inner.run("INSERT INTO t VALUES ('inner')");
          return 'value';
        });
        assert.equal(value, 'value');
      });
      assert.deepEqual([await count('outer'), await count('inner')], [1, 1]);
    });

    it('go back to a savepoint, nested too', async () => {
      await db.transaction(async (tx) => {
        await tx.run("INSERT INTO t VALUES ('kept')");
        const mine = new Error('mine');
        await assert.rejects(
          tx.savepoint(async (tx) => {
            await tx.run("INSERT INTO t VALUES ('gone')");
            assert.equal(await tx.savepoint(() => Promise.resolve(5)), 5);
            throw mine;
          }),
          (error) => error === mine,
        );
        await tx.savepoint(async (tx) => {
          await tx.run("INSERT INTO t VALUES ('kept too')");
          await tx.savepoint(async (tx) => {
            await tx.run("INSERT INTO t VALUES ('gone too')");
            throw mine;
          }).catch(() => {});
        });
      });
      assert.deepEqual(
        await Promise.all(['kept', 'gone', 'kept too', 'gone too'].map((x) => count(x))),
        [1, 0, 1, 0],
      );
    });

    it('keep the order in which their statements were called', async () => {
      const seen = await db.transaction(async (tx) => {
        const calls = [];
        for (let i = 0; i < 20; i++) {
          calls.push(tx.run('INSERT INTO t VALUES (?)', [`order${i}`]));
          calls.push(tx.queryOne<{ n: number }>("SELECT count(*) AS n FROM t WHERE x LIKE 'order%'"));
        }
        return await Promise.all(calls);
      });
      assert.deepEqual(
        seen.filter((_, i) => i % 2).map((row) => (row as { n: number }).n),
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
    });

    it('wait for what nobody awaited', async () => {
      await db.transaction(async (tx) => {
        void tx.run("INSERT INTO t VALUES ('not awaited')");
      });
      assert.equal(await count('not awaited'), 1);
    });

    it('cannot be used when they are over', async () => {
      let kept!: Transaction;
      await db.transaction(async (tx) => void (kept = tx));
      await assert.rejects(kept.run("INSERT INTO t VALUES ('late')"), { code: 'TRANSACTION_ENDED', executed: 'no' });
      await assert.rejects(kept.stream('SELECT 1').next(), { code: 'TRANSACTION_ENDED' });
      assert.equal(await count('late'), 0);
    });

    it('stream, one thing at a time', async () => {
      await db.transaction(async (tx) => {
        let sum = 0;
        for await (const { v } of tx.stream<{ v: number }>('WITH w(v) AS (VALUES (1), (2), (3)) SELECT v FROM w')) {
          sum += v;
          await assert.rejects(tx.run("INSERT INTO t VALUES ('busy')"), { code: 'TRANSACTION_BUSY' });
        }
        assert.equal(sum, 6);
        await tx.run("INSERT INTO t VALUES ('not busy')");
      });
      assert.equal(await count('not busy'), 1);
    });

    it('carry batches, publish and emit', async () => {
      await assert.rejects(db.transaction(async (tx) => {
        await tx.emit('never', 1);
        throw new Error('undone');
      }));
      const [message, event] = await db.transaction(async (tx) => {
        await tx.batch([{ sql: "INSERT INTO t VALUES ('batch1')" }, { sql: "INSERT INTO t VALUES ('batch2')" }]);
        return [await tx.publish('room', { a: [1, '"'] }), await tx.emit('order.placed', { order: 1 })];
      });
      assert.deepEqual([message!.id, event!.id], [1, 1]);
      assert.deepEqual(await db.query('SELECT channel, data FROM messages'), [{
        channel: 'room',
        data: '{"a":[1,"\\""]}',
      }]);
      assert.deepEqual(await db.query('SELECT type, data FROM events'), [{
        type: 'order.placed',
        data: '{"order":1}',
      }]);
      assert.equal((await db.publish('room', 2)).id, 2);
    });

    it('read one snapshot, if that is all they do', async () => {
      await db.transaction(async (tx) => {
        assert.equal(await count('snapshot', tx), 0);
        await db.run("INSERT INTO t VALUES ('snapshot')");
        assert.equal(await count('snapshot', tx), 0);
        await assert.rejects(tx.run("INSERT INTO t VALUES ('no')"), { code: 'READ_ONLY' });
      }, { mode: 'read' });
      assert.equal(await count('snapshot'), 1);
    });

    it('that ran out of time fail with an error of their own, and nothing of them remains', async () => {
      let inside: DoSQLError | undefined;
      await assert.rejects(
        db.transaction(async (tx) => {
          await tx.run("INSERT INTO t VALUES ('expired')");
          // Gets its turn to write when the transaction has lost it.
          await db.run("INSERT INTO t VALUES ('behind')");
          await tx.run("INSERT INTO t VALUES ('expired too')").catch((error) => inside = error);
          await assert.rejects(tx.query('SELECT 1'), (error) => error === inside);
        }, { idle: 3000 }),
        (error) => error === inside,
      );
      assert.deepEqual(
        [inside!.code, inside!.category, inside!.retryable, inside!.executed],
        ['TRANSACTION_EXPIRED', 'TIMEOUT', true, 'no'],
      );
      assert.deepEqual([await count('expired'), await count('behind')], [0, 1]);
    });

    it('that SQLite undid are not committed', async () => {
      await assert.rejects(
        db.transaction(async (tx) => {
          await tx.run("INSERT INTO t VALUES ('aborted')");
          await tx.run("INSERT OR ROLLBACK INTO t VALUES ('aborted')").catch(() => {});
        }),
        { code: 'TRANSACTION_ABORTED', executed: 'no' },
      );
      assert.equal(await count('aborted'), 0);
      await db.run("INSERT INTO t VALUES ('the turn is free')");
    });

    it('whose commit a deferred constraint refuses leave nothing, and the turn to others', async () => {
      await db.exec(`CREATE TABLE parent(id INTEGER PRIMARY KEY);
        CREATE TABLE child(p REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)`);
      await assert.rejects(db.transaction((tx) => tx.run('INSERT INTO child VALUES (1)')), {
        message: 'FOREIGN KEY constraint failed',
      });
      assert.deepEqual(await db.query('SELECT * FROM child'), []);
      await db.run("INSERT INTO t VALUES ('free again')");
    });

    it('are given up with their signal', async () => {
      const controller = new AbortController();
      const reason = new Error('changed my mind');
      await assert.rejects(
        db.transaction(async (tx) => {
          await tx.run("INSERT INTO t VALUES ('given up')");
          controller.abort(reason);
        }, { signal: controller.signal }),
        (error) => error === reason,
      );
      assert.equal(await count('given up'), 0);
    });

    it('wait for their turn as long as they said', async () => {
      await db.transaction(async () => {
        await assert.rejects(db.transaction(async () => {}, { wait: 20 }), { code: 'LOCK_TIMEOUT', executed: 'no' });
      });
    });

    it('sell what there is, and no more', async () => {
      await db.run('INSERT INTO products VALUES (7, 5)');
      const buy = () =>
        db.transaction(async (tx) => {
          const product = await tx.queryOne<{ stock: number }>('SELECT stock FROM products WHERE id = 7');
          if (!product || product.stock < 1) throw new Error('Insufficient stock for product 7');
          await tx.run('UPDATE products SET stock = stock - 1 WHERE id = 7');
        });
      const ends = await Promise.allSettled(Array.from({ length: 12 }, buy));
      assert.equal(ends.filter(({ status }) => status == 'fulfilled').length, 5);
      assert.deepEqual(
        ends.filter((end) => end.status == 'rejected').map(({ reason }) => reason.message),
        Array(7).fill('Insufficient stock for product 7'),
      );
      assert.deepEqual(await db.queryOne('SELECT stock FROM products'), { stock: 0 });
    });
  });
}
