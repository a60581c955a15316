import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';
import { inBackground } from '../background.ts';
import type { AppEnv } from '../types.ts';

interface RateLimitConfig {
  windowMs: number; // Time window in milliseconds
  maxRequests: number; // Max requests per window
  keyFn: (c: Context<AppEnv>) => string; // Whom the limit is for
}

/** At most so many requests of one key in a window that begins with the first of them. */
export const rateLimit = ({ windowMs, maxRequests, keyFn }: RateLimitConfig) => {
  return createMiddleware<AppEnv>(async (c, next) => {
    const db = c.get('db');
    const now = Date.now();

    // One statement reads and counts, so that no two requests see the same number, however many come at once.
    const window = await db.queryOne<{ count: number; reset_at: number }>(
      `INSERT INTO rate_limits (key, count, reset_at) VALUES (:key, 1, :end)
       ON CONFLICT (key) DO UPDATE SET
         count = CASE WHEN reset_at <= :now THEN 1 ELSE count + 1 END,
         reset_at = CASE WHEN reset_at <= :now THEN :end ELSE reset_at END
       RETURNING count, reset_at`,
      { key: keyFn(c), now, end: now + windowMs },
    );
    const { count, reset_at } = window!;

    // Cleanup old entries periodically
    if (Math.random() < 0.01) {
      inBackground(c, db.run('DELETE FROM rate_limits WHERE reset_at <= ?', [now]));
    }

    // Add rate limit headers
    c.header('X-RateLimit-Limit', String(maxRequests));
    c.header('X-RateLimit-Remaining', String(Math.max(maxRequests - count, 0)));
    c.header('X-RateLimit-Reset', String(Math.ceil(reset_at / 1000)));

    if (count > maxRequests) {
      c.header('Retry-After', String(Math.max(Math.ceil((reset_at - now) / 1000), 1)));
      throw new HTTPException(429, {
        message: 'Too many requests',
      });
    }

    await next();
  });
};
