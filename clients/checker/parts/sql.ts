import type { Database } from '../database.ts';
import { expectEqual, expectThat } from '../expectation.ts';
import { timestamp } from '../form.ts';
import { type Context, Part } from '../part.ts';

export const sql = new Part('sql');

/** A tenant with the guide's tables of users and posts, and of orders. */
async function shop({ database }: Context): Promise<Database> {
  const scratch = database.scratch();
  await scratch.script(`
    CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT UNIQUE NOT NULL, created_at TEXT DEFAULT CURRENT_TIMESTAMP, updated_at TEXT);
    CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users(id), title TEXT, published BOOLEAN DEFAULT 0);
    CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER, total REAL);
    CREATE TABLE order_items (id INTEGER PRIMARY KEY AUTOINCREMENT, order_id INTEGER, product_id INTEGER, quantity INTEGER, price REAL);
    CREATE TABLE products (id INTEGER PRIMARY KEY, stock INTEGER);
    INSERT INTO users (name, email, created_at) VALUES
      ('Ada', 'ada@example.com', '2026-01-01 00:00:00'), ('Bob', 'bob@example.com', '2026-01-03 00:00:00'), ('Eve', 'eve@adamas.com', '2026-01-02 00:00:00');
    INSERT INTO posts (user_id, title, published) VALUES (1, 'One', 1), (2, 'Two', 0);
    INSERT INTO orders (user_id, total) VALUES (1, 20.5);
    INSERT INTO order_items (order_id, product_id, quantity, price) VALUES (1, 7, 2, 5.25), (1, 8, 1, 10.0);
    INSERT INTO products VALUES (7, 5);`);
  return scratch;
}

sql.check('B5', 'columns come in their order, a column without a name is named by its words', async (context) => {
  const database = await shop(context);
  const got = await database.post('/query', { sql: 'SELECT * FROM posts WHERE id = 1' });
  const row = got.expect(200).rows[0];
  expectEqual(Object.keys(row), ['id', 'user_id', 'title', 'published'], 'the columns');
  expectEqual(await database.queryOne('SELECT 1'), { 1: 1 }, 'SELECT 1');
});

sql.check('B5', 'three counts in one row, under their names', async (context) => {
  const database = await shop(context);
  const stats = await database.queryOne(`
    SELECT
      (SELECT COUNT(*) FROM users) as users,
      (SELECT COUNT(*) FROM posts) as posts,
      (SELECT COUNT(*) FROM posts WHERE published = 1) as published_posts
  `);
  expectEqual(stats, { users: 3, posts: 2, published_posts: 1 }, 'the row');
});

sql.check('B6', 'LIKE, OR, ORDER BY, and bound LIMIT and OFFSET', async (context) => {
  const database = await shop(context);
  const find = 'SELECT name FROM users WHERE name LIKE ? OR email LIKE ? ORDER BY created_at DESC LIMIT ? OFFSET ?';
  expectEqual(await database.query(find, ['%ADA%', '%ADA%', 10, 0]), [{ name: 'Eve' }, { name: 'Ada' }], 'page 1');
  expectEqual(await database.query(find, ['%ada%', '%ada%', 1, 1]), [{ name: 'Ada' }], 'page 2');
  expectEqual(await database.query('SELECT id FROM users ORDER BY id ASC LIMIT 2'), [{ id: 1 }, { id: 2 }], 'two rows');
});

sql.check('B7', 'JOIN … ON, and p.* beside other columns', async (context) => {
  const database = await shop(context);
  const rows = await database.query(
    'SELECT p.*, u.name as author_name, u.email as author_email FROM posts p JOIN users u ON u.id = p.user_id WHERE p.published = 1',
  );
  const post = { id: 1, user_id: 1, title: 'One', published: 1, author_name: 'Ada', author_email: 'ada@example.com' };
  expectEqual(rows, [post], 'the rows');
});

