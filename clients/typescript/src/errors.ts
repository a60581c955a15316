/** Whether a request took effect (protocol/transactions.md, *What a lost answer means*). */
export type Executed = 'no' | 'yes' | 'unknown';

/** The transaction that is still open behind an answer. */
export type TransactionState = 'read' | 'write' | 'aborted';

/** What kind of trouble it is (protocol/errors.md, *Categories*). */
export const ErrorCategory = {
  /** The request is wrong and stays wrong. */
  VALIDATION: 'VALIDATION',
  /** It collides with what is there. */
  CONFLICT: 'CONFLICT',
  /** A time bound was met. */
  TIMEOUT: 'TIMEOUT',
  /** The server cannot be reached, or cannot take it now. */
  CONNECTION: 'CONNECTION',
  /** Carrying it out went wrong. */
  EXECUTION: 'EXECUTION',
  /** A bound on size or space was met. */
  RESOURCE: 'RESOURCE',
  /** Not allowed. */
  AUTHORIZATION: 'AUTHORIZATION',
  /** A bug in the server. */
  INTERNAL: 'INTERNAL',
  /** What came is not this protocol. */
  PROTOCOL: 'PROTOCOL',
  /** What it names is not there. */
  NOT_FOUND: 'NOT_FOUND',
} as const;
/** One of the categories. */
export type ErrorCategory = (typeof ErrorCategory)[keyof typeof ErrorCategory];

/** The members of an error besides its message (protocol/json.md, *Errors*). */
export interface ErrorDetails {
  /** The registry's name (protocol/errors.md), or one of the client's own (README, *Errors*). */
  code: string;
  category: ErrorCategory;
  /** Whether the same request may succeed later. */
  retryable?: boolean;
  /** Whether it took effect; by default `'no'`. */
  executed?: Executed;
  /** SQLite's extended result code. */
  sqliteCode?: number;
  /** Byte in the SQL's UTF-8. */
  offset?: number;
  /** Failing step of a batch, from 0. */
  step?: number;
  /** Failing row of a load, from 0. */
  row?: number;
  /** Failing statement of a script or a migration. */
  statement?: { index: number; offset: number };
  /** Id of the failing migration. */
  migration?: string;
  /** The bound that was met. */
  limit?: { name: string; value: number };
  /** Milliseconds after which to try again. */
  retryAfter?: number;
  /** The transaction that is still open. */
  transaction?: TransactionState;
  /** Least id of a feed's rows that are still there. */
  oldest?: number;
  /** The server's name for the request in its log. */
  trace?: string;
  /** `X-Request-ID` of the answer. */
  requestId?: string;
  /** HTTP status of the answer. */
  status?: number;
}

/** What {@link DoSQLError.toUserMessage} says of a code or a category. The first two are the words of the guide. */
const userMessages: Record<string, string> = {
  CONSTRAINT_UNIQUE: 'Resource already exists',
  CONSTRAINT_FOREIGN_KEY: 'Referenced resource not found',
  VALIDATION: 'The request is not valid.',
  CONFLICT: 'This conflicts with what is stored.',
  TIMEOUT: 'The database took too long. Please try again.',
  CONNECTION: 'The database cannot be reached. Please try again.',
  RESOURCE: 'The database has reached a limit.',
  AUTHORIZATION: 'This is not allowed.',
  NOT_FOUND: 'This could not be found.',
};

/** Everything this client throws, but for the errors of your own callbacks and the reason of a signal you aborted. */
export class DoSQLError extends Error {
  override readonly name = 'DoSQLError';
  /** The registry's name (protocol/errors.md), or one of the client's own. */
  declare readonly code: string;
  declare readonly category: ErrorCategory;
  /** Whether it took effect. */
  declare readonly executed: Executed;
  declare readonly retryable: boolean;
  declare readonly sqliteCode?: number;
  declare readonly offset?: number;
  declare readonly step?: number;
  declare readonly row?: number;
  declare readonly statement?: { index: number; offset: number };
  declare readonly migration?: string;
  declare readonly limit?: { name: string; value: number };
  declare readonly retryAfter?: number;
  declare readonly transaction?: TransactionState;
  declare readonly oldest?: number;
  declare readonly trace?: string;
  declare readonly requestId?: string;
  declare readonly status?: number;

  /**
   * @param message SQLite's own words, unchanged, where it is SQLite's error.
   * @param details what else is known; it becomes members of the error.
   * @param cause what it comes from.
   */
  constructor(message: string, details: ErrorDetails, cause?: unknown) {
    super(message, cause ? { cause } : undefined);
    Object.assign(this, { executed: 'no', retryable: false }, details);
  }

  /** Whether the same request may succeed later. Look at `executed` before you send a write again. */
  isRetryable(): boolean {
    return this.retryable;
  }

  /** A sentence for the people who use your application: it names no table, no statement and no value. */
  toUserMessage(): string {
    // An assertion's message is the application's own.
    if (this.code === 'ASSERTION_FAILED') return this.message;
    return userMessages[this.code] ?? userMessages[this.category] ?? 'The database failed.';
  }
}
