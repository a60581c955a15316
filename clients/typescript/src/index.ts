/**
 * Client of DoSQL: a SQLite database for every tenant, over HTTP or, with `@dotdo/dosql/websocket`, the binary protocol.
 *
 * @module
 */
export { DoSQLError, ErrorCategory, type ErrorDetails, type Executed, type TransactionState } from './errors.ts';
export type { Reference, Value } from './values.ts';
export type * from './types.ts';
export type * from './transport.ts';
