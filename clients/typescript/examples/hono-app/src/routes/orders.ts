import { Hono } from 'hono';
import * as z from 'zod';
import type { Order } from '../db/schema.ts';
import { ValidationError } from '../errors.ts';
import type { AppEnv } from '../types.ts';
import { validate } from '../validation.ts';

const createOrderSchema = z.object({
  items: z
    .array(z.object({ productId: z.number().int(), quantity: z.number().int().min(1) }))
    .min(1)
    .max(100),
});

const ordersRouter = new Hono<AppEnv>();

// Create order with transaction
ordersRouter.post('/', validate('json', createOrderSchema), async (c) => {
  const db = c.get('db');
  const user = c.get('user');
  const { items } = c.req.valid('json');

  const orderId = await db.transaction(async (tx) => {
    // Create order
    const orderResult = await tx.run(
      `INSERT INTO orders (user_id, total, status, created_at)
       VALUES (?, 0, 'pending', CURRENT_TIMESTAMP)`,
      [user.id],
    );

    const newOrderId = orderResult.lastInsertRowid;
    let total = 0;

    // Create order items and update inventory
    for (const item of items) {
      // Check stock; the price is ours, not the buyer's
      const product = await tx.queryOne<{ stock: number; price: number }>(
        'SELECT stock, price FROM products WHERE id = ?',
        [item.productId],
      );

      if (!product || product.stock < item.quantity) {
        // Thrown out of the transaction, it undoes the whole order
        throw new ValidationError(`Insufficient stock for product ${item.productId}`);
      }

      // Create order item
      await tx.run(
        `INSERT INTO order_items (order_id, product_id, quantity, price)
         VALUES (?, ?, ?, ?)`,
        [newOrderId, item.productId, item.quantity, product.price],
      );

      // Deduct from inventory
      await tx.run('UPDATE products SET stock = stock - ? WHERE id = ?', [item.quantity, item.productId]);

      total += product.price * item.quantity;
    }

    await tx.run('UPDATE orders SET total = ? WHERE id = ?', [total, newOrderId]);

    return newOrderId;
  });

  // Fetch complete order
  const order = await db.queryOne<Order>(
    `SELECT o.*,
            json_group_array(json_object(
              'productId', oi.product_id,
              'quantity', oi.quantity,
              'price', oi.price
            )) as items
     FROM orders o
     JOIN order_items oi ON oi.order_id = o.id
     WHERE o.id = ?
     GROUP BY o.id`,
    [orderId],
  );

  return c.json(order, 201);
});

export { ordersRouter };
