import { DoSQLError } from '../errors.ts';
import { frameAt, frameMax } from './frames.ts';
import { encode, type Message, type RequestName, requests } from './messages.ts';
import { refused, violated } from './refusal.ts';

/** Streams that nobody uses and that are kept open for their tenants. */
const idleMax = 128;
/** Calls that wait for a stream; one more is `OVERLOADED`. */
const waitingMax = 10_000;
/** The error of what was under way when a connection ended. */
export const lost = (why: string, executed: 'no' | 'unknown' = 'unknown', cause?: unknown): DoSQLError =>
  new DoSQLError(why, { code: 'CONNECTION_CLOSED', category: 'CONNECTION', retryable: true, executed }, cause);

/** The error that a message says (`protocol/errors.md`). */
const errorOf = ({ error, fatal: _, ...details }: Message): DoSQLError => new DoSQLError(error, details as any);

/** A stream of a connection (`protocol/framing.md#streams`). Whoever has leased it has it for himself. */
export interface Stream {
  number: number;
  /** Whom it is open for. */
  tenant?: string;
  /** As the last answer said. */
  transaction?: string;
  /** Requests in flight. */
  pending: number;
  /** Whether somebody has it: who leased it, or the list of idle ones. */
  isHeld?: boolean;
  /** Why it could not be opened. */
  failure?: DoSQLError;
}

/** What comes of a request: parts of its answer, then the last, which may be an error. `size`: what it cost of credit. */
export type Sink = (message: Message | DoSQLError, isLast: boolean, size: number) => void;

/** What a connection does. */
export interface Actions {
  /** Frames are to be sent. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** HELLO was accepted. */
  ready(): void;
  /** Nothing new is to begin here. */
  leave(): void;
  /** It is over. */
  end(why: DoSQLError): void;
}

/** A connection; see {@link connect}. */
export type Connection = ReturnType<typeof connect>;

/**
 * One connection from the client's side: handshake, streams, requests in flight, GOAWAY, the end.
 * Pure: what happens is told by calling it, what is to be done is an action, and it has no clock.
 */