sql.check('B8', 'json_group_array gives a text, in which 10.0 stays 10.0', async (context) => {
  const database = await shop(context);
  const row = await database.queryOne(
    `SELECT o.*, json_group_array(json_object('productId', oi.product_id, 'quantity', oi.quantity, 'price', oi.price)) as items
     FROM orders o JOIN order_items oi ON oi.order_id = o.id WHERE o.id = ? GROUP BY o.id`,
    [1],
  );
  const items = '[{"productId":7,"quantity":2,"price":5.25},{"productId":8,"quantity":1,"price":10.0}]';
  expectEqual(row, { id: 1, user_id: 1, total: 20.5, items }, 'the row');
});

sql.check('B9', 'COUNT(*) of nothing is 0', async (context) => {
  const database = await shop(context);
  const none = await database.queryOne("SELECT COUNT(*) as total FROM users WHERE name = 'Nobody'");
  expectEqual(none, { total: 0 }, 'the row');
});

sql.check('B9', 'stock = stock - ?, and lists of any length behind IN', async (context) => {
  const database = await shop(context);
  await database.run('UPDATE products SET stock = stock - ? WHERE id = ?', [2, 7]);
  expectEqual(await database.queryOne('SELECT stock FROM products'), { stock: 3 }, 'the stock');
  const update = (ids: number[]) =>
    `UPDATE users SET name = 'X', updated_at = CURRENT_TIMESTAMP WHERE id IN (${ids.map(() => '?').join(', ')})`;
  for (const [ids, changes] of [[[], 0], [[1], 1], [[1, 3, 99], 2]] as const) {
    expectEqual((await database.run(update([...ids]), [...ids])).changes, changes, `changes of ${ids.length} ids`);
  }
  const names = await database.query('SELECT name FROM users ORDER BY id');
  expectEqual(names, [{ name: 'X' }, { name: 'Bob' }, { name: 'X' }], 'the names');
  expectEqual((await database.run('DELETE FROM order_items WHERE price < ?', [6])).changes, 1, 'changes of a range');
});

sql.check('B10', 'CURRENT_TIMESTAMP is the UTC second', async (context) => {
  const database = await shop(context);
  const before = Date.now() - 1000;
  await database.run('INSERT INTO users (name, email, created_at) VALUES (?, ?, CURRENT_TIMESTAMP)', [
    'New',
    'new@example.com',
  ]);
  const row = await database.queryOne("SELECT created_at FROM users WHERE name = 'New'");
  expectEqual(row, { created_at: timestamp }, 'the row');
  const time = Date.parse(`${row?.created_at.replace(' ', 'T')}Z`);
  // Another machine's clock may differ by a minute.
  expectThat(time > before - 60_000 && time < Date.now() + 60_000, `CURRENT_TIMESTAMP is ${row?.created_at}`);
});

sql.check('B10', 'values come back as they were sent', async (context) => {
  const database = context.database.scratch();
  const values = [1767225600123, 9007199254740991, -1, 0, 2.5, 'Text', '', null];
  await database.run('CREATE TABLE a (id INTEGER PRIMARY KEY, x)');
  for (const value of values) await database.run('INSERT INTO a (x) VALUES (?)', [value]);
  expectEqual(await database.query('SELECT x FROM a ORDER BY id'), values.map((x) => ({ x })), 'the rows');
  const types = (await database.query('SELECT typeof(x) AS type FROM a ORDER BY id')).map((row) => row.type);
  expectEqual(types, ['integer', 'integer', 'integer', 'integer', 'real', 'text', 'text', 'null'], 'the types');
});

sql.check('B10', 'true is 1, false is 0', async (context) => {
  const row = await context.database.scratch().queryOne('SELECT ? AS yes, ? AS no', [true, false]);
  expectEqual(row, { yes: 1, no: 0 }, 'the row');
});

sql.check('B10', 'a parameter is never read as SQL', async (context) => {
  const database = await shop(context);
  for (
    const text of ["'; DROP TABLE users; --", 'a, b', '"q"', "O'Brien", '?1 :x @y $z', 'ωμέγα 🙂', 'NULL', '\\', 'a\nb']
  ) {
    expectEqual(await database.queryOne('SELECT ? AS x', [text]), { x: text }, 'the row');
  }
  expectEqual(await database.queryOne('SELECT COUNT(*) AS count FROM users'), { count: 3 }, 'the users');
});
