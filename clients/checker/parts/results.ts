import type { Database } from '../database.ts';
import { expectEqual } from '../expectation.ts';
import { startingWith } from '../form.ts';
import { type Context, Part } from '../part.ts';

export const results = new Part('results');

async function users({ database }: Context): Promise<Database> {
  const scratch = database.scratch();
  await scratch.script(`
    CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT UNIQUE NOT NULL);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id));
    INSERT INTO users (name, email) VALUES ('Ada', 'ada@example.com');`);
  return scratch;
}

results.check('C11', 'a row that is not there is null, none are an empty array', async (context) => {
  const database = await users(context);
  expectEqual(await database.queryOne('SELECT * FROM users WHERE id = 99'), null, 'the row');
  expectEqual(await database.query('SELECT * FROM users WHERE id = 99'), [], 'the rows');
});

results.check(
  'C11',
  'a write says what it changed and which id it gave, which can be used at once',
  async (context) => {
    const database = await users(context);
    const made = await database.run('INSERT INTO users (name, email) VALUES (?, ?)', ['Bob', 'bob@example.com']);
    expectEqual(made, { changes: 1, lastInsertRowid: 2 }, 'the answer');
    const row = await database.queryOne('SELECT name FROM users WHERE id = ?', [made.lastInsertRowid]);
    expectEqual(row, { name: 'Bob' }, 'the row');
  },
);

results.check('C11', 'changes is 0 where nothing fits, and counts rows that stay as they are', async (context) => {
  const database = await users(context);
  expectEqual((await database.run("UPDATE users SET name = 'X' WHERE id = 99")).changes, 0, 'changes');
  expectEqual((await database.run("UPDATE users SET name = 'Ada' WHERE id = 1")).changes, 1, 'changes');
  expectEqual((await database.run('DELETE FROM users WHERE id = 99')).changes, 0, 'changes');
});

const wrong: [string, string, number, string, string][] = [
  [
    'a duplicate',
    "INSERT INTO users (name, email) VALUES ('B', 'ada@example.com')",
    409,
    'CONSTRAINT_UNIQUE',
    'UNIQUE constraint failed: users.email',
  ],
  [
    'a reference to nothing',
    'INSERT INTO posts (user_id) VALUES (99)',
    400,
    'CONSTRAINT_FOREIGN_KEY',
    'FOREIGN KEY constraint failed',
  ],
  [
    'a missing value',
    "INSERT INTO users (email) VALUES ('b@example.com')",
    400,
    'CONSTRAINT_NOT_NULL',
    'NOT NULL constraint failed: users.name',
  ],
  ['a table that is not there', 'SELECT * FROM x', 400, 'SQL_ERROR', 'no such table: x'],
  ['a column that is not there', 'SELECT x FROM users', 400, 'SQL_ERROR', 'no such column: x'],
  ['what is no SQL', 'SELCT 1', 400, 'SQL_ERROR', 'near "SELCT": syntax error'],
];
for (const [what, statement, status, code, message] of wrong) {
  results.check('C12 C13', `${what} is told in SQLite's words, with a code`, async (context) => {
    const database = await users(context);
    const got = await database.post('/run', { sql: statement });
    got.expectError(status, startingWith(message), { code, retryable: false, executed: 'no' });
  });
}
