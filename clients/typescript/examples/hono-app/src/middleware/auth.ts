import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import type { AppEnv, User } from '../types.ts';

/** Lets through who has the token of a session, and sets `c.get('user')`. */
export const authMiddleware = createMiddleware<AppEnv>(async (c, next) => {
  const token = bearerToken(c);

  if (!token) {
    throw new HTTPException(401, { message: 'Missing authorization header' });
  }

  const db = c.get('db');

  // Look up session and user
  const session = await db.queryOne<{ user_id: number; expires_at: string }>(
    'SELECT user_id, expires_at FROM sessions WHERE token = ?',
    [token],
  );

  if (!session) {
    throw new HTTPException(401, { message: 'Invalid token' });
  }

  // An expiry that is no time has expired.
  if (!(new Date(session.expires_at) > new Date())) {
    throw new HTTPException(401, { message: 'Token expired' });
  }

  const user = await db.queryOne<User>('SELECT id, name, email, role FROM users WHERE id = ?', [session.user_id]);

  if (!user) {
    throw new HTTPException(401, { message: 'User not found' });
  }

  c.set('user', user);
  await next();
});

function bearerToken(c: Context<AppEnv>): string | undefined {
  const header = c.req.header('Authorization');
  if (header) return header.startsWith('Bearer ') ? header.slice(7) : undefined;

  // EventSource and WebSocket cannot set headers: of them the token may come in the address (RFC 6750, 2.3).
  const cannotSetHeaders = c.req.header('Upgrade') || c.req.header('Accept')?.includes('text/event-stream');
  return cannotSetHeaders ? c.req.query('access_token') : undefined;
}

/** Role-based access control; behind `authMiddleware`. */
export const requireRole = (...roles: string[]) => {
  return createMiddleware<AppEnv>(async (c, next) => {
    const user = c.get('user');

    if (!roles.includes(user.role)) {
      throw new HTTPException(403, {
        message: `Requires one of roles: ${roles.join(', ')}`,
      });
    }

    await next();
  });
};
