import type { Token, TransportOptions } from './transport.ts';
import { invalid } from './values.ts';

/** Where a server is. */
export interface ServerTarget {
  /** `https://host`, `http://host:3775`, with a path if a proxy has one; or `dosql://[token@]host[:port]/tenant`. */
  url: string | URL;
  /** The tenant's name (protocol/messages.md, OPEN); by default the URL's, else as the server resolves it. */
  tenant?: string;
  /** Sent as a bearer token; a function is asked before each request. */
  token?: Token;
  /** In place of the global `fetch`. */
  fetch?: TransportOptions['fetch'];
}

/**
 * A tenant's name, checked. What is let through needs no escaping in a path and cannot lead out of it.
 *
 * @throws DoSQLError `TENANT_NAME_INVALID`.
 */
export function tenantName(name: string): string {
  if (/^[a-z\d][\w.:-]{0,127}$/i.test(name)) return name;
  throw invalid(
    `"${name}" is not a tenant's name (1–128 of A-Z a-z 0-9 . _ : -)`,
    'TENANT_NAME_INVALID',
  );
}

/** What a transport needs to know of a target. @throws DoSQLError `CONFIGURATION`, `TENANT_NAME_INVALID`. */
export function resolve({ url, tenant, token, fetch }: ServerTarget): TransportOptions {
  const parts = /^(https?|dosqls?):\/\/(?:([^/@]*)@)?([^/?#@]+)([^?#]*)$/i.exec(`${url}`);
  if (!parts) throw invalid(`"${url}" is not the URL of a server`, 'CONFIGURATION');
  let [, scheme = '', user, host, path = ''] = parts;
  path = path.replace(/\/+$/, '');
  if (/^dosql/i.test(scheme)) {
    scheme = /s$/i.test(scheme) ? 'https' : 'http';
    if (!/:\d+$/.test(host!)) host += ':3775';
    tenant ??= decodeURIComponent(path.slice(1)) || undefined;
    path = '';
  }
  return {
    url: `${scheme}://${host}${path}`,
    tenant: tenant === undefined ? undefined : tenantName(tenant),
    token: token ?? (user ? decodeURIComponent(user) : undefined),
    fetch,
  };
}
