import { randomKey } from './base64.ts';
import { DoSQLError } from './errors.ts';
import { attempted, backoff, isConnectionTrouble, limited, pause, reads } from './retry.ts';
import type { Settings } from './settings.ts';
import { Statements } from './statements.ts';
import type { Answers, Block, Bodies, Operation, Session, StatementBody, Transport } from './transport.ts';
import type { CallOptions, DBClient, TransactionOptions } from './types.ts';
import { invalid } from './values.ts';

/** The transaction is gone and can never be committed. */
function lostTransaction(cause: unknown): DoSQLError {
  return new DoSQLError('the transaction was lost; nothing of it remains', {
    code: 'TRANSACTION_LOST',
    category: 'CONFLICT',
    retryable: true,
  }, cause);
}

/** A transaction's own end; what was in it did not happen. */
function isEnd(error: unknown): error is DoSQLError {
  return /^(NO_TRANSACTION|TRANSACTION_(LOST|EXPIRED))$/.test((error as DoSQLError)?.code);
}

/**
 * An open transaction (protocol/transactions.md): its statements see one another, and nobody else sees them before the
 * commit. A statement that fails undoes itself only. What goes to the database instead of to the transaction, from
 * inside, is not part of it: a write then waits until the transaction is over, which it never will be.
 */
export class Transaction extends Statements implements DBClient {
  readonly #session: Session;
  readonly #settings: Settings;
  readonly #pending = new Set<Promise<unknown>>();
  #end: DoSQLError | undefined;
  #savepoints = 0;
  #streams = 0;

  /** Made by `Database.transaction`. */
  constructor(session: Session, settings: Settings) {
    super();
    this.#session = session;
    this.#settings = settings;
  }

  /** Joins: `fn` goes on in this transaction. */
  async transaction<T>(fn: (tx: Transaction) => Promise<T>): Promise<T> {
    return await fn(this);
  }

  /** Runs `fn`; if it throws, undoes what was done since, throws the same error, and leaves the transaction usable. */
  async savepoint<T>(fn: (tx: Transaction) => Promise<T>): Promise<T> {
    const name = `savepoint_${++this.#savepoints}`;
    await this.call('savepoint', { name });
    let result;
    try {
      result = await fn(this);
    } catch (error) {
      // The caller's error is the one to tell. Where this fails, so will the commit.
      await this.#undo(name).catch((cause) => this.#end ??= lostTransaction(cause));
      throw error;
    }
    await this.call('release', { name });
    return result;
  }

  async #undo(name: string) {
    await this.call('rollbackTo', { name });
    await this.call('release', { name });
  }

  protected override call<O extends Operation>(
    operation: O,
    body: Bodies[O],
    options: CallOptions = {},
  ): Promise<Answers[O]> {
    const safe = 'sql' in (body as object) && reads((body as StatementBody).sql);
    return this.#tracked(safe, () => {
      if (this.#streams) throw invalid('a stream of this transaction has not ended', 'TRANSACTION_BUSY');
      if (options.timeout) (body as StatementBody).deadline = Math.ceil(options.timeout);
      const { timeout = this.#settings.timeout } = options;
      return limited(
        timeout,
        options.signal,
        (signal) =>
          attempted(this.#settings.retry, safe, signal, () => this.#session.call(operation, body, { signal })),
      );
    });
  }

  protected override async *blocks(body: StatementBody, options?: CallOptions): AsyncGenerator<Block> {
    if (this.#end) throw this.#end;
    this.#streams++;
    try {
      yield* this.#session.stream(body, { signal: options?.signal });
    } finally {
      this.#streams--;
    }
  }

  async #tracked<T>(safe: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#end) throw this.#end;
    const running = work();
    this.#pending.add(running);
    try {
      return await running;
    } catch (error) {
      if (isEnd(error)) throw this.#end ??= error;
      if (safe || (error as DoSQLError)?.executed == 'no') throw error;
      // A write that may or may not be part of it: only what is known is committed.
      this.#end ??= lostTransaction(error);
      throw error instanceof DoSQLError ? this.#end : error;
    } finally {
      this.#pending.delete(running);
    }
  }

  /** Waits for what is still running, and allows nothing more. @throws DoSQLError what ended it before. */
  async close(): Promise<void> {
    while (this.#pending.size) await Promise.allSettled(this.#pending);
    // Whoever waited is told in a later turn than those above.
    await null;
    const end = this.#end;
    this.#end ??= invalid('the transaction is over', 'TRANSACTION_ENDED');
    if (end) throw end;
  }
}

/** Runs `fn` in a transaction of its own, to its end. */
export async function inTransaction<T>(
  transport: Transport,
  settings: Settings,
  fn: (tx: Transaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await once(transport, settings, fn, options);
    } catch (error) {
      const { retry } = settings;
      if (
        !retry.transactions || attempt >= retry.attempts || !(error instanceof DoSQLError) ||
        error.executed != 'no' || !/^(TRANSACTION_(LOST|ABORTED)|LOCK_TIMEOUT)$/.test(error.code)
      ) throw error;
      await pause(backoff(retry, attempt), options.signal);
    }
  }
}

