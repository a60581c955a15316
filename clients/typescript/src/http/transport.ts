import { DoSQLError } from '../errors.ts';
import type { Answers, Bodies, Operation, RequestOptions, Session, Transport, TransportOptions } from '../transport.ts';
import { invalid } from '../values.ts';
import { bearer } from './bearer.ts';
import { events } from './events.ts';
import { failure, fromJSON, lost } from './failures.ts';
import { decodeAnswer, decodeRow, encode } from './json.ts';
import { lines } from './lines.ts';

const json = 'application/json';
/** Rows as arrays hold values only, so that nothing in them can be taken for something else. */
const query = '?rows=arrays&ints=tagged';

/** What the first message or event makes (protocol/feeds.md). */
const tables = {
  publish: ['messages', 'channel', 'NOT NULL'],
  emit: ['events', 'type', ''],
} as const;

/** Whether there is no such feed yet: the first message or event makes it. */
function isMissing(error: Error): boolean {
  return /^no such table/.test(error.message);
}

/** What a text says. @throws DoSQLError `UNEXPECTED_ANSWER` where it is somebody else's. */
function decoded<T>(text: string, decode: (json: any) => T): T {
  try {
    return decode(JSON.parse(text));
  } catch (error) {
    const details = { code: 'UNEXPECTED_ANSWER', category: 'PROTOCOL', executed: 'unknown' } as const;
    throw new DoSQLError(`not an answer of DoSQL: ${text.slice(0, 100)}`, details, error);
  }
}

/** A channel as part of a path. A URL takes these two for directions, however they are written. */
function channelPath(channel: string): string {
  if (/^\.\.?$/.test(channel)) throw invalid(`over HTTP no channel can be called "${channel}"`);
  return `/channels/${encodeURIComponent(channel)}`;
}

