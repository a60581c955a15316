/**
 * Databases for tests: real ones, of a server that is started for them and removed with all it holds. For Node, Deno
 * (`--allow-run --allow-read --allow-write --allow-env --allow-net`) and Bun.
 *
 * @module
 */
import type { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type ClientOptions, settings } from './settings.ts';
import { Database } from './database.ts';
import { folderMigrations } from './folder.ts';
import { httpTransport } from './http/transport.ts';
import type { Answers, Block, Bodies, Operation, StatementBody } from './transport.ts';
import type { CallOptions, Migration, TransactionOptions } from './types.ts';
import type { Transaction } from './transaction.ts';

/** How long a server may take to start, and to stop before it is killed, in milliseconds. */
const startMax = 60_000;
const stopMax = 10_000;

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** The `dosql` program; by default the environment's `DOSQL_BINARY`, else `dosql` on the path. */
  binary?: string;
  /** More flags of `dosql serve`. */
  flags?: string[];
}

/** Options of {@link testDatabase}. */
export interface TestDatabaseOptions extends ServerOptions, ClientOptions {
  /** What the database is brought to. */
  migrations?: readonly Migration[] | { folder: string };
  /** The tenant's name; by default one of its own. */
  tenant?: string;
}

/** A server of a test's own, on a port that the system chooses, with a temporary folder for its data. */
export class TestServer {
  readonly #options: ServerOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'dosql-test-'));
  readonly #exit = () => this.#discard();
  #child: ChildProcess | undefined;
  #address = '127.0.0.1:0';

  /** Made by {@link startServer}. */
  constructor(options: ServerOptions) {
    this.#options = options;
    process.on('exit', this.#exit);
  }

  /** `http://127.0.0.1:port` */
  get url(): string {
    return `http://${this.#address}`;
  }

  /** A new database. */
  async database(options: Omit<TestDatabaseOptions, keyof ServerOptions> = {}): Promise<TestDatabase> {
    return await TestDatabase.open(this, options, () => Promise.resolve());
  }

  /** Starts the program, on the port it had before if it has had one. */
  async start(): Promise<void> {
    const { flags = [], binary = process.env.DOSQL_BINARY || 'dosql' } = this.#options;
    const child = spawn(binary, ['serve', '--listen', this.#address, '--data', join(this.#folder, 'data'), ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let said = '';
    this.#address = await new Promise((resolve, reject) => {
      const fail = (why: string) => {
        child.kill('SIGKILL');
        reject(new Error(`${binary} ${why}${said && `:\n${said}`}`));
      };
      const timer = setTimeout(() => fail(`did not listen within ${startMax} ms`), startMax);
      const hear = (chunk: Buffer) => {
        said = (said + chunk).slice(-65_536);
        const address = /^listening on (\S+)\r?\n/m.exec(said)?.[1];
        if (address) {
          clearTimeout(timer);
          resolve(address);
        }
      };
      child.stdout!.on('data', hear);
      child.stderr!.on('data', hear);
      child.on('error', (error) => {
        clearTimeout(timer);
        this.#child = undefined;
        fail(`could not be started (${error.message}); set DOSQL_BINARY or pass binary`);
      });
      child.on('exit', (code) => {
        clearTimeout(timer);
        fail(`ended with ${code}`);
      });
    });
  }

  /** Ends the program; it can be started again. @param signal `SIGKILL`: as a crash would. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMax);
    await ended;
    clearTimeout(timer);
  }

  /** Ends the program and removes the folder. */
  async stop(): Promise<void> {
    await this.end();
    this.#discard();
    process.off('exit', this.#exit);
  }

  /** As {@link stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #discard() {
    this.#child?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Starts a server. @throws Error with what the program said, if it does not start. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const server = new TestServer(options);
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** What `testDatabase` shares, by program and flags, and how many databases use it. */
const shared = new Map<string, { server: Promise<TestServer>; users: number }>();

/**
 * A new, empty database, in place of the guide's `createMockDB`. Its server is started with the first, shared by those
 * that are open at the same time, and ended with the last.
 */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { binary, flags, ...rest } = options;
  const key = JSON.stringify([binary, flags]);
  const entry = shared.get(key) ?? { server: startServer({ binary, flags }), users: 0 };
  shared.set(key, entry);
  entry.users++;
  const release = async () => {
    if (--entry.users) return;
    shared.delete(key);
    await entry.server.then((server) => server.stop(), () => {});
  };
  try {
    return await TestDatabase.open(await entry.server, rest, release);
  } catch (error) {
    await release();
    throw error;
  }
}

/** A tenant of its own. */
export class TestDatabase extends Database {
  /** The server's URL; with {@link tenant} what `createDBClient` and the middleware need. */
  readonly url: string;
  /** The tenant's name. */
  readonly tenant: string;
  readonly #release: () => Promise<void>;
  #ready: Promise<unknown> = Promise.resolve();
  #isOpen = true;

  /** Made by {@link testDatabase} and {@link TestServer.database}. */
  constructor(url: string, tenant: string, options: ClientOptions, release: () => Promise<void>) {
    super((options.transport ?? httpTransport)({ url, tenant }), settings(options));
    this.url = url;
    this.tenant = tenant;
    this.#release = release;
  }

  /** Makes one of a server's. */
  static async open(
    server: TestServer,
    options: Omit<TestDatabaseOptions, keyof ServerOptions>,
    release: () => Promise<void>,
  ): Promise<TestDatabase> {
    const { migrations, tenant = `test-${crypto.randomUUID()}`, ...rest } = options;
    const db = new TestDatabase(server.url, tenant, rest, release);
    if (migrations) await db.migrate('folder' in migrations ? folderMigrations(migrations.folder) : migrations);
    return db;
  }

  /**
   * Makes these the rows of a table. It need not be awaited: what is asked for afterwards waits for it, and fails if it did.
   */
  _seed(table: string, rows: readonly object[]): Promise<void> {
    return this.#prepare(async (tx) => {
      await empty(tx, [table]);
      const steps = rows.map((row) => insertion(table, row));
      for (let at = 0; at < steps.length; at += 1000) await tx.batch(steps.slice(at, at + 1000));
    });
  }