async function once<T>(
  transport: Transport,
  settings: Settings,
  fn: (tx: Transaction) => Promise<T>,
  { signal, idempotencyKey, ...begin }: TransactionOptions,
): Promise<T> {
  const { timeout, retry } = settings;
  const { wait, mode } = begin;
  // A begin that is sent again leaves behind at most a transaction that ends by its idle time.
  const session = await limited(
    timeout && timeout + (wait ?? 0),
    signal,
    (signal) => attempted(retry, true, signal, () => transport.begin(begin, { signal })),
  );
  const tx = new Transaction(session, settings);
  let result;
  try {
    result = await fn(tx);
    await tx.close();
    signal?.throwIfAborted();
  } catch (error) {
    await tx.close().catch(() => {});
    await end(session, settings);
    throw error;
  }
  const key = mode == 'read' || idempotencyKey === false ? undefined : idempotencyKey ?? randomKey();
  const commit = (session: Session) =>
    limited(timeout, undefined, (signal) => session.call('commit', undefined, { signal, idempotencyKey: key }));
  try {
    await attempted(retry, false, undefined, () => commit(session));
  } catch (error) {
    const { executed, code } = error as DoSQLError;
    // Something below may have sent it twice, and this be the answer to the second.
    const isUnknown = executed == 'unknown' || code == 'NO_TRANSACTION';
    if (!isUnknown) await end(session, settings);
    // There was nothing to commit: what was read, was read.
    if (isUnknown && mode == 'read') return result;
    if (!isUnknown || !key) throw error;
    await settle(transport, settings, commit, session, error);
  }
  return result;
}

/** Rolls back, if that is still possible; if not, the server does by itself. */
async function end(session: Session, { timeout }: Settings): Promise<void> {
  await limited(timeout, undefined, (signal) => session.call('rollback', undefined, { signal })).catch(() => {});
}

/**
 * Finds out what became of a commit whose answer was lost (protocol/transactions.md, *Idempotency keys*): sends it again,
 * and where there is no such transaction any more begins and commits with the key and nothing between. The answer is then
 * the first commit's; or the key is taken, and the lost commit can never be.
 */
async function settle(
  transport: Transport,
  { timeout, retry }: Settings,
  commit: (session: Session) => Promise<Answers['commit']>,
  session: Session,
  error: unknown,
): Promise<void> {
  let newest: number | undefined;
  for (let attempt = 1; attempt <= Math.max(retry.attempts, 2); attempt++) {
    await pause(backoff(retry, attempt));
    let isMade;
    try {
      isMade = await commit(session).then(() => true, (cause) => {
        if (!isEnd(cause)) throw cause;
      });
      if (!isMade) {
        const { replayed, lsn } = await limited(timeout, undefined, async (signal) => {
          const probe = await transport.begin({}, { signal });
          // A probe whose own answer was lost has taken the key, and is what the next one is told of. Its change is newer
          // than all that the first could see; the commit's is not.
          newest ??= (await probe.call('queryOne', { sql: 'SELECT 1' }, { signal })).lsn;
          return commit(probe);
        });
        isMade = replayed && lsn! <= newest!;
      }
    } catch (cause) {
      // A probe that is lost says nothing of what it was to find out.
      if (isEnd(cause) || isConnectionTrouble(cause) || (cause as DoSQLError).code == 'TIMEOUT') continue;
      throw cause;
    }
    if (isMade) return;
    throw lostTransaction(error);
  }
  throw error;
}
