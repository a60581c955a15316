import { HTTPException } from 'hono/http-exception';
import { createMiddleware } from 'hono/factory';
import { dosql } from '@dotdo/dosql/hono';
import { migrations } from '../db/migrations.ts';
import type { AppEnv } from '../types.ts';

/** Sets `c.get('db')` and `c.get('tenantId')`; brings the tenant to the app's migrations before anything else is asked of it. */
export const dbMiddleware = createMiddleware<AppEnv>(
  dosql({
    tenant: (c) => tenantOf(c.req.header('Host') ?? new URL(c.req.url).host, c.env.BASE_DOMAIN),
    migrations,
  }),
);

/**
 * A host's tenant: `acme` of `acme.example.com`. It comes from the address, for which DNS, certificates and the proxy in
 * front of the app answer, and from no header that a page or a program may add to a request as it likes. An address is
 * no credential: what a tenant keeps for itself is behind its own sessions.
 */
export function tenantOf(host: string, baseDomain: string | undefined): string {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  if (!baseDomain || !name.endsWith(`.${baseDomain}`)) return 'default';

  const label = name.slice(0, -baseDomain.length - 1);
  if (label === 'www' || label === 'api') return 'default';
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) {
    throw new HTTPException(404, { message: 'Unknown tenant' });
  }
  return label;
}
