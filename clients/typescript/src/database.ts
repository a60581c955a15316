import { randomKey } from './base64.ts';
import { attempted, backoff, isConnectionTrouble, limited, pause, reads } from './retry.ts';
import { Statements } from './statements.ts';
import type { Settings } from './settings.ts';
import { inTransaction, type Transaction } from './transaction.ts';
import type { Answers, BatchBody, Block, Bodies, FeedRow, Operation, StatementBody, Transport } from './transport.ts';
import type { CallOptions, DBClient, Event, FeedOptions, Message, Migration, TransactionOptions } from './types.ts';
import { invalid } from './values.ts';

/** What a migration has come to. */
export type MigrationState = Answers['migrate']['migrations'][number];

/** A tenant's database. Made by `createDBClient` and `DB`; safe for any number of calls at a time. */
export class Database extends Statements implements DBClient {
  readonly #transport: Transport;
  readonly #settings: Settings;

  /** Over any transport. */
  constructor(transport: Transport, settings: Settings) {
    super();
    this.#transport = transport;
    this.#settings = settings;
  }

  /**
   * Runs `fn` in a transaction: commits when it returns, and resolves to what it returned; rolls back when it throws, and
   * rejects with the very same error. Writes of others wait meanwhile, their reads see the last commit.
   *
   * @throws DoSQLError `TRANSACTION_EXPIRED` if it took too long, `TRANSACTION_LOST` if its connection, or an answer that
   *   mattered, was lost; nothing of it remains then. Only where the commit itself was lost and the server cannot be asked
   *   what became of it: `CONNECTION_CLOSED`, `executed: 'unknown'`.
   */
  transaction<T>(fn: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T> {
    return inTransaction(this.#transport, this.#settings, fn, options);
  }

  /**
   * Carries out any number of statements, in one transaction unless the text has its own BEGIN. Rows are dropped.
   * Has no timeout of its own.
   */
  async exec(
    sql: string,
    options?: CallOptions,
  ): Promise<{ statements: number; changes: number; lastInsertRowid: number | bigint; lsn?: number }> {
    return await this.call('script', { sql }, { timeout: 0, ...options });
  }

  /**
   * Brings the database to a list of migrations, each of which runs once (protocol/messages.md, *Migrations*).
   * Has no timeout of its own.
   *
   * @throws DoSQLError `MIGRATION_FAILED` (the database stands at the last good one), `MIGRATION_CONFLICT` (one was changed
   *   after it was applied, or sorts before one that was).
   */
  async migrate(
    migrations: readonly Migration[],
    options: CallOptions & { dryRun?: boolean } = {},
  ): Promise<MigrationState[]> {
    const list = migrations.map(({ id, sql }) => ({ id, sql }));
    const { dryRun, ...more } = options;
    return (await this.call('migrate', { migrations: list, dryRun }, { timeout: 0, ...more })).migrations;
  }

  /**
   * The messages of a channel, each once and in order, without end; after a cut or a restart of the server it goes on
   * behind the last one. It ends with the signal, when the loop is left, or with an error that waiting does not mend.
   */
  async *subscribe<T = unknown>(channel: string, options: FeedOptions = {}): AsyncGenerator<Message<T>, void, void> {
    for await (const { name, ...row } of this.#feed({ channel }, options)) {
      yield { ...row, channel: name, data: fromJSON(row.data) as T };
    }
  }

  /** Events, as {@link subscribe} gives messages; `types` lets through those only. */
  async *events<T = unknown>(
    options: FeedOptions & { types?: string[] } = {},
  ): AsyncGenerator<Event<T>, void, void> {
    for await (const { name, ...row } of this.#feed({ types: options.types }, options)) {
      yield { ...row, type: name, data: fromJSON(row.data) as T };
    }
  }

  /** Lets go of the transport's connections, if it holds any; HTTP holds none. */
  close(): void {
    this.#transport.close();
  }

  protected override call<O extends Operation>(
    operation: O,
    body: Bodies[O],
    options: CallOptions = {},
  ): Promise<Answers[O]> {
    const { signal, timeout } = options;
    let key = options.idempotencyKey;
    const { retry } = this.#settings;
    const { sql, steps } = body as StatementBody & BatchBody;
    const safe = operation == 'migrate' || (steps ? steps.every((step) => reads(step.sql)) : !!sql && reads(sql));
    // A script with its own BEGIN cannot have a key; nobody but its author knows.
    if (key === true || (!key && !safe && retry.writes && operation != 'script')) key = randomKey();
    if (key && !/^[!-~]{1,128}$/.test(key)) throw invalid('an idempotency key is 1–128 visible ASCII characters');
    if (timeout && operation != 'migrate') (body as StatementBody).deadline = Math.ceil(timeout);
    return limited(
      timeout ?? this.#settings.timeout,
      signal,
      (signal) =>
        attempted(
          retry,
          safe || !!key,
          signal,
          () => this.#transport.call(operation, body, { signal, idempotencyKey: key || undefined }),
        ),
    );
  }

  protected override async *blocks(
    body: StatementBody,
    options: CallOptions = {},
  ): AsyncGenerator<Block> {
    const { signal, timeout, idempotencyKey } = options;
    if (timeout) body.deadline = Math.ceil(timeout);
    const key = idempotencyKey === true ? randomKey() : idempotencyKey;
    let blocks!: AsyncIterator<Block>;
    // Nothing was given out before the first block, so it may come from another attempt.
    let next = await attempted(this.#settings.retry, reads(body.sql) || !!key, signal, () => {
      blocks = this.#transport.stream(body, { signal, idempotencyKey: key })[Symbol.asyncIterator]();
      return blocks.next();
    });
    try {
      for (; !next.done; next = await blocks.next()) yield next.value;
    } finally {
      await blocks.return?.();
    }
  }

  async *#feed(
    request: { channel?: string; types?: string[] },
    { after, signal }: FeedOptions,
  ): AsyncGenerator<FeedRow, void, void> {
    const { retry } = this.#settings;
    let hasBegun = false;
    for (let attempt = 1; !signal?.aborted; attempt++) {
      let wait = 0;
      try {
        const onStart = (position: number) => {
          after = position;
          hasBegun = true;
        };
        for await (const row of this.#transport.feed({ ...request, after }, onStart, signal)) {
          attempt = 0;
          after = row.id;
          yield row;
          if (signal?.aborted) return;
        }
      } catch (error) {
        if (signal?.aborted) return;
        // Once it has begun it comes back for as long as that takes.
        if (!isConnectionTrouble(error) || (!hasBegun && attempt >= retry.attempts)) throw error;
        wait = error.retryAfter ?? 0;
      }
      try {
        await pause(Math.max(wait, backoff(retry, attempt || 1)), signal);
      } catch {
        return;
      }
    }
  }
}

/** What was published; a text that is not JSON, which SQL may have inserted, as it is. */
function fromJSON(text: unknown): unknown {
  try {
    return JSON.parse(text as string);
  } catch {
    return text;
  }
}
