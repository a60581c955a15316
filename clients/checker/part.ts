import { App } from './app.ts';
import { Database } from './database.ts';

/** A check cannot be made here. */
export class Skipped extends Error {}

/** What a check works on. */
export class Context {
  readonly app: App;
  readonly #database: Database | undefined;
  /** The app is the guide's code, word for word. */
  readonly asWritten: boolean;

  constructor(app: App, database: Database | undefined, asWritten: boolean) {
    this.app = app;
    this.#database = database;
    this.asWritten = asWritten;
  }

  /** The database behind the app; throws `Skipped` if it is not known. */
  get database(): Database {
    if (!this.#database) throw new Skipped('needs --database');
    return this.#database;
  }
}

/** Something an app must do. */
export interface Check {
  /** The items of the list of promises that it stands for: `E21`. */
  items: string;
  /** A sentence. */
  name: string;
  /** Which guides it is for: the one that was mended, the one as it is written, or both. */
  holdsFor: 'both' | 'mended' | 'written';
  run(context: Context): Promise<void>;
}

type Run = (context: Context) => Promise<void>;

/** Checks that belong together, in their order. */
export class Part {
  readonly name: string;
  readonly checks: Check[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Adds a check. */
  check(items: string, name: string, run: Run): void {
    this.checks.push({ items, name, holdsFor: 'both', run });
  }

  /** Adds a check of what the guide gets wrong. */
  mended(items: string, name: string, run: Run): void {
    this.checks.push({ items, name, holdsFor: 'mended', run });
  }

  /** Adds a check of the guide as it is written. */
  written(items: string, name: string, run: Run): void {
    this.checks.push({ items, name, holdsFor: 'written', run });
  }
}
