import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, describe, it } from 'node:test';
import { createDBClient, type DBClient } from '../src/index.ts';
import { startServer, testDatabase } from '../src/testing.ts';

const migrations = [{
  id: '001',
  sql: `CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, email TEXT);
    CREATE TABLE posts(id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users(id), "order" TEXT);`,
}];
// Others make such folders too. The variable is the whole process's, and other files are tested in it.
const usual = process.env.TMPDIR;
const own = process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'dosql-testing-'));
const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('dosql-test-')).sort();
const answers = (url: string) =>
  fetch(`${url}/health/live`).then((response) => response.text().then(() => true), () => false);

describe('a database for tests', () => {
  it('is real, seeded and cleared in the guide’s words', async () => {
    await using db = await testDatabase({ migrations });
    const client: DBClient = db;
    void db._seed('users', [{ id: 1, name: 'Alice' }, { id: 2, email: 'bob@example.com' }]);
    assert.deepEqual(await client.queryOne('SELECT COUNT(*) AS total FROM users'), { total: 2 });
    void db._seed('users', [{ id: 5, name: 'Eve', email: null }]);
    void db._seed('posts', [{ user_id: 5, order: 'quoted' }, { user_id: 5 }]);
    assert.deepEqual(await db.query('SELECT * FROM users'), [{ id: 5, name: 'Eve', email: null }]);
    assert.equal(await db.transaction(async (tx) => (await tx.query('SELECT * FROM posts')).length), 2);
    void db._clear();
    for await (const _ of db.stream('SELECT * FROM users')) assert.fail();
    assert.equal((await db.run("INSERT INTO users(name) VALUES ('again')")).lastInsertRowid, 1);
    await db._clear('users');
    assert.deepEqual(await db.query('SELECT * FROM users'), []);
    // The migrations are still those that were applied.
    assert.equal((await db.migrate(migrations))[0]!.state, 'present');
  });

  it('tells of a seed that failed, to whoever asks next', async () => {
    await using db = await testDatabase({ migrations });
    void db._seed('nowhere', [{ a: 1 }]);
    await assert.rejects(db.query('SELECT 1'), { message: /no such table/ });
  });

  it('shares a server with others, and takes it along at the end', async () => {
    const before = folders();
    const [one, two] = await Promise.all([testDatabase({ migrations }), testDatabase({ migrations })]);
    assert.equal(one.url, two.url);
    assert.notEqual(one.tenant, two.tenant);
    void one._seed('users', [{ name: 'of one' }]);
    assert.deepEqual([await one.query('SELECT name FROM users'), await two.query('SELECT * FROM users')], [
      [{ name: 'of one' }],
      [],
    ]);
    assert.equal((await createDBClient({ url: one.url, tenant: one.tenant }).query('SELECT * FROM users')).length, 1);
    await one.close();
    await one.close();
    assert(await answers(two.url));
    await two.close();
    assert(!await answers(two.url));
    assert.deepEqual(folders(), before);
  });

  it('begins anew after the last one went', async () => {
    for (let i = 0; i < 2; i++) {
      await using db = await testDatabase({ tenant: 'same' });
      await db.exec('CREATE TABLE anew(x)');
    }
  });
});

describe('a server for tests', () => {
  after(() => {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
    rmSync(own, { recursive: true, force: true });
  });

  it('keeps its place and its data over a restart', async () => {
    await using server = await startServer();
    const { url } = server;
    const db = await server.database();
    await db.exec('CREATE TABLE kept(x)');
    await server.end('SIGKILL');
    assert(!await answers(url));
    await server.start();
    assert.equal(server.url, url);
    assert.deepEqual(await db.query('SELECT * FROM kept'), []);
  });

  it('says why it did not start', async () => {
    const before = folders();
    await assert.rejects(startServer({ binary: '/nowhere/dosql' }), /DOSQL_BINARY/);
    await assert.rejects(startServer({ flags: ['--no-such-flag'] }), /no-such-flag/);
    assert.deepEqual(folders(), before);
  });
});