/** Talks to a tenant over HTTP (protocol/http.md): each request is a `fetch`; it holds no connection of its own. */
export function httpTransport(options: TransportOptions): Transport {
  const { token } = options;
  const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const base = options.url + (options.tenant ? `/t/${options.tenant}` : '');

  // Deno sends a request again, on its own account, when a connection that it had kept is closed (denoland/deno#35610):
  // also one that was carried out. It cannot with a body that is a stream.
  const isResent = !options.fetch && 'Deno' in globalThis;

  const send = async (path: string, body?: string, options: RequestOptions = {}, accept = json, method = 'POST') => {
    const { signal, idempotencyKey } = options;
    const headers: Record<string, string> = { accept, ...await bearer(token) };
    if (body) headers['content-type'] = json;
    // What unpacks a stream that breaks off drops what it had not unpacked, the line with the error first of all.
    if (accept != json) headers['accept-encoding'] = 'identity';
    if (idempotencyKey) headers['idempotency-key'] = idempotencyKey;
    let response;
    try {
      // Where a redirect leads nobody has been told of the token and the SQL.
      const init: RequestInit & { duplex?: 'half' } = { method, headers, body, signal, redirect: 'manual' };
      if (isResent && method == 'POST') {
        init.body = new Blob([body ?? '']).stream();
        init.duplex = 'half';
      }
      response = await fetch(base + path, init);
    } catch (error) {
      throw lost(error, signal);
    }
    if (response.ok) return response;
    throw await failure(response);
  };

  const ask = async <T>(path: string, body?: string, options?: RequestOptions): Promise<T> => {
    const response = await send(path, body, options);
    let text;
    try {
      text = await response.text();
    } catch (error) {
      throw lost(error, options?.signal);
    }
    return decoded(text, decodeAnswer<T>);
  };

  /** @param prefix of a transaction's addresses; none: outside of one. */
  const session = (prefix = ''): Session => {
    let last: Promise<unknown> = Promise.resolve();
    // The server goes by the order in which it receives, and connections overtake one another.
    const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
      if (!prefix) return work();
      const next = last.then(work, work);
      last = next;
      return next;
    };
    return {
      call<O extends Operation>(operation: O, body: Bodies[O], options?: RequestOptions): Promise<Answers[O]> {
        const { channel, type, data } = (body ?? {}) as { channel?: string; type?: string; data?: string };
        return inOrder(async () => {
          if (data === undefined) return ask(`${prefix}/${operation}${query}`, body && encode(body), options);
          if (!prefix) {
            return channel === undefined
              ? ask('/events/emit', `{"type":${JSON.stringify(type)},"data":${data}}`, options)
              : ask(channelPath(channel), `{"data":${data}}`, options);
          }
          // In a transaction publishing is the INSERT that it is anywhere.
          const [table, column, nullable] = tables[operation as 'publish'];
          const run = (sql: string, params?: string[]) =>
            ask<Answers['run']>(prefix + '/run' + query, encode({ sql, params }), options);
          const insert = () => run(`INSERT INTO ${table}(${column}, data) VALUES (?, ?)`, [(channel ?? type)!, data]);
          const { lastInsertRowid } = await insert().catch(async (error) => {
            if (!isMissing(error)) throw error;
            await run(
              `CREATE TABLE ${table}(id INTEGER PRIMARY KEY AUTOINCREMENT, ${column} TEXT NOT NULL, data TEXT ${nullable}, created_at TEXT DEFAULT CURRENT_TIMESTAMP)`,
            );
            return insert();
          });
          return { id: lastInsertRowid } as Answers[O];
        });
      },

      async *stream(body, options) {
        const response = await inOrder(() =>
          send(`${prefix}/query${query}`, encode(body), options, 'application/x-ndjson')
        );
        let columns: string[] | undefined;
        for await (const block of lines(response, options?.signal)) {
          const rows = [];
          let error;
          for (const line of block) {
            const row = decoded(line, (row) => row);
            if (!Array.isArray(row)) error = fromJSON(row.$error);
            else if (columns) rows.push(decodeRow(row));
            else columns = row;
          }
          yield { columns: columns!, rows };
          if (error) throw error;
        }
      },
    };
  };

  const outside = session();
  return {
    ...outside,

    begin(body, { signal } = {}) {
      const begun = ask<{ id: string }>('/transactions', encode(body)).then(({ id }) => session(`/transactions/${id}`));
      return new Promise((resolve, reject) => {
        // What is given up while it waits may get its turn all the same, and would keep it until its idle time is up.
        const stop = () => {
          reject(signal!.reason);
          begun.then((session) => session.call('rollback', undefined)).catch(() => {});
        };
        if (signal?.aborted) stop();
        signal?.addEventListener('abort', stop, { once: true });
        begun.then(resolve, reject).finally(() => signal?.removeEventListener('abort', stop));
      });
    },

    async *feed({ channel, types = [], after }, onStart, signal) {
      if (after === undefined) {
        // Where it begins must be known before the first row, or what comes between two connections would be lost.
        const sql = `SELECT coalesce(max(id), 0) FROM ${channel === undefined ? 'events' : 'messages'}`;
        after = await outside.call('queryOne', { sql }, { signal }).then(({ row }) => row![0] as number, (error) => {
          if (isMissing(error)) return 0;
          // Whoever may subscribe but not read begins with what comes, and can be sure of it from the first row on.
          if (error.category == 'AUTHORIZATION') return undefined;
          throw error;
        });
      }
      if (after !== undefined) onStart(after);
      let path = (channel === undefined ? '/events' : channelPath(channel)) + `/stream?after=${after ?? 'now'}`;
      // A list with commas between cannot hold a name with a comma.
      if (types.length && types.every((type) => type && !type.includes(','))) {
        path += `&types=${encodeURIComponent(types.join())}`;
      }
      const open = (signal: AbortSignal) => send(path, undefined, { signal }, 'text/event-stream', 'GET');
      for await (const row of events(open, signal)) {
        if (channel !== undefined) yield { ...row, name: channel };
        else if (!types.length || types.includes(row.name)) yield row;
      }
    },

    close() {},
  };
}
