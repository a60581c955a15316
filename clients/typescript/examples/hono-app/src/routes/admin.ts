import { Hono } from 'hono';
import { requireRole } from '../middleware/auth.ts';
import type { AppEnv } from '../types.ts';

const adminRouter = new Hono<AppEnv>();

adminRouter.use('*', requireRole('admin'));

// GET /admin/stats - How much there is
adminRouter.get('/stats', async (c) => {
  const db = c.get('db');

  const stats = await db.queryOne<{
    users: number;
    posts: number;
    published_posts: number;
  }>(`
    SELECT
      (SELECT COUNT(*) FROM users) as users,
      (SELECT COUNT(*) FROM posts) as posts,
      (SELECT COUNT(*) FROM posts WHERE published = 1) as published_posts
  `);

  return c.json(stats);
});

export { adminRouter };
