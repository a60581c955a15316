import type { Answers, BatchBody, Block, Bodies, Operation, StatementBody } from './transport.ts';
import type { BatchOptions, BatchStep, CallOptions, Params, Result, Row, RunResult } from './types.ts';
import { bindAll, bindWithin, invalid, type Reference, type Value } from './values.ts';

/** What became of a step of a batch. */
export type StepResult<T = Row> =
  | { status: 'done'; rows: T[]; changes: number; lastInsertRowid: number | bigint }
  | { status: 'failed'; error: { error: string; code: string; category: string; [member: string]: unknown } }
  | { status: 'skipped' };

/** What a batch gave. */
export interface BatchResult {
  /** One for each step. */
  results: StepResult[];
  changes: number;
  lastInsertRowid: number | bigint;
  lsn?: number;
  replayed?: boolean;
}

/** A statement with its text; see {@link Statements.prepare}. */
export interface Statement {
  readonly sql: string;
  query<T = Row>(params?: Params, options?: CallOptions): Promise<T[]>;
  queryOne<T = Row>(params?: Params, options?: CallOptions): Promise<T | null>;
  run(params?: Params, options?: CallOptions): Promise<RunResult>;
  stream<T = Row>(params?: Params, options?: CallOptions): AsyncGenerator<T, void, void>;
}

/**
 * Stands for a value of an earlier step of the same batch (protocol/json.md, *Batches*), as a parameter or in an expression.
 *
 * @param step counted from 0.
 * @param value `'lastInsertRowid'`, `'changes'`, `'rowCount'`, or a column of the step's first row, counted from 0.
 */
export function ref(step: number, value: 'lastInsertRowid' | 'changes' | 'rowCount' | number): Reference {
  return { $ref: typeof value == 'number' ? { step, column: value } : { step, value } };
}

/** Rows as objects. */
export function objects<T>({ columns, rows }: { columns?: string[]; rows: Value[][] }): T[] {
  // Whoever answers without columns answers with objects.
  if (!columns) return rows as T[];
  const empty = columns.includes('__proto__') ? () => Object.create(null) : () => ({});
  return rows.map((row) => {
    const object = empty();
    for (let i = 0; i < row.length; i++) object[columns[i]!] = row[i];
    return object;
  });
}

/** What can be done in a tenant's database and in a transaction alike. */
export abstract class Statements {
  protected abstract call<O extends Operation>(
    operation: O,
    body: Bodies[O],
    options?: CallOptions,
  ): Promise<Answers[O]>;
  protected abstract blocks(body: StatementBody, options?: CallOptions): AsyncIterable<Block>;

  /**
   * All rows of a statement, as objects. What writes and gives rows (`INSERT … RETURNING`) may go here too.
   *
   * @throws DoSQLError, as every call here.
   */
  async query<T = Row>(sql: string, params?: Params, options?: CallOptions): Promise<T[]> {
    return objects(await this.call('query', statement(sql, params), options));
  }

  /** The first row, or null. */
  async queryOne<T = Row>(sql: string, params?: Params, options?: CallOptions): Promise<T | null> {
    const { columns, row } = await this.call('queryOne', statement(sql, params), options);
    return row ? objects<T>({ columns, rows: [row] })[0]! : null;
  }

  /** Carries out a statement, and says what it changed. */
  async run(sql: string, params?: Params, options?: CallOptions): Promise<RunResult> {
    return await this.call('run', statement(sql, params), options);
  }

  /** Everything that one statement gives: columns, rows as arrays, changes. */
  async execute(sql: string, params?: Params, options?: CallOptions): Promise<Result> {
    return { changes: 0, lastInsertRowid: 0, ...await this.call('query', statement(sql, params), options) };
  }

  /**
   * The rows of a statement as they come, read on the server no faster than they are taken here. Leaving the loop gives
   * up the rest. In a transaction nothing else can be done until it has ended.
   */
  async *stream<T = Row>(sql: string, params?: Params, options?: CallOptions): AsyncGenerator<T, void, void> {
    for await (const block of this.blocks(statement(sql, params), options)) yield* objects<T>(block);
  }

  /**
   * Several statements in one request and, outside a transaction, one transaction; with references to results of
   * earlier steps ({@link ref}), conditions and assertions (protocol/batches.md).
   */
  async batch(steps: readonly BatchStep[], options: BatchOptions = {}): Promise<BatchResult> {
    const body: BatchBody = {
      steps: steps.map((step) => ({
        ...step,
        params: bindAll(step.params),
        if: step.if && bindWithin(step.if),
        assert: step.assert && bindWithin(step.assert),
      })),
      onError: options.onError,
    };
    const answer = await this.call('batch', body, options);
    return {
      ...answer,
      results: answer.results.map((result) => {
        if (result.status != 'done') return result;
        const { columns, rows = [], ...more } = result;
        return { ...more, rows: objects(columns ? { columns, rows } : { rows }) };
      }),
    };
  }

  /** A statement to use again: its text is kept here, and SQLite's compiled form by the server, whatever the transport. */
  prepare(sql: string): Statement {
    return {
      sql,
      query: (params, options) => this.query(sql, params, options),
      queryOne: (params, options) => this.queryOne(sql, params, options),
      run: (params, options) => this.run(sql, params, options),
      stream: (params, options) => this.stream(sql, params, options),
    };
  }

  /**
   * Publishes to a channel, as JSON: a write as durable as any other, in a transaction visible with its commit or never.
   *
   * @returns the message's id.
   */
  async publish(channel: string, data: unknown, options?: CallOptions): Promise<{ id: number; lsn?: number }> {
    return await this.call('publish', { channel, data: jsonText(data) }, options);
  }

  /**
   * Emits an event, as {@link publish} does a message.
   *
   * @returns the event's id.
   */
  async emit(type: string, data: unknown, options?: CallOptions): Promise<{ id: number; lsn?: number }> {
    return await this.call('emit', { type, data: jsonText(data) }, options);
  }
}

function statement(sql: string, params: Params | undefined): StatementBody {
  return { sql, params: bindAll(params) };
}

function jsonText(data: unknown): string {
  const text = JSON.stringify(data);
  if (text === undefined) throw invalid(`${typeof data} is not JSON`);
  return text;
}
