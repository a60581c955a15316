// Serves the guide's code as as-written/extract.ts has put it aside; `guide/` in the import map is that folder's src.
//
//   complete        the complete app, which is a block of its own
//   error-handling  the app with the global error handler, and every route of the guide mounted on it
//
// The binding of the Durable Object is a namespace of the client: nothing else is put in place of Workers.
import { namespace } from '@dotdo/dosql';
import complete from 'guide/index.ts';
import errorHandling from 'guide/error-handling.ts';
import simple from 'guide/simple.ts';
import { dbMiddleware } from 'guide/middleware/db.ts';
import { authMiddleware, requireRole } from 'guide/middleware/auth.ts';
import { loggingMiddleware } from 'guide/middleware/logging.ts';
import { rateLimit } from 'guide/middleware/rateLimit.ts';
import { usersRouter } from 'guide/routes/users.ts';
import { postsRouter } from 'guide/routes/posts.ts';
import { ordersRouter } from 'guide/routes/orders.ts';
import { bulkRouter } from 'guide/routes/bulk.ts';
import { eventsRouter } from 'guide/routes/events.ts';
import { wsRouter } from 'guide/routes/ws.ts';
import { Hono } from 'hono';

function withEveryRoute() {
  const app = errorHandling;
  app.route('/', wsRouter);
  // The simple app sets a database of its own for every path: those behind it replace it.
  app.route('/', simple);
  app.use('*', dbMiddleware);
  app.use('*', loggingMiddleware);
  app.use('/api/*', rateLimit({ windowMs: 60 * 1000, maxRequests: 100 }));
  app.route('/api/v1/users', usersRouter);

  const protectedRoutes = new Hono();
  protectedRoutes.use('*', authMiddleware);
  protectedRoutes.route('/posts', postsRouter);
  protectedRoutes.route('/orders', ordersRouter);
  protectedRoutes.route('/bulk', bulkRouter);
  protectedRoutes.route('/events', eventsRouter);
  protectedRoutes.use('/admin/*', requireRole('admin'));
  app.route('/api/v1', protectedRoutes);
  return app;
}

const app = Deno.args[0] === 'complete' ? complete : withEveryRoute();
const bindings = { DOSQL_DB: namespace(Deno.env.get('DOSQL_URL')!) };

Deno.serve({
  hostname: '127.0.0.1',
  port: 0,
  onListen: ({ hostname, port }) => console.log(`listening on http://${hostname}:${port}`),
}, (request) => app.fetch(request, bindings));
