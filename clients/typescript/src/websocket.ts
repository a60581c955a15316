/**
 * The binary protocol over WebSocket: one connection for all tenants of a server and all calls, however many.
 *
 * @module
 */
import { connect, type Connection, lost, type Stream } from './binary/connection.ts';
import type { Message, RequestName } from './binary/messages.ts';
import { DoSQLError } from './errors.ts';
import type { Block, FeedRow, Operation, Session, Token, Transport, TransportFactory } from './transport.ts';
import { invalid } from './values.ts';

/** Bytes of rows that a server may send ahead of who reads them; a quarter of it is given back at a time. */
const credit = 262_144;
/** Milliseconds between two signs of life while something is under way; without, the connection is closed. */
const heartbeatTime = 15_000;
/** Bytes of frames that are sent as one message; a longer frame goes alone. */
const messageMax = 65_536;
/** Pauses before connecting anew, in milliseconds: doubled from attempt to attempt. */
const backoffMin = 50;
const backoffMax = 2_000;

/** Options of {@link websocket}. */
export interface WebSocketOptions {
  /** In place of the global `WebSocket`, where there is none. */
  WebSocket?: typeof WebSocket;
  /** Milliseconds from the attempt to connect to the server's greeting. Default 10,000. */
  connectTime?: number;
}

