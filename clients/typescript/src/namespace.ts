import { bearer } from './http/bearer.ts';
import { resolve, tenantName } from './target.ts';
import type { Stub } from './create.ts';
import type { ServerTarget } from './target.ts';

/** A tenant's id: its name. */
export interface TenantID {
  readonly name: string;
  toString(): string;
}

/** Answers requests for one tenant, as the stub of a Durable Object does. */
export interface TenantStub extends Stub {
  readonly id: TenantID;
  readonly name: string;
  /** Where a WebSocket of this tenant's hub is: `ws://host/t/name/connect`. */
  readonly socketURL: string;
  /** Sends a request to the tenant; one to upgrade, whatever its path, to the tenant's hub. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** What takes the place of the guide's Durable Object binding. */
export interface Namespace {
  idFromName(name: string): TenantID;
  get(id: TenantID): TenantStub;
  getByName(name: string): TenantStub;
}

/** Headers that mean something to the server. Cookies, tokens and tenants of whoever called the app are none of its business. */
const passed = ['accept', 'content-type', 'idempotency-key', 'last-event-id', 'x-request-id'];

/**
 * The tenants of a server, in the words of a Durable Object namespace.
 *
 * @param url the server's.
 */
export function namespace(url: string | URL, options: Omit<ServerTarget, 'url' | 'tenant'> = {}): Namespace {
  const place = resolve({ ...options, url });
  const idFromName = (name: string): TenantID => ({ name: tenantName(name), toString: () => name });
  const get = ({ name }: TenantID): TenantStub => {
    const base = `${place.url}/t/${tenantName(name)}`;
    const socketURL = base.replace(/^http/, 'ws') + '/connect';
    return {
      id: idFromName(name),
      name,
      socketURL,
      async fetch(input, init) {
        const request = new Request(input, init);
        const headers = await bearer(place.token);
        for (const name of passed) {
          const value = request.headers.get(name);
          if (value) headers[name] = value;
        }
        if (/^websocket$/i.test(request.headers.get('upgrade') ?? '')) {
          return upgrade(input as Request, socketURL, headers);
        }
        const { pathname, search } = new URL(request.url);
        const { method, signal } = request;
        const body = /^(GET|HEAD)$/.test(method) ? undefined : await request.arrayBuffer();
        const forwarded: RequestInit = { method, headers, body, signal, redirect: 'manual' };
        return await (place.fetch ?? fetch)(base + pathname + search, forwarded);
      },
    };
  };
  return { idFromName, get, getByName: (name) => get(idFromName(name)) };
}

/**
 * To the hub, and never to the binary protocol, in which whoever is at the other end would name any tenant: no
 * subprotocol is passed on.
 */
async function upgrade(request: Request, url: string, headers: Record<string, string>): Promise<Response> {
  // Workers hand the server's own answer through, socket and all.
  if ('WebSocketPair' in globalThis) {
    return await fetch(url.replace(/^ws/, 'http'), { headers: { ...headers, upgrade: 'websocket' } });
  }
  const { Deno } = globalThis as {
    Deno?: { upgradeWebSocket(request: Request): { socket: WebSocket; response: Response } };
  };
  if (!Deno) return new Response('fetch cannot upgrade here; open socketURL', { status: 501 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  const Socket = WebSocket as unknown as new (url: string, options: unknown) => WebSocket;
  join(socket, new Socket(url, { headers }));
  return response;
}

/** Carries messages between two sockets until either closes. */
function join(client: WebSocket, server: WebSocket): void {
  const waiting: (string | ArrayBuffer)[] = [];
  client.binaryType = server.binaryType = 'arraybuffer';
  client.onmessage = ({ data }) => server.readyState ? server.send(data) : waiting.push(data);
  server.onopen = () => waiting.splice(0).forEach((data) => server.send(data));
  server.onmessage = ({ data }) => client.send(data);
  const close = () => (client.close(), server.close());
  client.onclose =
    client.onerror =
    server.onclose =
    server.onerror =
      close;
}
