import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { GetConnInfo } from 'hono/conninfo';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { logger } from 'hono/logger';
import { prettyJSON } from 'hono/pretty-json';
import { secureHeaders } from 'hono/secure-headers';
import type { UpgradeWebSocket } from 'hono/ws';
import { DoSQLError } from '@dotdo/dosql';

import { errorHandler, notFoundHandler } from './errors.ts';
import { authMiddleware } from './middleware/auth.ts';
import { dbMiddleware } from './middleware/db.ts';
import { loggingMiddleware } from './middleware/logging.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { adminRouter } from './routes/admin.ts';
import { bulkRouter } from './routes/bulk.ts';
import { eventsRouter } from './routes/events.ts';
import { ordersRouter } from './routes/orders.ts';
import { postsRouter } from './routes/posts.ts';
import { settingsRouter } from './routes/settings.ts';
import { simpleUsersRouter } from './routes/simple-users.ts';
import { usersRouter } from './routes/users.ts';
import { wsRouter } from './routes/ws.ts';
import type { AppEnv } from './types.ts';

/** What differs from runtime to runtime; Hono's adapter for each has both. */
export interface Runtime {
  upgradeWebSocket: UpgradeWebSocket;
  getConnInfo: GetConnInfo;
}

/** The complete app. */
export function createApp({ upgradeWebSocket, getConnInfo }: Runtime): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.onError(errorHandler);
  app.notFound(notFoundHandler);

  // First of all: the answer to an upgrade belongs to the runtime, and no middleware may add headers to it
  app.route('/', wsRouter(upgradeWebSocket));

  // Global middleware
  app.use('*', logger((line) => console.log(line.replace(/access_token=[^&\s]+/g, 'access_token=…'))));
  app.use('*', loggingMiddleware);
  app.use(
    '*',
    cors({
      origin: allowedOrigin,
      exposeHeaders: ['X-Request-ID', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'Retry-After'],
    }),
  );
  app.use('*', prettyJSON());
  app.use('*', secureHeaders());
  app.use('*', bodyLimit({ maxSize: 1024 * 1024, onError: refuseLongBody }));

  // Health check (no auth required); opening the database is part of it
  app.get('/health', async (c) => {
    try {
      await dbMiddleware(c, async () => {
        await c.get('db').queryOne('SELECT 1');
      });
      return c.json({ status: 'healthy', timestamp: new Date().toISOString() });
    } catch (error) {
      const message = error instanceof DoSQLError ? error.toUserMessage() : 'The health check failed.';
      return c.json({ status: 'unhealthy', error: message }, 503);
    }
  });

  // Database middleware for all routes
  app.use('*', dbMiddleware);

  // Rate limiting for API routes
  app.use(
    '/api/*',
    rateLimit({
      windowMs: 60 * 1000, // 1 minute
      maxRequests: 100,
      keyFn: clientAddress,
    }),
  );

  // Public routes
  app.route('/users', simpleUsersRouter);
  app.route('/api/settings', settingsRouter);
  app.route('/api/v1/users', usersRouter);

  // Protected routes (require authentication)
  const protectedRoutes = new Hono<AppEnv>();

  protectedRoutes.use('*', authMiddleware);
  protectedRoutes.route('/posts', postsRouter);
  protectedRoutes.route('/orders', ordersRouter);
  protectedRoutes.route('/events', eventsRouter);

  // Admin-only routes
  protectedRoutes.route('/admin', adminRouter);
  protectedRoutes.route('/bulk', bulkRouter);

  app.route('/api/v1', protectedRoutes);

  return app;

  /** The address that a trusted proxy tells, or that of the connection. */
  function clientAddress(c: Context<AppEnv>): string {
    const header = c.env.CLIENT_ADDRESS_HEADER;
    const address = (header && c.req.header(header)) || getConnInfo(c).remote.address;
    if (!address) throw new HTTPException(400, { message: 'The client has no address' });
    return address;
  }
}

function allowedOrigin(origin: string, c: Context<AppEnv>): string | null {
  const allowed = c.env.CORS_ORIGINS ?? '*';
  if (allowed === '*') return '*';
  return allowed.split(',').map((one) => one.trim()).includes(origin) ? origin : null;
}

function refuseLongBody(): never {
  throw new HTTPException(413, { message: 'Payload too large' });
}
