import type { TransactionState } from './errors.ts';
import type { BoundParams, Value } from './values.ts';

/** A statement, in the words of protocol/json.md (*Requests*); the values are JavaScript's. */
export interface StatementBody {
  sql: string;
  params?: BoundParams;
  /** Milliseconds. */
  deadline?: number;
}

/** A batch, in the words of protocol/json.md (*Batches*): `steps[].params` and the values in expressions are JavaScript's. */
export interface BatchBody {
  steps: BatchStepBody[];
  onError?: 'rollback' | 'stop' | 'continue';
  deadline?: number;
}

/** A step of a batch. */
export interface BatchStepBody {
  sql: string;
  params?: BoundParams;
  want?: 'all' | 'first' | 'none';
  if?: unknown;
  assert?: unknown;
  message?: string;
  tolerate?: boolean;
}

/** How a transaction is begun: in milliseconds `wait` for the turn to write, `idle` between statements, `total`. */
export interface BeginBody {
  mode?: 'write' | 'read';
  wait?: number;
  idle?: number;
  total?: number;
}

/** The requests that have one answer, and their bodies. */
export interface Bodies {
  query: StatementBody;
  queryOne: StatementBody;
  run: StatementBody;
  batch: BatchBody;
  script: { sql: string; deadline?: number };
  migrate: { migrations: { id: string; sql: string }[]; dryRun?: boolean };
  /** `data` is JSON text. */
  publish: { channel: string; data: string };
  /** `data` is JSON text. */
  emit: { type: string; data: string };
  commit: undefined;
  rollback: undefined;
  savepoint: { name: string };
  release: { name: string };
  rollbackTo: { name: string };
}

/** A request's name. */
export type Operation = keyof Bodies;

/** What may come with any answer. */
export interface Outcome {
  lsn?: number;
  /** Whether it is the stored answer of an earlier request with the same idempotency key. */
  replayed?: boolean;
  transaction?: TransactionState;
}

/** The answers, as protocol/json.md has them with `rows=arrays`: rows are arrays of values, in the order of `columns`. */
export interface Answers {
  query: Outcome & { columns: string[]; rows: Value[][]; changes?: number; lastInsertRowid?: number | bigint };
  queryOne: Outcome & {
    columns: string[];
    row: Value[] | null;
    changes?: number;
    lastInsertRowid?: number | bigint;
  };
  run: Outcome & { changes: number; lastInsertRowid: number | bigint };
  batch: Outcome & { results: StepAnswer[]; changes: number; lastInsertRowid: number | bigint };
  script: Outcome & { statements: number; changes: number; lastInsertRowid: number | bigint };
  migrate: Outcome & {
    migrations: {
      id: string;
      state: 'pending' | 'present' | 'applied';
      appliedAt: string | null;
      checksum: string;
      durationMs: number;
    }[];
  };
  /** `id`: the row's. */
  publish: Outcome & { id: number };
  /** `id`: the row's. */
  emit: Outcome & { id: number };
  commit: Outcome;
  rollback: Outcome;
  savepoint: Outcome;
  release: Outcome;
  rollbackTo: Outcome;
}

/** What became of a step of a batch. `error` has the members of an error of protocol/json.md (*Errors*). */
export type StepAnswer =
  | { status: 'done'; columns?: string[]; rows?: Value[][]; changes: number; lastInsertRowid: number | bigint }
  | { status: 'failed'; error: { error: string; code: string; category: string; [member: string]: unknown } }
  | { status: 'skipped' };

/** What goes beside a request. */
export interface RequestOptions {
  /** Aborted: the request is given up (on the server too, as far as the transport can), and rejects with its reason. */
  signal?: AbortSignal;
  /** 1–128 bytes (protocol/transactions.md); of writes outside a transaction, and of `commit`. */
  idempotencyKey?: string;
}

/** Rows of a result that is still coming. */
export interface Block {
  columns: string[];
  rows: Value[][];
}

/** Where statements are carried out: a tenant, or one transaction of it. */
export interface Session {
  /**
   * Sends one request and gives its answer. Nothing is sent twice: repeating is the caller's.
   *
   * @throws DoSQLError the server's error; or, of a request whose answer did not come, code `CONNECTION_CLOSED`,
   *   category `CONNECTION`, retryable, `executed: 'unknown'` — `'no'` where it was certainly not sent. In a transaction
   *   that is lost with its connection: `TRANSACTION_LOST`, category `CONFLICT`, retryable, `executed: 'no'`;
   *   but of a `commit` that was sent: `CONNECTION_CLOSED`, `'unknown'`.
   */
  call<O extends Operation>(operation: O, body: Bodies[O], options?: RequestOptions): Promise<Answers[O]>;

  /**
   * The rows of a query, as they come, no faster than they are taken; the first block (maybe without rows) comes as
   * soon as the columns are known. Leaving the loop gives the rest up.
   *
   * @throws DoSQLError as `call`, at any time.
   */
  stream(body: StatementBody, options?: RequestOptions): AsyncIterable<Block>;
}

/** Which rows of which feed (protocol/feeds.md). */
export interface FeedRequest {
  /** The channel of `messages`; or */
  channel?: string;
  /** the types of `events`, none: all. */
  types?: string[];
  /** Only rows with a greater id; absent: only what is committed from now on. */
  after?: number;
}

/** A row of a feed. */
export interface FeedRow {
  id: number;
  /** The channel, or the event's type. */
  name: string;
  /** What was published: JSON text by convention. */
  data: string;
  /** `YYYY-MM-DD HH:MM:SS`, UTC; absent where the transport does not tell. */
  createdAt?: string;
}

/** How a client talks to one tenant of a server. */
export interface Transport extends Session {
  /**
   * Begins a transaction. Its session's last call is a `commit` that succeeds or a `rollback`, whatever that answers;
   * then whatever it held is free.
   */
  begin(body: BeginBody, options?: RequestOptions): Promise<Session>;

  /**
   * The rows of a feed over one connection, until it is cut: then it throws as `call` does, and the caller goes on
   * behind the last row it took.
   *
   * @param onStart told once, before the first row, the id after which rows come, so that nothing is lost
   *   where the connection is cut before the first row.
   */
  feed(
    request: FeedRequest,
    onStart: (position: number) => void,
    signal?: AbortSignal,
  ): AsyncIterable<FeedRow>;

  /** Ends its connections, if it holds any; what is open fails with `CLIENT_SHUT_DOWN`, category `CONNECTION`, not retryable. */
  close(): void;
}

/** What a token may be: a text, or what gives one for each connection or request. */
export type Token = string | (() => string | Promise<string>);

/** Where a transport leads. */
export interface TransportOptions {
  /** The server's base URL, `http:` or `https:`, without a slash at its end. */
  url: string;
  /** The tenant's name, checked; absent: as the server resolves it. */
  tenant?: string;
  token?: Token;
  /** In place of the global `fetch`. */
  fetch?: (input: string, init: RequestInit) => Promise<Response>;
}

/** Makes a transport for a tenant. One factory may share connections between the transports it makes. */
export type TransportFactory = (options: TransportOptions) => Transport;
