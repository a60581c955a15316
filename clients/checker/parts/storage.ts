import { expectEqual, expectMembers, expectThat } from '../expectation.ts';
import { containing, timestamp } from '../form.ts';
import { Part } from '../part.ts';

export const storage = new Part('storage');

storage.check(
  'A1',
  'migrations run once, in the order of their numbers, with comments and several statements',
  async (context) => {
    const database = context.database.scratch();
    const migrations = [
      {
        id: '002_fill',
        sql:
          "-- needs 001; it's given first\nINSERT INTO a (x) VALUES ('one; two');\nINSERT INTO a (x) VALUES ('three');",
      },
      { id: '001_make', sql: 'CREATE TABLE a (x TEXT); -- a table\n\n/* and ; */ CREATE INDEX a_x ON a (x);' },
    ];
    for (const state of ['applied', 'present']) {
      const answer = (await database.post('/migrate', { migrations })).expect(200);
      const told = answer.migrations.map((one: { id: string; state: string }) => [one.id, one.state]);
      expectEqual(told, [['001_make', state], ['002_fill', state]], 'the migrations');
    }
    expectEqual(await database.query('SELECT x FROM a'), [{ x: 'one; two' }, { x: 'three' }], 'the rows');
  },
);

storage.check('A1', 'a migration that was changed after it ran is refused', async (context) => {
  const database = context.database.scratch();
  const migrate = (sql: string) => database.post('/migrate', { migrations: [{ id: '001_make', sql }] });
  (await migrate('CREATE TABLE a (x)')).expect(200);
  (await migrate('CREATE TABLE a (x, y)')).expectError(409, containing('001_make'), { code: 'MIGRATION_CONFLICT' });
});

storage.check('A1', "the app's tables are there as soon as it answers", async ({ app, database }) => {
  (await app.get('/health')).expect(200);
  const rows = await database.query("SELECT name FROM sqlite_schema WHERE type = 'table'");
  const names = rows.map((row) => row.name);
  for (const table of ['users', 'posts', 'sessions']) expectThat(names.includes(table), `there is no table ${table}`);
});

storage.check('A2', 'a table may be made twice if it says so, and not otherwise', async (context) => {
  const database = context.database.scratch();
  await database.run('CREATE TABLE IF NOT EXISTS a (x)');
  await database.run('CREATE TABLE IF NOT EXISTS a (x)');
  await database.run('CREATE INDEX IF NOT EXISTS a_x ON a (x)');
  await database.run('CREATE INDEX IF NOT EXISTS a_x ON a (x)');
  (await database.post('/run', { sql: 'CREATE TABLE a (x)' })).expectError(400, 'table a already exists');
});

storage.check('A2', 'AUTOINCREMENT never gives an id again', async (context) => {
  const database = context.database.scratch();
  await database.run('CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, x)');
  await database.run('INSERT INTO a (x) VALUES (1), (2), (3)');
  await database.run('DELETE FROM a');
  expectEqual(await database.run('INSERT INTO a (x) VALUES (4)'), { changes: 1, lastInsertRowid: 4 }, 'the answer');
});

storage.check('A2', 'defaults, and names of columns that are words of SQL', async (context) => {
  const database = context.database.scratch();
  await database.run(
    "CREATE TABLE a (key TEXT, timestamp INTEGER, data TEXT, type TEXT, flag BOOLEAN DEFAULT 0, role TEXT DEFAULT 'user', at TEXT DEFAULT CURRENT_TIMESTAMP)",
  );
  await database.run("INSERT INTO a (key, timestamp, data, type) VALUES ('k', 1, 'd', 't')");
  const row = { key: 'k', timestamp: 1, data: 'd', type: 't', flag: 0, role: 'user', at: timestamp };
  expectEqual(await database.queryOne('SELECT * FROM a'), row, 'the row');
});

const family = `
  CREATE TABLE parents (id INTEGER PRIMARY KEY);
  CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL, FOREIGN KEY (parent_id) REFERENCES parents(id) ON DELETE CASCADE);
  CREATE INDEX both ON children (parent_id, id);
  INSERT INTO parents VALUES (1), (2);
  INSERT INTO children VALUES (1, 1), (2, 1), (3, 2);`;

storage.check('A3', 'foreign keys hold', async (context) => {
  const database = context.database.scratch();
  await database.script(family);
  const got = await database.post('/run', { sql: 'INSERT INTO children VALUES (4, 99)' });
  got.expectError(400, 'FOREIGN KEY constraint failed', { code: 'CONSTRAINT_FOREIGN_KEY' });
});

storage.check('A3', 'deleting cascades, and changes counts the row that was named', async (context) => {
  const database = context.database.scratch();
  await database.script(family);
  expectMembers(await database.run('DELETE FROM parents WHERE id = 1'), { changes: 1 }, 'the answer');
  expectEqual(await database.query('SELECT id FROM children'), [{ id: 3 }], 'the children');
});

storage.check('A4', 'tenants are made by being used, and do not see one another', async (context) => {
  const [one, other] = [context.database.scratch(), context.database.scratch()];
  await one.run('CREATE TABLE a (x)');
  await one.run('INSERT INTO a VALUES (1)');
  (await other.post('/query', { sql: 'SELECT * FROM a' })).expectError(400, 'no such table: a');
  await other.run('CREATE TABLE a (x)');
  expectEqual(await other.query('SELECT * FROM a'), [], "the other's rows");
});

storage.check('A4', 'names like tenant:acme and websocket-hub are names, and capitals count', async (context) => {
  const name = `checker-${crypto.randomUUID()}`;
  for (const tenant of [`tenant:${name}`, `${name}.websocket-hub`, `${name}_a`, `${name}_A`]) {
    const database = context.database.tenant(tenant);
    await database.run('CREATE TABLE a (x)');
    await database.run('INSERT INTO a VALUES (?)', [tenant]);
    expectEqual(await database.query('SELECT x FROM a'), [{ x: tenant }], 'the rows');
  }
});
