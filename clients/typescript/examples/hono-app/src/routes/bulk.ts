import { Hono } from 'hono';
import * as z from 'zod';
import { requireRole } from '../middleware/auth.ts';
import type { AppEnv } from '../types.ts';
import { validate } from '../validation.ts';

/** As many steps as a batch may have. */
const most = 1000;

const insertUsersSchema = z.object({
  users: z.array(z.object({ name: z.string(), email: z.string() })).max(most),
});

const updateStatusSchema = z.object({
  userIds: z.array(z.number().int()).max(most),
  status: z.string().min(1).max(32),
});

const bulkRouter = new Hono<AppEnv>();

bulkRouter.use('*', requireRole('admin'));

// Bulk insert users
bulkRouter.post('/users', validate('json', insertUsersSchema), async (c) => {
  const db = c.get('db');
  const { users } = c.req.valid('json');

  const inserted: number[] = [];
  const errors: Array<{ index: number; error: string }> = [];

  if (users.length > 0) {
    // One transaction in one round trip. A row that fails is tolerated: it undoes itself, and the others are kept.
    const { results } = await db.batch(
      users.map(({ name, email }) => ({
        sql: 'INSERT INTO users (name, email) VALUES (?, ?)',
        params: [name, email],
        tolerate: true,
      })),
    );

    results.forEach((result, index) => {
      if (result.status === 'done') inserted.push(Number(result.lastInsertRowid));
      if (result.status === 'failed') errors.push({ index, error: result.error.error });
    });
  }

  return c.json({
    success: inserted.length,
    failed: errors.length,
    insertedIds: inserted,
    errors,
  });
});

// Bulk update
bulkRouter.patch('/users/status', validate('json', updateStatusSchema), async (c) => {
  const db = c.get('db');
  const { userIds, status } = c.req.valid('json');

  const placeholders = userIds.map(() => '?').join(', ');
  const result = await db.run(
    `UPDATE users SET status = ?, updated_at = CURRENT_TIMESTAMP
     WHERE id IN (${placeholders})`,
    [status, ...userIds],
  );

  return c.json({ updated: result.changes });
});

export { bulkRouter };
