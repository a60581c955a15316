import { Database } from './database.ts';
import { httpTransport } from './http/transport.ts';
import { type ClientOptions, settings } from './settings.ts';
import { resolve, type ServerTarget } from './target.ts';

/** Anything that answers requests for one tenant: a stub of {@link namespace}, a service binding, a Hono app. */
export interface Stub {
  fetch(input: string, init?: RequestInit): Promise<Response> | Response;
}

/**
 * A client of a tenant's database, in place of the guide's `src/db/client.ts`.
 *
 * @param target a server's URL, `{ url, tenant, token }`, or a stub, whose tenant is its own.
 * @throws DoSQLError `CONFIGURATION`, `TENANT_NAME_INVALID`. Nothing is sent yet.
 */
export function createDBClient(
  target: string | URL | Stub | (ServerTarget & ClientOptions),
  options: ClientOptions = {},
): Database {
  const all = { ...(target as ClientOptions), ...options };
  const place = typeof target == 'string' || target instanceof URL
    ? resolve({ url: target })
    : 'url' in target
    ? resolve(target)
    : {
      url: 'http://internal',
      fetch: async (input: string, init: RequestInit) => await target.fetch(input, init),
    };
  return new Database((all.transport ?? httpTransport)(place), settings(all));
}
