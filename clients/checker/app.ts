import { request as sendRaw } from 'node:http';
import { Answer } from './answer.ts';
import { EventStream } from './event-stream.ts';
import { HubSocket } from './hub-socket.ts';

/** What may go with a request. */
export interface Extras {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, as `application/json`. */
  text?: string;
  token?: string;
  /** The client's address, as a proxy would write it; a new one each time unless it is given, so that no check meets the rate limit of another. */
  address?: string;
  headers?: Record<string, string>;
}

/** The app that is checked, as its clients see it. */
export class App {
  readonly base: string;

  constructor(base: string) {
    this.base = base;
  }

  get = (path: string, extras?: Extras) => this.send('GET', path, extras);
  post = (path: string, body: unknown, extras?: Extras) => this.send('POST', path, { body, ...extras });
  put = (path: string, extras?: Extras) => this.send('PUT', path, extras);
  patch = (path: string, body: unknown, extras?: Extras) => this.send('PATCH', path, { body, ...extras });
  delete = (path: string, extras?: Extras) => this.send('DELETE', path, extras);

  async send(method: string, path: string, extras: Extras = {}): Promise<Answer> {
    const body = extras.text ?? (extras.body === undefined ? undefined : JSON.stringify(extras.body));
    const response = await fetch(this.base + path, { method, headers: headers(extras), body, redirect: 'manual' });
    return new Answer(`${method} ${path}`, response.status, response.headers, await response.text());
  }

  /** Sends to the app under another name of its host, or with headers that `fetch` keeps to itself. */
  sendTo(host: string, method: string, path: string, extras: Extras = {}): Promise<Answer> {
    const { hostname, port } = new URL(this.base);
    const body = extras.body === undefined ? undefined : JSON.stringify(extras.body);
    const fields = {
      ...headers(extras),
      Host: host,
      ...(body && { 'Content-Length': String(new TextEncoder().encode(body).length) }),
    };
    return new Promise((resolve, reject) => {
      const sent = sendRaw({ hostname, port, method, path, headers: fields, agent: false }, (response) => {
        const chunks: Uint8Array[] = [];
        response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', async () => {
          const got = new Headers();
          for (const [name, value] of Object.entries(response.headers)) got.set(name, String(value));
          const text = await new Blob(chunks as BlobPart[]).text();
          resolve(new Answer(`${method} ${path} of ${host}`, response.statusCode ?? 0, got, text));
        });
      });
      sent.on('upgrade', (_response, socket) => {
        socket.destroy();
        resolve(new Answer(`${method} ${path} of ${host}`, 101, new Headers(), ''));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Opens an event stream; the promise ends with its head. */
  events(path: string, extras: Extras = {}): Promise<EventStream> {
    return EventStream.open(this.base + path, headers(extras));
  }

  /** Opens the hub with a token. */
  hub(token: string): Promise<HubSocket> {
    return HubSocket.open(`${this.base.replace(/^http/, 'ws')}/connect?access_token=${encodeURIComponent(token)}`);
  }
}

function headers(extras: Extras): Record<string, string> {
  return {
    'CF-Connecting-IP': extras.address ?? newAddress(),
    ...(extras.body !== undefined || extras.text !== undefined ? { 'Content-Type': 'application/json' } : {}),
    ...(extras.token === undefined ? {} : { Authorization: `Bearer ${extras.token}` }),
    ...extras.headers,
  };
}

/** An address nobody has used: one of RFC 3849's, which are for documentation. */
export function newAddress(): string {
  const groups = crypto.getRandomValues(new Uint16Array(6));
  return ['2001', 'db8', ...Array.from(groups, (group) => (group | 1).toString(16))].join(':');
}