/** The way to a server: a connection that is made when it is needed, and again when it was lost. */
const makeLink = (url: string, token: Token | undefined, Socket: typeof WebSocket, connectTime: number) => {
  let current: Promise<Connection> | undefined;
  let failures = 0;

  /** @param leave makes it no longer the current one, and says whether it was. */
  const open = async (leave: () => boolean): Promise<Connection> => {
    if (failures) {
      const pause = Math.min(backoffMin * 2 ** (failures - 1), backoffMax) * (1 + Math.random()) / 2;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    const secret = typeof token == 'function' ? await token() : token;
    return new Promise((resolve, reject) => {
      const socket = new Socket(url.replace(/^http/, 'ws') + '/connect', 'dosql.v1');
      let frames: Uint8Array[] = [];
      let size = 0;
      const flush = (): void => {
        const message = new Uint8Array(size);
        for (const frame of frames.reverse()) message.set(frame, size -= frame.length);
        frames = [];
        if (message.length) socket.send(message);
      };
      const connection = connect({
        // What is sent in one turn goes as one message: whole frames, and none behind a long one.
        send(frame) {
          if (size + frame.length > messageMax) flush();
          if (!size) queueMicrotask(flush);
          frames.push(frame);
          size += frame.length;
        },
        leave,
        ready() {
          failures = 0;
          clearTimeout(timer);
          timer = setInterval(connection.ticked, heartbeatTime);
          resolve(connection);
        },
        end(why) {
          // One that was left before has not failed.
          if (leave()) failures++;
          clearInterval(timer);
          reject(why);
          socket.close();
        },
      }, secret);
      const closed = (why: string) => connection.end(lost(why), lost(why, 'no'));
      let timer = setTimeout(closed, connectTime, `the server did not answer within ${connectTime} ms`);
      socket.binaryType = 'arraybuffer';
      socket.onopen = connection.opened;
      // A text is as wrong as a message of one byte.
      socket.onmessage = ({ data }) => connection.received(new Uint8Array(typeof data == 'string' ? 1 : data));
      socket.onerror = (event) => closed(`the connection to ${url} failed: ${(event as ErrorEvent).message ?? ''}`);
      socket.onclose = ({ code, reason }) => closed(`the connection was closed: ${code} ${reason}`);
    });
  };

  return {
    url,
    token,
    /** Transports that have not been closed. */
    users: 0,
    /** The connection for what begins now. */
    connected(): Promise<Connection> {
      if (!current) {
        const leave = () => current == made && !(current = undefined);
        const made: Promise<Connection> = current = open(leave);
        made.catch(leave);
      }
      return current;
    },
    /** Ends the connection. */
    close(): void {
      current?.then((connection) => connection.end(lost('the client was closed')), () => {});
    },
  };
};

type Link = ReturnType<typeof makeLink>;

/** A transaction's place. */
interface Place {
  connection?: Connection;
  /** Until the transaction is over. */
  stream?: Stream;
  /** When the request before has been answered. Together they could run on behind a transaction's end. */
  turn: Promise<void>;
  /** Gives the stream back. */
  leave(): void;
}

const requestNames: Partial<Record<Operation, RequestName>> = { emit: 'publish' };

const makeTransport = (link: Link, tenant: string): Transport => {
  const open = new Set<(reason: unknown) => void>();
  let over: DoSQLError | undefined;

  /** One request: the parts of its answer as they come. Leaving it gives the request up. */
  async function* exchange(
    name: RequestName,
    body: Message,
    signal: AbortSignal | undefined,
    place?: Place,
  ): AsyncGenerator<Message, void, void> {
    const begun = place?.connection;
    const parts: [Message, isLast: boolean, size: number][] = [];
    let failure: { reason: unknown } | undefined;
    let isAnswered = false;
    let wake = (): void => {};
    let cancel = (): void => {};
    let give = (_bytes: number): void => {};
    let owed = 0;
    const fail = (reason: unknown): void => {
      failure ??= { reason };
      if (!isAnswered) cancel();
      wake();
    };
    const abort = (): void => fail(signal!.reason);

    const send = (connection: Connection, stream: Stream, answered = (): void => {}): void => {
      if (!failure) {
        try {
          const id = connection.request(stream, name, body, (message, isLast, size) => {
            isAnswered = isLast;
            if (message instanceof Error) {
              fail(begun && name != 'commit' && message == connection.over() ? lostTransaction(message) : message);
            } else {
              parts.push([message, isLast, size]);
              wake();
            }
            if (!isLast) return;
            if (place && (name == 'rollback' || !stream.transaction)) place.leave();
            answered();
          });
          cancel = () => connection.cancel(id);
          give = (bytes) => connection.credit(id, bytes);
          return;
        } catch (error) {
          fail(error instanceof DoSQLError ? error : invalid(`${error}`, undefined, error));
        }
      }
      answered();
    };

    open.add(fail);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    if (over) fail(over);
    if (begun) {
      place!.turn = place!.turn.then(() =>
        new Promise((answered) => {
          const { stream } = place!;
          const why = begun.over();
          if (stream && !why) return send(begun, stream, answered);
          fail(
            why
              ? lostTransaction(why)
              : new DoSQLError('the transaction is over', { code: 'NO_TRANSACTION', category: 'VALIDATION' }),
          );
          answered();
        })
      );
    } else if (!failure) {
      link.connected().then((connection) =>
        failure || connection.lease(tenant, (stream) => {
          if (stream instanceof Error) return fail(stream);
          if (place) Object.assign(place, { connection, stream });
          send(connection, stream);
          if (!place || failure) connection.release(stream);
        })
      ).catch(fail);
    }

    try {
      for (;;) {
        while (!failure && !parts.length) await new Promise<void>((resolve) => wake = resolve);
        if (failure) {
          // Where it was asked for says more than where its answer came in.
          const { captureStackTrace } = Error as { captureStackTrace?(error: unknown): void };
          if (failure.reason instanceof DoSQLError) captureStackTrace?.(failure.reason);
          throw failure.reason;
        }
        const [message, isLast, size] = parts.shift()!;
        yield message;
        if (isLast) return;
        owed += size;
        if (owed >= credit / 4) give(owed), owed = 0;
      }
    } finally {
      fail(undefined);
      open.delete(fail);
      signal?.removeEventListener('abort', abort);
    }
  }

  const session = (place?: Place): Session => ({
    async call(operation, body, { signal, idempotencyKey: key } = {}) {
      const answer: Message = {};
      const rows: Message[] = [];
      const { channel, type, ...rest }: Message = body ?? {};
      const request: Message = { ...rest, key, credit, feed: +(channel == null), name: channel ?? type ?? rest.name };
      for await (const part of exchange(requestNames[operation] ?? operation as RequestName, request, signal, place)) {
        for (const row of part.rows ?? []) rows.push(row);
        Object.assign(answer, part);
      }
      delete answer.changed;
      delete answer.rows;
      if (operation == 'query') answer.rows = rows;
      if (operation == 'queryOne') answer.row = rows[0] ?? null;
      if (request.data != null) answer.id = answer.lastInsertRowid;
      return answer as any;
    },

    async *stream(body, { signal, idempotencyKey: key } = {}): AsyncGenerator<Block> {
      let columns: string[] = [];
      for await (const part of exchange('query', { ...body, key, credit }, signal, place)) {
        columns = part.columns ?? columns;
        if (part.columns || part.rows) yield { columns, rows: part.rows ?? [] };
      }
    },
  });

  return {
    ...session(),

    async begin(body, { signal } = {}) {
      const place: Place = {
        turn: Promise.resolve(),
        leave() {
          open.delete(place.leave);
          if (place.stream) place.connection!.release(place.stream);
          place.stream = undefined;
        },
      };
      open.add(place.leave);
      try {
        for await (const _ of exchange('begin', body, signal, place));
      } catch (error) {
        // If it has begun after all, it is rolled back.
        place.leave();
        throw error;
      }
      return session(place);
    },

    async *feed({ channel, types, after }, onStart, signal): AsyncGenerator<FeedRow> {
      const body = { feed: +(channel == null), name: channel ?? types ?? [], after, credit };
      for await (const { columns, position, rows } of exchange('subscribe', body, signal)) {
        if (columns) onStart(Number(position));
        for (const [id, name, data, createdAt] of rows ?? []) yield { id: Number(id), name, data, createdAt };
      }
    },

    close() {
      if (over) return;
      over = new DoSQLError('the client was closed', {
        code: 'CLIENT_SHUT_DOWN',
        category: 'CONNECTION',
        executed: 'unknown',
      });
      for (const fail of open) fail(over);
      if (!--link.users) link.close();
    },
  };
};

const lostTransaction = (cause: DoSQLError): DoSQLError =>
  new DoSQLError('the connection was lost, and the transaction rolled back', {
    code: 'TRANSACTION_LOST',
    category: 'CONFLICT',
    retryable: true,
  }, cause);

/**
 * Transports that talk the binary protocol over one WebSocket for each server and token (`protocol/http.md#streams`).
 * It is connected with the first request, closed when nothing was under way for half a minute, and connected anew after
 * a cut.
 *
 * @throws DoSQLError `CONFIGURATION` where there is no `WebSocket`, or no tenant's name: the binary protocol has no other
 *   way to tell it.
 */
export function websocket(options: WebSocketOptions = {}): TransportFactory {
  const links: Link[] = [];
  return ({ url, tenant, token }) => {
    const { WebSocket: Socket = globalThis.WebSocket, connectTime = 10_000 } = options;
    if (!Socket) throw invalid('there is no WebSocket here: pass one', 'CONFIGURATION');
    if (!tenant) throw invalid('over WebSocket a tenant needs its name', 'CONFIGURATION');
    let link = links.find((link) => link.url == url && link.token == token);
    if (!link) links.push(link = makeLink(url, token, Socket, connectTime));
    link.users++;
    return makeTransport(link, tenant);
  };
}
