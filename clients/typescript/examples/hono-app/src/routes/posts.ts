import { Hono } from 'hono';
import * as z from 'zod';
import type { Post, PostWithAuthor } from '../db/schema.ts';
import type { AppEnv } from '../types.ts';
import { idParam, page, validate } from '../validation.ts';

const createPostSchema = z.object({
  title: z.string().min(1).max(200),
  content: z.string().min(1),
  published: z.boolean().default(false),
});

const postsRouter = new Hono<AppEnv>();

// GET /posts - List published posts
postsRouter.get('/', validate('query', page), async (c) => {
  const db = c.get('db');
  const { limit, offset } = c.req.valid('query');

  const posts = await db.query<PostWithAuthor>(
    `SELECT p.*, u.name as author_name, u.email as author_email
     FROM posts p
     JOIN users u ON u.id = p.user_id
     WHERE p.published = 1
     ORDER BY p.created_at DESC, p.id DESC
     LIMIT ? OFFSET ?`,
    [limit, offset],
  );

  return c.json(posts);
});

// GET /posts/:id - Get single post with author
postsRouter.get('/:id', async (c) => {
  const db = c.get('db');

  const post = await db.queryOne<PostWithAuthor>(
    `SELECT p.*, u.name as author_name, u.email as author_email
     FROM posts p
     JOIN users u ON u.id = p.user_id
     WHERE p.id = ?`,
    [idParam(c)],
  );

  // Don't show unpublished posts to non-authors
  if (!post || (!post.published && post.user_id !== c.get('user').id)) {
    return c.json({ error: 'Post not found' }, 404);
  }

  return c.json(post);
});

// POST /posts - Create post
postsRouter.post('/', validate('json', createPostSchema), async (c) => {
  const db = c.get('db');
  const user = c.get('user');
  const { title, content, published } = c.req.valid('json');

  const result = await db.run(
    `INSERT INTO posts (user_id, title, content, published, created_at, updated_at)
     VALUES (?, ?, ?, ?, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)`,
    [user.id, title, content, published],
  );

  const post = await db.queryOne<Post>('SELECT * FROM posts WHERE id = ?', [result.lastInsertRowid]);

  return c.json(post, 201);
});

// PUT /posts/:id/publish - Publish a post
postsRouter.put('/:id/publish', async (c) => {
  const db = c.get('db');
  const user = c.get('user');
  const id = idParam(c);

  // Check ownership
  const post = await db.queryOne<Post>('SELECT * FROM posts WHERE id = ?', [id]);

  if (!post) {
    return c.json({ error: 'Post not found' }, 404);
  }

  if (post.user_id !== user.id) {
    return c.json({ error: 'Not authorized' }, 403);
  }

  await db.run('UPDATE posts SET published = 1, updated_at = CURRENT_TIMESTAMP WHERE id = ?', [id]);

  return c.json({ success: true, published: true });
});

export { postsRouter };
