import { createMiddleware } from 'hono/factory';
import { inBackground } from '../background.ts';
import type { AppEnv } from '../types.ts';

/** Gives each request an id, and writes it to the tenant's `request_logs`. In front of everything else, so that refusals are logged too. */
export const loggingMiddleware = createMiddleware<AppEnv>(async (c, next) => {
  const start = Date.now();
  const requestId = crypto.randomUUID();

  // Add request ID to response headers
  c.header('X-Request-ID', requestId);

  await next();

  const duration = Date.now() - start;
  const db = c.get('db');
  const tenantId = c.get('tenantId');

  // Without a tenant there is nowhere to log to.
  if (!db) return;

  inBackground(
    c,
    db.run(
      `INSERT INTO request_logs (request_id, tenant_id, method, path, status, duration_ms, created_at)
       VALUES (?, ?, ?, ?, ?, ?, CURRENT_TIMESTAMP)`,
      [requestId, tenantId, c.req.method, c.req.path, c.res.status, duration],
    ),
  );
});