export const connect = (act: Actions, token?: string) => {
  const inFlight = new Map<
    number,
    { stream: Stream; name: RequestName; sink?: Sink; width?: number; isCancelled?: boolean }
  >();
  const control: Stream = { number: 0, pending: 0, isHeld: true };
  const idle: Stream[] = [];
  const numbers: number[] = [];
  const waiting: [tenant: string, give: (stream: Stream | DoSQLError) => void][] = [];
  let limits: Record<string, number>;
  let streams = 0;
  let last = 0;
  let over: DoSQLError | undefined;
  let isSilent = false;
  let isUsed = true;

  const end = (why: DoSQLError, unsent = why): void => {
    if (over) return;
    over = why;
    for (const { sink } of inFlight.values()) sink?.(why, true, 0);
    inFlight.clear();
    for (const [, give] of waiting) give(unsent);
    act.end(unsent);
  };

  /**
   * Sends a request on a leased stream, and gives its id.
   *
   * @throws DoSQLError of what cannot be sent.
   */
  const request = (stream: Stream, name: RequestName, body: Message = {}, sink?: Sink): number => {
    if (over) throw over;
    do last = last % 0xffffffff + 1; while (inFlight.has(last));
    const frame = encode(name, stream.number, last, body);
    const max = limits ? limits.frameMax! : frame.length;
    if (frame.length - 12 > max) {
      throw new DoSQLError(`the request has ${frame.length - 12} bytes; the server takes ${max}`, {
        code: 'FRAME_TOO_LARGE',
        category: 'RESOURCE',
        limit: { name: 'frameMax', value: max },
      });
    }
    inFlight.set(last, { stream, name, sink });
    stream.pending++;
    isUsed = true;
    act.send(frame);
    return last;
  };

  /** Gets a stream of the tenant's to use alone, maybe later; see {@link release}. */
  const lease = (tenant: string, give: (stream: Stream | DoSQLError) => void): void => {
    if (over) return give(over);
    const index = idle.findLastIndex((stream) => stream.tenant == tenant);
    const stream = index >= 0
      ? idle.splice(index, 1)[0]
      : numbers.length || streams < limits.streamsMax! && streams < limits.requestsInFlightMax! / 4
      ? { number: numbers.pop() ?? ++streams, pending: 0 } as Stream
      : idle.shift();
    if (!stream) {
      if (waiting.length < waitingMax) waiting.push([tenant, give]);
      else {
        give(
          new DoSQLError(`${waitingMax} calls wait for a stream`, {
            code: 'OVERLOADED',
            category: 'CONNECTION',
            retryable: true,
          }),
        );
      }
      return;
    }
    stream.isHeld = true;
    if (stream.tenant != tenant) {
      // The number is free again when CLOSE has been carried out, which is before OPEN.
      if (stream.tenant) request(stream, 'close');
      stream.tenant = tenant;
      request(stream, 'open', { tenant }, (message) => {
        if (message instanceof Error) {
          stream.failure = message;
          stream.tenant = undefined;
        }
      });
    }
    give(stream);
  };

  const close = (stream: Stream): void => {
    stream.tenant = stream.transaction = undefined;
    stream.isHeld = false;
    request(stream, 'close');
  };

  /** What becomes of a stream that nobody has and on which nothing is in flight. */
  const settle = (stream: Stream): void => {
    if (over || stream.isHeld || stream.pending) return;
    stream.isHeld = true;
    if (!stream.tenant) numbers.push(stream.number);
    else if (stream.transaction) close(stream);
    else if (idle.push(stream) > idleMax) close(idle.shift()!);
    if (numbers.length || idle.length) waiting.splice(0, 1).forEach((next) => lease(...next));
  };

  /** Gives a stream back. What is in flight on it goes on; a transaction that is open then is rolled back. */
  const release = (stream: Stream): void => {
    stream.isHeld = false;
    settle(stream);
  };

  const answered = ({ type, stream, request, size, read }: NonNullable<ReturnType<typeof frameAt>>): void => {
    const entry = inFlight.get(request);
    const message = read(entry?.width);
    if (type == 0x42) return act.leave();
    if (message.fatal || !request) {
      const error = errorOf(message);
      return end(lost(error.message, 'unknown', error), error);
    }
    const expected = entry && parseInt(requests[entry.name].slice(2, 4), 16);
    const isStreamed = entry?.width != null;
    if (
      !entry || entry.stream.number != stream ||
      type != 0x5f &&
        (type == 0x52
          ? isStreamed || expected != 0x51 && expected != 0x5f
          : type == 0x53
          ? !isStreamed
          : type != (isStreamed ? expected == 0x51 && 0x54 : expected))
    ) violated();
    const { stream: on, sink, name } = entry!;
    if (type == 0x52) entry!.width = message.columns.length;
    const isLast = type != 0x52 && type != 0x53;
    if (isLast) {
      inFlight.delete(request);
      on.pending--;
      on.transaction = message.transaction;
    }
    if (name == 'hello') {
      if (type == 0x5f) throw errorOf(message);
      if (message.version != 1) refused('VERSION_UNSUPPORTED');
      limits = { streamsMax: 1, requestsInFlightMax: 4, ...message.limits, frameMax: message.frameMax };
      return act.ready();
    }
    const error = type == 0x5f && errorOf(message);
    sink?.(
      (error && error.code == 'STREAM_NOT_OPEN' && on.failure) || error || message,
      isLast,
      type == 0x53 ? size : 0,
    );
    settle(on);
  };

  return {
    /** There is a socket. */
    opened(): void {
      request(control, 'hello', {
        versionMin: 1,
        versionMax: 1,
        features: 0,
        frameMax,
        client: 'dosql-typescript/0.1.0',
        token,
      });
    },

    /** A message has come: whole frames. */
    received(bytes: Uint8Array<ArrayBuffer>): void {
      isSilent = false;
      try {
        for (let at = 0; at < bytes.length && !over;) {
          const frame = frameAt(bytes, at) ?? refused();
          answered(frame);
          at = frame.end;
        }
      } catch (error) {
        end(error as DoSQLError);
      }
    },

    /** The time between two signs of life has passed, in which the server must have said something. */
    ticked(): void {
      const isIdle = !inFlight.size && idle.length + numbers.length == streams;
      if (isIdle && !isUsed) {
        act.leave();
        end(lost('nobody used the connection', 'no'));
      } else if (isSilent) end(lost('the server does not answer'));
      else if (!isIdle) {
        isSilent = true;
        request(control, 'ping', { payload: '' });
      }
      isUsed = !isIdle;
    },

    /** Asks the server to give a request up. It is answered as ever. */
    cancel(id: number): void {
      const entry = inFlight.get(id);
      if (entry && !entry.isCancelled) act.send(encode('cancel', 0, id));
      if (entry) entry.isCancelled = true;
    },

    /** Lets the server send so many bytes of rows more. */
    credit(id: number, bytes: number): void {
      if (inFlight.has(id)) act.send(encode('credit', 0, id, { bytes }));
    },

    /** Why it is over, if it is. */
    over: () => over,
    end,
    request,
    lease,
    release,
  };
};
