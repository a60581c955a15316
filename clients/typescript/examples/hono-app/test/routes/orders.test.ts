import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { TestDatabase } from '@dotdo/dosql/testing';
import { ordersRouter } from '../../src/routes/orders.ts';
import { appDatabase, appWith, sending } from '../with-database.ts';

describe('Orders API', () => {
  let db: TestDatabase;
  let app: ReturnType<typeof appWith>;
  const order = (...items: { productId: number; quantity: number }[]) =>
    app.request('/orders', sending('POST', { items }));

  before(async () => {
    db = await appDatabase();
    app = appWith(db, { id: 1 });
    app.route('/orders', ordersRouter);
  });
  after(() => db.close());
  beforeEach(async () => {
    await db._clear();
    await db._seed('users', [{ id: 1, name: 'Ada', email: 'ada@example.com' }]);
    await db._seed('products', [
      { id: 7, name: 'Lamp', price: 5.25, stock: 5 },
      { id: 8, name: 'Desk', price: 10, stock: 1 },
    ]);
  });

  it('takes from the stock and answers with the items', async () => {
    const res = await order({ productId: 7, quantity: 2 }, { productId: 8, quantity: 1 });

    assert.equal(res.status, 201);
    const { total, items } = await res.json();
    assert.equal(total, 20.5);
    assert.equal(
      items,
      '[{"productId":7,"quantity":2,"price":5.25},{"productId":8,"quantity":1,"price":10.0}]',
    );
    assert.deepEqual(await db.query('SELECT stock FROM products ORDER BY id'), [{ stock: 3 }, { stock: 0 }]);
  });

  it('leaves nothing behind when an item is short', async () => {
    const res = await order({ productId: 7, quantity: 2 }, { productId: 8, quantity: 2 });

    assert.equal(res.status, 400);
    assert.equal((await res.json()).error, 'Insufficient stock for product 8');
    assert.deepEqual(await db.query('SELECT stock FROM products ORDER BY id'), [{ stock: 5 }, { stock: 1 }]);
    assert.deepEqual(await db.queryOne('SELECT COUNT(*) AS n FROM orders'), { n: 0 });
    assert.deepEqual(await db.queryOne('SELECT COUNT(*) AS n FROM order_items'), { n: 0 });
  });

  it('sells a stock of 5 to 5 of 12 who come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => order({ productId: 7, quantity: 1 })));

    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, 201, 201, 201, 201, 400, 400, 400, 400, 400, 400, 400]);
    assert.deepEqual(await db.queryOne('SELECT stock FROM products WHERE id = 7'), { stock: 0 });
  });
});
