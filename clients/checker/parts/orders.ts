import type { Row } from '../database.ts';
import { expectEqual } from '../expectation.ts';
import { id, startingWith, timestamp } from '../form.ts';
import { Part } from '../part.ts';

export const orders = new Part('orders');
const path = '/api/v1/orders';

orders.check('E25', 'ordering needs a token', async ({ app }) => {
  (await app.post(path, { items: [] })).expectError(401, 'Missing authorization header');
});

orders.check(
  'E25 D14 B8',
  'an order is answered with its row and its items, as one text',
  async ({ app, database }) => {
    const ada = await database.account();
    const [lamp, desk] = [await database.product(5.25, 10), await database.product(10, 10)];
    const items = [{ productId: lamp, quantity: 2, price: 5.25 }, { productId: desk, quantity: 1, price: 10 }];
    const order = (await app.post(path, { items }, { token: ada.token })).expect(201, {
      id,
      user_id: ada.id,
      total: 20.5,
      status: 'pending',
      created_at: timestamp,
      items: `[{"productId":${lamp},"quantity":2,"price":5.25},{"productId":${desk},"quantity":1,"price":10.0}]`,
    });
    const stock = await database.query('SELECT stock FROM products WHERE id IN (?, ?) ORDER BY id', [lamp, desk]);
    expectEqual(stock, [{ stock: 8 }, { stock: 9 }], 'the stock');
    const kept = await database.queryOne('SELECT user_id, total, status FROM orders WHERE id = ?', [order.id]);
    expectEqual(kept, { user_id: ada.id, total: 20.5, status: 'pending' }, 'the order in the database');
  },
);

orders.check('E25 D14', 'too little stock undoes the whole order and says which product', async ({ app, database }) => {
  const ada = await database.account();
  const [enough, short] = [await database.product(1, 10), await database.product(1, 1)];
  const items = [{ productId: enough, quantity: 4, price: 1 }, { productId: short, quantity: 2, price: 1 }];
  const got = await app.post(path, { items }, { token: ada.token });
  got.expectError(400, `Insufficient stock for product ${short}`);
  const stock = await database.query('SELECT stock FROM products WHERE id IN (?, ?) ORDER BY id', [enough, short]);
  expectEqual(stock, [{ stock: 10 }, { stock: 1 }], 'the stock');
  const left = await database.queryOne('SELECT COUNT(*) AS count FROM orders WHERE user_id = ?', [ada.id]);
  expectEqual(left, { count: 0 }, 'what is left of the order');
  const items2 = await database.queryOne('SELECT COUNT(*) AS count FROM order_items WHERE product_id = ?', [enough]);
  expectEqual(items2, { count: 0 }, 'what is left of its items');
});

orders.check('E25 D14', 'a product that is not there has no stock', async ({ app, database }) => {
  const { token } = await database.account();
  const got = await app.post(path, { items: [{ productId: 999999999, quantity: 1, price: 1 }] }, { token });
  got.expectError(400, 'Insufficient stock for product 999999999');
});

orders.check('E25 D14', 'an order sees what it has taken itself', async ({ app, database }) => {
  const { token } = await database.account();
  const lamp = await database.product(1, 3);
  const twice = { items: [{ productId: lamp, quantity: 2, price: 1 }, { productId: lamp, quantity: 2, price: 1 }] };
  (await app.post(path, twice, { token })).expectError(400, `Insufficient stock for product ${lamp}`);
  expectEqual(await database.queryOne('SELECT stock FROM products WHERE id = ?', [lamp]), { stock: 3 }, 'the stock');
});

orders.check('E25 D17', '12 buyers at once of a stock of 5: 5 sold, 7 refused, stock 0', async ({ app, database }) => {
  const lamp = await database.product(5.25, 5);
  const buyers = await Promise.all(Array.from({ length: 12 }, () => database.account()));
  const body = { items: [{ productId: lamp, quantity: 1, price: 5.25 }] };
  const answers = await Promise.all(buyers.map(({ token }) => app.post(path, body, { token })));

  const sold = answers.filter((answer) => answer.status === 201);
  const refused = answers.filter((answer) => answer.status !== 201);
  expectEqual([sold.length, refused.length], [5, 7], 'sold and refused');
  for (const answer of refused) answer.expectError(400, `Insufficient stock for product ${lamp}`);
  expectEqual(await database.queryOne('SELECT stock FROM products WHERE id = ?', [lamp]), { stock: 0 }, 'the stock');

  const kept = await database.query(
    'SELECT order_id, quantity FROM order_items WHERE product_id = ? ORDER BY order_id',
    [lamp],
  );
  const answered = sold.map((answer) => answer.json.id).sort((a, b) => a - b);
  expectEqual(kept, answered.map((order_id) => ({ order_id, quantity: 1 })), 'the items in the database');
});

const wrong: [string, string, unknown][] = [
  ['no items', 'items', {}],
  ['an empty list', 'items', { items: [] }],
  ['101 items', 'items', { items: Array.from({ length: 101 }, () => ({ productId: 1, quantity: 1, price: 1 })) }],
  ['a quantity of 0', 'items.0.quantity', { items: [{ productId: 1, quantity: 0, price: 1 }] }],
  ['a quantity below 0', 'items.0.quantity', { items: [{ productId: 1, quantity: -3, price: 1 }] }],
  ['a quantity of 1.5', 'items.0.quantity', { items: [{ productId: 1, quantity: 1.5, price: 1 }] }],
  ['no product', 'items.0.productId', { items: [{ quantity: 1, price: 1 }] }],
];
for (const [what, field, body] of wrong) {
  orders.mended('E25', `an order with ${what} is 400`, async ({ app, database }) => {
    const { token } = await database.account();
    (await app.post(path, body, { token })).expectError(400, startingWith(`${field}: `), { code: 400 });
  });
}

orders.mended('E25', "the price is the product's, not the buyer's", async ({ app, database }) => {
  const { token } = await database.account();
  const lamp = await database.product(5.25, 10);
  for (const price of [0.01, undefined]) {
    const order: Row = (await app.post(path, { items: [{ productId: lamp, quantity: 2, price }] }, { token })).expect(
      201,
    );
    expectEqual(order.total, 10.5, 'the total');
    expectEqual(order.items, `[{"productId":${lamp},"quantity":2,"price":5.25}]`, 'the items');
  }
});
