/**
 * Middleware for Hono. It imports nothing of Hono's: what it needs of a context is written down here, so that it is
 * checked also where Hono is not installed.
 *
 * @module
 */
import { createDBClient } from './create.ts';
import type { ClientOptions } from './settings.ts';
import type { Database } from './database.ts';
import { folderMigrations } from './folder.ts';
import { DoSQLError } from './errors.ts';
import { type ServerTarget, tenantName } from './target.ts';
import type { Migration } from './types.ts';

/** What is used of Hono's `Context`. */
export interface ContextLike {
  env: any;
  req: { url: string; header(name: string): string | undefined; param(name: string): string | undefined };
  get: (key: any) => any;
  set: (key: any, value: any) => void;
}

/** What the middleware sets: `new Hono<{ Variables: DoSQLVariables }>()`. */
export interface DoSQLVariables {
  /** The tenant's database. */
  db: Database;
  /** The tenant's name, as it was resolved. */
  tenantId: string;
}

/** Finds a request's tenant; without one the request is refused. */
export type TenantResolver<C = ContextLike> = (
  c: C,
) => string | null | undefined | Promise<string | null | undefined>;

/** Options of {@link dosql}. */
export interface DoSQLOptions<C = ContextLike> extends ClientOptions, Partial<Omit<ServerTarget, 'tenant'>> {
  /**
   * The tenant, or how a request's is found: {@link bySubdomain}, {@link byPath}, {@link byClaim}, {@link byHeader}, or
   * a function of your own. Default: `'default'`, for every request. No header is trusted unless you say so.
   */
  tenant?: string | TenantResolver<C>;
  /** In front of the name that was resolved: `tenant:` makes `tenant:acme` of `acme`. `tenantId` stays without it. */
  prefix?: string;
  /** What each tenant is brought to before this process sends it anything else. */
  migrations?: readonly Migration[] | { folder: string };
}

/** Tenants that are known to be at their migrations; beyond it they are asked again, which changes nothing. */
const tenantsMax = 10_000;

/** A request whose tenant is not known, or is no name. Hono answers 400 with it unless the app has a handler of its own. */
export class TenantError extends DoSQLError {
  /** Why the tenant could not be had. */
  constructor(message: string) {
    super(message, { code: 'TENANT_NAME_INVALID', category: 'VALIDATION' });
  }

  /** Called by Hono, as that of its `HTTPException`. */
  getResponse(): Response {
    return Response.json({ error: this.message, code: this.code, retryable: false }, { status: 400 });
  }
}

/**
 * Middleware that finds a request's tenant and sets `c.get('db')` and `c.get('tenantId')`.
 *
 * @param options `url` and `token` are by default the bindings' or the environment's `DOSQL_URL` and `DOSQL_TOKEN`.
 */
export function dosql<C extends ContextLike = ContextLike>(
  options: DoSQLOptions<C> = {},
): (c: C, next: () => Promise<void>) => Promise<void> {
  const { tenant = 'default', prefix = '', migrations, ...rest } = options;
  const migrated = new Set<string>();

  return async (c, next) => {
    const tenantId = typeof tenant == 'string' ? tenant : await tenant(c);
    if (!tenantId) throw new TenantError('The request names no tenant');
    try {
      tenantName(prefix + tenantId);
    } catch (error) {
      throw new TenantError((error as Error).message);
    }
    const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
    const url = rest.url ?? c.env?.DOSQL_URL ?? process?.env.DOSQL_URL;
    if (!url) {
      throw new DoSQLError('no server: pass url, or set DOSQL_URL', { code: 'CONFIGURATION', category: 'VALIDATION' });
    }
    const token = rest.token ?? (rest.url ? undefined : c.env?.DOSQL_TOKEN ?? process?.env.DOSQL_TOKEN);
    const db = createDBClient({ ...rest, url, token, tenant: prefix + tenantId });
    const name = `${url} ${tenantId}`;
    // On Workers a request must not wait for what another has begun, so each asks until one has been answered.
    if (migrations && !migrated.has(name)) {
      await db.migrate('folder' in migrations ? folderMigrations(migrations.folder) : migrations);
      if (migrated.size >= tenantsMax) migrated.clear();
      migrated.add(name);
    }
    c.set('db', db);
    c.set('tenantId', tenantId);
    await next();
  };
}

/**
 * The label in front of a domain: `acme` of `acme.example.com`; not `www` or `api`, nothing deeper.
 *
 * @param domain `example.com`.
 */
export function bySubdomain(domain: string): TenantResolver {
  return (c) => {
    const host = (c.req.header('host') ?? new URL(c.req.url).host).replace(/:\d+$/, '').toLowerCase();
    const label = host.endsWith(`.${domain}`) ? host.slice(0, -domain.length - 1) : '';
    return label.includes('.') || label == 'www' || label == 'api' ? undefined : label;
  };
}

/** A parameter of the path; the middleware must be mounted where it has it: `app.use('/t/:tenant/*', …)`. */
export function byPath(parameter = 'tenant'): TenantResolver {
  return (c) => c.req.param(parameter);
}

/** A claim of the token that an earlier middleware has verified, as `hono/jwt` leaves it in `c.get('jwtPayload')`. */
export function byClaim(claim = 'tenant', variable = 'jwtPayload'): TenantResolver {
  return (c) => {
    const value = c.get(variable)?.[claim];
    return typeof value == 'string' ? value : undefined;
  };
}

/** A header. Whoever can call the app then chooses the tenant: only behind something that sets it and lets no caller do so. */
export function byHeader(name = 'X-Tenant-ID'): TenantResolver {
  return (c) => c.req.header(name);
}

/** The status that the guide's error handler gives a category; any other is 500. */
const statuses: Record<string, number> = {
  VALIDATION: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  CONNECTION: 503,
  TIMEOUT: 504,
};

/**
 * What to answer for an error of the database, for `app.onError`: the guide's `{ error, code, retryable }`. Nothing for
 * other errors.
 */
export function errorResponse(error: unknown): Response | undefined {
  if (!(error instanceof DoSQLError)) return undefined;
  const { code, category, retryable, retryAfter } = error;
  const headers: Record<string, string> = retryAfter ? { 'retry-after': `${Math.ceil(retryAfter / 1000)}` } : {};
  const message = error instanceof TenantError ? error.message : error.toUserMessage();
  return Response.json({ error: message, code, retryable }, { status: statuses[category] ?? 500, headers });
}
