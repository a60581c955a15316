/**
 * Client of DoSQL: a SQLite database for every tenant, over HTTP or, with `@dotdo/dosql/websocket`, the binary protocol.
 *
 * @module
 */
export { createDBClient, type Stub } from './create.ts';
export { Database, type MigrationState } from './database.ts';
export { DB, type DBOptions } from './db.ts';
export { DoSQLError, ErrorCategory, type ErrorDetails, type Executed, type TransactionState } from './errors.ts';
export { type Namespace, namespace, type TenantID, type TenantStub } from './namespace.ts';
export type { ClientOptions, Settings } from './settings.ts';
export { type BatchResult, ref, type Statement, type StepResult } from './statements.ts';
export type { ServerTarget } from './target.ts';
export { Transaction } from './transaction.ts';
export type * from './transport.ts';
export type * from './types.ts';
export type { BoundParams, BoundValue, Reference, Value } from './values.ts';
