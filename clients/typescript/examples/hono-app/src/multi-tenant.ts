import { Hono } from 'hono';
import { dbMiddleware } from './middleware/db.ts';
import { settingsRouter } from './routes/settings.ts';
import type { AppEnv } from './types.ts';

// The guide's multi-tenant app: a subdomain is a tenant, and a tenant is a database
const app = new Hono<AppEnv>();

app.use('*', dbMiddleware);
app.route('/api/settings', settingsRouter);

export default app;