  /** Empties a table, or all of them, and lets their ids begin at 1 again. It need not be awaited either. */
  _clear(table?: string): Promise<void> {
    return this.#prepare(async (tx) => {
      if (table !== undefined) return await empty(tx, [table]);
      const tables = await tx.query<{ name: string }>(
        `SELECT name FROM sqlite_schema WHERE type = 'table'
           AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_\\_dosql%' ESCAPE '\\'`,
      );
      await empty(tx, tables.map(({ name }) => name));
    });
  }

  /** Lets go of it; the last one of a shared server ends it. */
  override async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#ready.catch(() => {});
    super.close();
    await this.#release();
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override async transaction<T>(fn: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T> {
    await this.#ready;
    return await super.transaction(fn, options);
  }

  protected override async call<O extends Operation>(
    operation: O,
    body: Bodies[O],
    options?: CallOptions,
  ): Promise<Answers[O]> {
    await this.#ready;
    return await super.call(operation, body, options);
  }

  protected override async *blocks(body: StatementBody, options?: CallOptions): AsyncGenerator<Block> {
    await this.#ready;
    yield* super.blocks(body, options);
  }

  #prepare(work: (tx: Transaction) => Promise<void>): Promise<void> {
    const done = this.#ready.then(() => super.transaction(work));
    this.#ready = done;
    // Told to whoever asks next, if not to whoever seeds.
    done.catch(() => {});
    return done;
  }
}

async function empty(tx: Transaction, tables: string[]): Promise<void> {
  // They may point to one another in any order.
  await tx.run('PRAGMA defer_foreign_keys = ON');
  const counters = await tx.queryOne("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'");
  for (const table of tables) {
    await tx.run(`DELETE FROM ${quoted(table)}`);
    if (counters) await tx.run('DELETE FROM sqlite_sequence WHERE name = ?', [table]);
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function insertion(table: string, row: object): { sql: string; params: unknown[] } {
  const names = Object.keys(row);
  const values = names.length
    ? `(${names.map(quoted).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
    : 'DEFAULT VALUES';
  return { sql: `INSERT INTO ${quoted(table)} ${values}`, params: Object.values(row) };
}
