import { Hono } from 'hono';
import type { TenantSettings } from '../db/schema.ts';
import type { AppEnv } from '../types.ts';

const settingsRouter = new Hono<AppEnv>();

// GET /settings - The tenant's settings, or null
settingsRouter.get('/', async (c) => {
  const db = c.get('db');
  const tenantId = c.get('tenantId');

  const settings = await db.queryOne<TenantSettings>('SELECT * FROM tenant_settings WHERE tenant_id = ?', [tenantId]);

  return c.json(settings);
});

export { settingsRouter };
