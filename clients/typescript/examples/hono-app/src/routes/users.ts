import { Hono } from 'hono';
import * as z from 'zod';
import type { User } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';
import type { AppEnv } from '../types.ts';
import { idParam, page, validate } from '../validation.ts';

// Validation schemas
const createUserSchema = z.object({
  name: z.string().min(1).max(100),
  email: z.email(),
  bio: z.string().max(500).optional(),
});

const updateUserSchema = z.object({
  name: z.string().min(1).max(100).optional(),
  email: z.email().optional(),
  bio: z.string().max(500).nullable().optional(),
});

const listUsersSchema = page.extend({ search: z.string().optional() });

const usersRouter = new Hono<AppEnv>();

// GET /users - List all users with pagination
usersRouter.get('/', validate('query', listUsersSchema), async (c) => {
  const db = c.get('db');
  const { limit, offset, search } = c.req.valid('query');

  const where = search ? 'WHERE name LIKE ? OR email LIKE ?' : '';
  const params = search ? [`%${search}%`, `%${search}%`] : [];

  const [users, countResult] = await Promise.all([
    db.query<User>(`SELECT * FROM users ${where} ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?`, [
      ...params,
      limit,
      offset,
    ]),
    db.queryOne<{ total: number }>(`SELECT COUNT(*) as total FROM users ${where}`, params),
  ]);

  return c.json({
    data: users,
    pagination: {
      total: countResult?.total ?? 0,
      limit,
      offset,
    },
  });
});

// GET /users/:id - Get single user
usersRouter.get('/:id', async (c) => {
  const db = c.get('db');

  const user = await db.queryOne<User>('SELECT * FROM users WHERE id = ?', [idParam(c)]);

  if (!user) {
    return c.json({ error: 'User not found' }, 404);
  }

  return c.json(user);
});

// POST /users - Create user
usersRouter.post('/', validate('json', createUserSchema), async (c) => {
  const db = c.get('db');
  const { name, email, bio } = c.req.valid('json');

  const result = await db
    .run('INSERT INTO users (name, email, bio) VALUES (?, ?, ?)', [name, email, bio ?? null])
    .catch(refuseTakenEmail);

  const user = await db.queryOne<User>('SELECT * FROM users WHERE id = ?', [result.lastInsertRowid]);

  return c.json(user, 201);
});

// PATCH /users/:id - Update user
usersRouter.patch('/:id', validate('json', updateUserSchema), async (c) => {
  const db = c.get('db');
  const id = idParam(c);
  const updates = c.req.valid('json');

  // Build dynamic update query
  const fields: string[] = [];
  const values: unknown[] = [];

  if (updates.name !== undefined) {
    fields.push('name = ?');
    values.push(updates.name);
  }
  if (updates.email !== undefined) {
    fields.push('email = ?');
    values.push(updates.email);
  }
  if (updates.bio !== undefined) {
    fields.push('bio = ?');
    values.push(updates.bio);
  }

  if (fields.length === 0) {
    return c.json({ error: 'No fields to update' }, 400);
  }

  fields.push('updated_at = CURRENT_TIMESTAMP');
  values.push(id);

  const result = await db.run(`UPDATE users SET ${fields.join(', ')} WHERE id = ?`, values).catch(refuseTakenEmail);

  if (result.changes === 0) {
    return c.json({ error: 'User not found' }, 404);
  }

  const user = await db.queryOne<User>('SELECT * FROM users WHERE id = ?', [id]);

  return c.json(user);
});

// DELETE /users/:id - Delete user
usersRouter.delete('/:id', async (c) => {
  const db = c.get('db');

  const result = await db.run('DELETE FROM users WHERE id = ?', [idParam(c)]);

  if (result.changes === 0) {
    return c.json({ error: 'User not found' }, 404);
  }

  return c.json({ success: true });
});

function refuseTakenEmail(error: Error): never {
  if (error.message.includes('UNIQUE constraint')) throw new ConflictError('Email already exists');
  throw error;
}

export { usersRouter };
