import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDBClient, DoSQLError, ref } from '../src/index.ts';
import { startServer, type TestDatabase, type TestServer } from '../src/testing.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { transports } from './transports.ts';

const counted = (n: number, column = 'x') =>
  `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT ${n}) SELECT ${column} FROM c`;

for (const [name, transport] of transports) {
  describe(`statements over ${name}`, () => {
    let server: TestServer;
    let db: TestDatabase;
    before(async () => {
      server = await startServer();
      db = await server.database({
        transport,
        migrations: [{
          id: '001',
          sql: 'CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT UNIQUE)',
        }],
      });
    });
    after(async () => {
      await db.close();
      await server.stop();
    });

    it('give what the guide reads', async () => {
      const { changes, lastInsertRowid, lsn } = await db.run('INSERT INTO users(name) VALUES (?)', ['Ada']);
      assert.deepEqual([changes, lastInsertRowid, typeof lsn], [1, 1, 'number']);
      assert.deepEqual(await db.query('SELECT * FROM users'), [{ id: 1, name: 'Ada', email: null }]);
      assert.deepEqual(await db.query('SELECT * FROM users WHERE 0'), []);
      assert.deepEqual(await db.queryOne('SELECT name FROM users'), { name: 'Ada' });
      assert.equal(await db.queryOne('SELECT * FROM users WHERE 0'), null);
      assert.deepEqual(await db.queryOne('INSERT INTO users(name) VALUES (?) RETURNING id', ['Bob']), { id: 2 });
    });

    it('give columns, rows and changes at once', async () => {
      const { columns, rows, changes, lastInsertRowid } = await db.execute('SELECT 1 AS a, 2 AS a');
      assert.deepEqual({ columns, rows, changes, lastInsertRowid }, {
        columns: ['a', 'a'],
        rows: [[1, 2]],
        changes: 0,
        lastInsertRowid: 0,
      });
      const inserted = await db.execute("INSERT INTO users(name) VALUES ('x') RETURNING name");
      assert.deepEqual([inserted.rows, inserted.changes], [[['x']], 1]);
    });

    it('can be kept', async () => {
      const named = db.prepare('SELECT ? AS v');
      assert.deepEqual(await named.queryOne([1]), { v: 1 });
      assert.deepEqual(await named.query(['a']), [{ v: 'a' }]);
      assert.equal((await named.run([null])).changes, 0);
      for await (const row of named.stream([2])) assert.deepEqual(row, { v: 2 });
    });

    it('fail with SQLite’s words, a code and what became of them', async () => {
      await db.run("INSERT INTO users(name, email) VALUES ('a', 'a@b.c')");
      await assert.rejects(db.run("INSERT INTO users(name, email) VALUES ('b', 'a@b.c')"), (error: DoSQLError) => {
        assert(error instanceof DoSQLError && error instanceof Error);
        assert.equal(error.message, 'UNIQUE constraint failed: users.email');
        assert.deepEqual(
          [error.name, error.code, error.category, error.executed, error.sqliteCode],
          ['DoSQLError', 'CONSTRAINT_UNIQUE', 'CONFLICT', 'no', 2067],
        );
        assert.deepEqual([error.isRetryable(), error.toUserMessage()], [false, 'Resource already exists']);
        if (!transport) assert.deepEqual([error.status, typeof error.requestId], [409, 'string']);
        return true;
      });
      await assert.rejects(db.query('SELCT 1'), {
        message: 'near "SELCT": syntax error',
        code: 'SQL_ERROR',
        offset: 0,
      });
      await assert.rejects(db.query('SELECT * FROM nowhere'), { message: 'no such table: nowhere' });
      await assert.rejects(db.run('INSERT INTO users(email) VALUES (1)'), {
        message: 'NOT NULL constraint failed: users.name',
        category: 'VALIDATION',
      });
      await assert.rejects(db.run('SELECT 1; SELECT 2'), { code: 'SEVERAL_STATEMENTS' });
      await assert.rejects(db.run('BEGIN'), { code: 'TRANSACTION_CONTROL' });
    });

    it('run side by side', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => db.queryOne('SELECT ? AS i', [i])));
      assert.deepEqual(answers, Array.from({ length: 50 }, (_, i) => ({ i })));
    });

    describe('a script', () => {
      it('is any number of them', async () => {
        const answer = await db.exec(`CREATE TABLE s(x); -- ; here
        INSERT INTO s VALUES (1), (';');`);
        assert.equal(answer.statements, 2);
        assert.deepEqual(await db.query('SELECT count(*) AS n FROM s'), [{ n: 2 }]);
        await assert.rejects(db.exec('INSERT INTO s VALUES (3); SELCT'), { code: 'SQL_ERROR' });
        assert.deepEqual(await db.query('SELECT count(*) AS n FROM s'), [{ n: 2 }]);
      });
    });

    describe('a batch', () => {
      it('refers to earlier steps', async () => {
        const { results, changes } = await db.batch([
          { sql: 'INSERT INTO users(name) VALUES (?)', params: ['of a batch'] },
          { sql: 'SELECT name FROM users WHERE id = :id', params: { id: ref(0, 'lastInsertRowid') } },
          { sql: 'SELECT ? AS name', params: [ref(1, 0)] },
          { sql: 'SELECT 1', if: { not: { ran: 0 } } },
          { sql: 'SELECT ? AS big', params: [2n ** 60n], want: 'first' },
        ]);
        assert.equal(changes, 1);
        assert.deepEqual(results.map((result) => result.status), ['done', 'done', 'done', 'skipped', 'done']);
        assert.deepEqual(results.map((result) => result.status == 'done' ? result.rows : null), [
          [],
          [{ name: 'of a batch' }],
          [{ name: 'of a batch' }],
          null,
          [{ big: 2n ** 60n }],
        ]);
      });

      it('is undone by a false assertion, in the application’s words', async () => {
        await db.exec(
          'CREATE TABLE products(id INTEGER PRIMARY KEY, stock INTEGER); INSERT INTO products VALUES (7, 1)',
        );
        await assert.rejects(
          db.batch([
            { sql: 'INSERT INTO users(name) VALUES (?)', params: ['undone'] },
            {
              sql: 'UPDATE products SET stock = stock - 2 WHERE id = 7 AND stock >= 2',
              assert: { eq: [ref(1, 'changes'), 1] },
              message: 'Insufficient stock for product 7',
            },
          ]),
          (error: DoSQLError) => {
            assert.deepEqual([error.code, error.category, error.step], ['ASSERTION_FAILED', 'CONFLICT', 1]);
            assert.equal(error.message, 'Insufficient stock for product 7');
            assert.equal(error.toUserMessage(), 'Insufficient stock for product 7');
            return true;
          },
        );
        assert.equal(await db.queryOne("SELECT 1 FROM users WHERE name = 'undone'"), null);
      });

      it('goes on behind a failure if it is told to', async () => {
        const { results } = await db.batch([{ sql: 'SELCT' }, { sql: 'SELECT 1 AS a' }], { onError: 'continue' });
        assert.deepEqual(results[0]!.status == 'failed' && results[0]!.error.code, 'SQL_ERROR');
        assert.deepEqual(results[1]!.status == 'done' && results[1]!.rows, [{ a: 1 }]);
      });

      it('refuses a value that is none, wherever it stands', async () => {
        await assert.rejects(db.batch([{ sql: 'SELECT ?', params: [undefined] }]), { code: 'ENCODING' });
        await assert.rejects(
          db.batch([{ sql: 'SELECT 1', assert: { eq: [ref(0, 'changes'), undefined as never] } }]),
          { code: 'ENCODING' },
        );
      });
    });

    describe('a stream', () => {
      it('gives every row', async () => {
        let sum = 0;
        for await (const { x } of db.stream<{ x: number }>(counted(100_000))) sum += x;
        assert.equal(sum, 5_000_050_000);
        const kinds = [];
        for await (const row of db.stream("SELECT 1 AS i, x'00ff' AS b, 9007199254740993 AS n, NULL AS z")) {
          kinds.push(row);
        }
        assert.deepEqual(kinds, [{ i: 1, b: new Uint8Array([0, 255]), n: 9007199254740993n, z: null }]);
        for await (const _ of db.stream('SELECT 1 WHERE 0')) assert.fail();
      });

      it('can be left', async () => {
        let seen = 0;
        for await (const _ of db.stream(counted(1_000_000_000))) if (++seen == 10) break;
        assert.equal(seen, 10);
      });

      it('fails before its first row as any statement does', async () => {
        await assert.rejects(db.stream('SELECT * FROM nowhere').next(), { message: 'no such table: nowhere' });
      });

      it('fails midway with the error of the statement', async () => {
        let seen = 0;
        const sql = counted(100_000, 'CASE WHEN x = 50000 THEN abs(-9223372036854775807 - 1) ELSE x END');
        await assert.rejects(
          async () => {
            for await (const _ of db.stream(sql)) seen++;
          },
          // Bun drops what it had received when a body breaks off, and with it, now and then, why.
          (error: DoSQLError) =>
            error.message == 'integer overflow' || ('Bun' in globalThis && error.code == 'CONNECTION_CLOSED'),
        );
        assert(seen < 50_000);
      });

      it('is never taken for whole where it was cut', async () => {
        const proxy = await CuttingProxy.open(server.url);
        const cut = createDBClient({ url: proxy.url, tenant: db.tenant, transport });
        let seen = 0;
        await assert.rejects(
          async () => {
            for await (const _ of cut.stream(counted(1_000_000_000))) if (++seen == 10) proxy.cut();
          },
          { code: 'CONNECTION_CLOSED' },
        );
        assert(seen >= 10);
        cut.close();
        await proxy.close();
      });

      it('is read no faster than it is taken', async () => {
        const proxy = await CuttingProxy.open(server.url);
        const slow = createDBClient({ url: proxy.url, tenant: db.tenant, transport });
        const rows = slow.stream(counted(1_000_000, "printf('%.1000c', 'x') AS text"));
        await rows.next();
        // A gigabyte would come if somebody read it; wait until what comes has come to a stop.
        for (let before = -1; before != proxy.received;) {
          before = proxy.received;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
        assert(proxy.received < 100_000_000, `${proxy.received} bytes were read ahead`);
        await rows.return();
        slow.close();
        await proxy.close();
      });

      it('ends with its signal', async () => {
        const controller = new AbortController();
        const reason = new Error('enough');
        await assert.rejects(async () => {
          for await (const _ of db.stream(counted(1_000_000_000), [], { signal: controller.signal })) {
            controller.abort(reason);
          }
        }, reason);
      });
    });

    describe('a call that is given up', () => {
      it('rejects with the signal’s reason, before it is sent', async () => {
        const reason = new Error('no more');
        await assert.rejects(db.query('SELECT 1', [], { signal: AbortSignal.abort(reason) }), reason);
      });

      it('rejects with the signal’s reason, while it runs', async () => {
        const controller = new AbortController();
        const running = db.query(counted(2_000_000_000, 'max(x)'), [], { signal: controller.signal });
        setTimeout(() => controller.abort(), 50);
        await assert.rejects(running, { name: 'AbortError' });
        assert.deepEqual(await db.query('SELECT 1 AS a'), [{ a: 1 }]);
      });

      it('is interrupted by the server at its timeout', async () => {
        await assert.rejects(db.query(counted(2_000_000_000, 'max(x)'), [], { timeout: 50 }), (error: DoSQLError) => {
          // The client's own, if the machine is too busy for the server's to come in time.
          assert.match(error.code, /^(DEADLINE_EXCEEDED|TIMEOUT)$/);
          assert.equal(error.category, 'TIMEOUT');
          return true;
        });
      });

      it('ends also where nobody answers', async () => {
        const silent = createDBClient({ fetch: () => new Promise<Response>(() => {}) });
        await assert.rejects(silent.run('DELETE FROM t', [], { timeout: 1 }), { code: 'TIMEOUT', executed: 'unknown' });
      });
    });
  });
}
