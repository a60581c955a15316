import { Hono } from 'hono';
import * as z from 'zod';
import type { User } from '../db/schema.ts';
import type { AppEnv } from '../types.ts';
import { validate } from '../validation.ts';

const simpleUsersRouter = new Hono<AppEnv>();

simpleUsersRouter.get('/', async (c) => {
  const db = c.get('db');
  const users = await db.query<User>('SELECT * FROM users ORDER BY created_at DESC, id DESC');
  return c.json(users);
});

simpleUsersRouter.post('/', validate('json', z.object({ name: z.string(), email: z.string() })), async (c) => {
  const db = c.get('db');
  const { name, email } = c.req.valid('json');

  const result = await db.run('INSERT INTO users (name, email) VALUES (?, ?)', [name, email]);

  return c.json({ id: result.lastInsertRowid, name, email }, 201);
});

export { simpleUsersRouter };
