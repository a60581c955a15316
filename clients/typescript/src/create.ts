import { Database } from './database.ts';
import { httpTransport } from './http/transport.ts';
import { resolve, type ServerTarget } from './target.ts';
import type { TransportFactory } from './transport.ts';
import type { RetryPolicy } from './types.ts';

/** Anything that answers requests for one tenant: a stub of {@link namespace}, a service binding, a Hono app. */
export interface Stub {
  fetch(input: string, init?: RequestInit): Promise<Response> | Response;
}

/** How a client behaves unless a call says otherwise. */
export interface ClientOptions {
  /** Milliseconds for a call with its retries; 0: no limit. Default 90,000: more than the server's own bounds. */
  timeout?: number;
  /** What is tried again; `false`: nothing. */
  retry?: RetryPolicy | false;
  /** How to talk to the server; by default HTTP. */
  transport?: TransportFactory;
}

/** The longest the server lets a write wait for its turn and then run, and a half more (protocol/limits.md), in milliseconds. */
const timeoutDefault = 90_000;

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
  const { timeout = timeoutDefault, retry = {}, transport = httpTransport } = {
    ...(target as ClientOptions),
    ...options,
  };
  const place = typeof target == 'string' || target instanceof URL
    ? resolve({ url: target })
    : 'url' in target
    ? resolve(target)
    : {
      url: 'http://internal',
      fetch: async (input: string, init: RequestInit) => await target.fetch(input, init),
    };
  return new Database(transport(place), { timeout, retry: retry || { attempts: 1 } });
}
