import type { Value } from './values.ts';
import type { Reference } from './values.ts';

/** Parameters by place, or by name (with or without `:`, `@`, `$`). What each may be: {@link Value}, boolean, `Date`, bytes. */
export type Params = readonly unknown[] | Readonly<Record<string, unknown>>;

/** A row: values by the columns' names; of several columns with one name the last. */
export type Row = Record<string, Value>;

/** Options of a call. */
export interface CallOptions {
  /** Aborted: the call rejects with the signal's reason, and the server is told as far as the transport can. */
  signal?: AbortSignal;
  /** Milliseconds for the whole call with its retries; the server is told too. Default: the client's `timeout`. */
  timeout?: number;
  /**
   * A name of 1–128 bytes under which a write is carried out once, however often it is sent: it is then retried after
   * a lost answer, and the first answer comes again (protocol/transactions.md). `true` makes one up.
   */
  idempotencyKey?: string | true;
}

/** What a write did. */
export interface RunResult {
  /** Rows inserted, updated or deleted by the statement itself. */
  changes: number;
  /** The rowid of the last row it inserted, 0 if none; a `bigint` beyond 2^53−1. */
  lastInsertRowid: number | bigint;
  /** The log sequence number of the change. */
  lsn?: number;
  /** Whether it is the answer of an earlier call with the same idempotency key. */
  replayed?: boolean;
}

/** Everything a statement gave. */
export interface Result {
  /** The columns' names, in their order; they may repeat. */
  columns: string[];
  /** Arrays of values in the order of `columns`. */
  rows: Value[][];
  changes: number;
  lastInsertRowid: number | bigint;
  lsn?: number;
  replayed?: boolean;
}

/** The guide's interface: what a database, a transaction, and a test's double have in common. */
export interface DBClient {
  /** All rows. */
  query<T = Row>(sql: string, params?: Params): Promise<T[]>;
  /** The first row, or null. */
  queryOne<T = Row>(sql: string, params?: Params): Promise<T | null>;
  /** Carries out a statement that gives no rows. */
  run(sql: string, params?: Params): Promise<RunResult>;
  /** Runs `fn` in a transaction: commits when it returns, rolls back when it throws. */
  transaction<T>(fn: (tx: DBClient) => Promise<T>): Promise<T>;
}

/** A condition in a batch (protocol/json.md, *Batches*). */
export type Expression =
  | { ran: number }
  | { failed: number }
  | { skipped: number }
  | { not: Expression }
  | { and: Expression[] }
  | { or: Expression[] }
  | { eq: [Operand, Operand] }
  | { ne: [Operand, Operand] }
  | { lt: [Operand, Operand] }
  | { le: [Operand, Operand] }
  | { gt: [Operand, Operand] }
  | { ge: [Operand, Operand] }
  | { isNull: Operand };

/** What is compared in an {@link Expression}. */
export type Operand = Value | boolean | Reference;

/** A step of a batch. */
export interface BatchStep {
  sql: string;
  /** Values, or references to earlier steps ({@link Reference}). */
  params?: Params;
  /** Which rows are sent back; by default all. */
  want?: 'all' | 'first' | 'none';
  /** False: the step is skipped. */
  if?: Expression;
  /** Judged after the step, and may refer to it; false: the step fails with `ASSERTION_FAILED`. */
  assert?: Expression;
  /** The message of that error. */
  message?: string;
  /** Its failure leaves the other steps alone. */
  tolerate?: boolean;
}

/** Options of a batch. */
export interface BatchOptions extends CallOptions {
  /** What a failing step does: undo everything (the default), stop there, or go on with the next. */
  onError?: 'rollback' | 'stop' | 'continue';
}

/** A migration. */
export interface Migration {
  /** The server carries them out in the order of the number in front, then of the text: `001_users`. */
  id: string;
  /** Any number of statements. */
  sql: string;
}

/** Options of a transaction. Times are in milliseconds. */
export interface TransactionOptions {
  /** `read`: one snapshot for all statements, never waits and blocks nobody. Default `write`. */
  mode?: 'write' | 'read';
  /** How long to wait for the tenant's turn to write. */
  wait?: number;
  /** Time between two statements after which the server rolls it back. */
  idle?: number;
  /** Time after which the server rolls it back. */
  total?: number;
  /** Aborted before the commit is sent: rolled back, and rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * The commit's idempotency key. By default one is made up, so that after a lost answer the server can be asked what
   * became of it. `false`: none; it costs the tenant a row for a day.
   */
  idempotencyKey?: string | false;
}

/** A message of a channel. */
export interface Message<T = unknown> {
  id: number;
  channel: string;
  data: T;
  /** UTC, `YYYY-MM-DD HH:MM:SS`; absent over HTTP, which does not tell. */
  createdAt?: string;
}

/** An event. */
export interface Event<T = unknown> {
  id: number;
  type: string;
  data: T;
  /** UTC, `YYYY-MM-DD HH:MM:SS`; absent over HTTP, which does not tell. */
  createdAt?: string;
}

/** Options of a subscription. */
export interface FeedOptions {
  /** Begin behind this id; 0: with the first there is. Default: with what is published from now on. */
  after?: number;
  /** Aborted: the subscription ends, without an error. */
  signal?: AbortSignal;
}

/** What is tried again, and when (README, *Retries*). */
export interface RetryPolicy {
  /** Attempts in all; 1: never again. Default 3. */
  attempts?: number;
  /** Milliseconds before the second attempt; doubled from attempt to attempt, and a random part of it taken off. Default 50. */
  backoff?: number;
  /** The longest pause in milliseconds. Default 5000. */
  backoffMax?: number;
  /**
   * Gives every write outside a transaction an idempotency key of the client's own, so that writes too are retried
   * after a lost answer. Default false: each key is a row that the tenant keeps for a day.
   */
  writes?: boolean;
  /**
   * Runs a transaction's function again where the transaction is known not to have happened and may succeed another
   * time (lost, aborted, no turn). Default false: the function must be written to run more than once.
   */
  transactions?: boolean;
}
