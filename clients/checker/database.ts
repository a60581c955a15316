import { Answer } from './answer.ts';

/** The rows of an answer. */
// deno-lint-ignore no-explicit-any
export type Row = Record<string, any>;

/** Somebody the app knows, and the token of a session. */
export interface Account {
  id: number;
  name: string;
  email: string;
  token: string;
}

/** A tenant of the DoSQL server behind the app, over its HTTP face (`protocol/http.md`). */
export class Database {
  readonly tenantName: string;
  readonly #server: string;

  /** `url` is `http://HOST:PORT/t/TENANT`. */
  constructor(url: string) {
    const at = url.lastIndexOf('/t/');
    this.#server = url.slice(0, at);
    this.tenantName = decodeURIComponent(url.slice(at + 3));
  }

  /** Another tenant of the same server. */
  tenant(name: string): Database {
    return new Database(`${this.#server}/t/${encodeURIComponent(name)}`);
  }

  /** A tenant that nobody has used. */
  scratch(): Database {
    return this.tenant(`checker-${unique()}`);
  }

  async post(path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.#server}/t/${encodeURIComponent(this.tenantName)}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return new Answer(`POST ${path} of the database`, response.status, response.headers, await response.text());
  }

  async query(sql: string, params: unknown[] = []): Promise<Row[]> {
    return (await this.post('/query', { sql, params })).expect(200).rows;
  }

  async queryOne(sql: string, params: unknown[] = []): Promise<Row | null> {
    return (await this.post('/queryOne', { sql, params })).expect(200).row;
  }

  async run(sql: string, params: unknown[] = []): Promise<{ changes: number; lastInsertRowid: number }> {
    const { changes, lastInsertRowid } = (await this.post('/run', { sql, params })).expect(200);
    return { changes, lastInsertRowid };
  }

  async script(sql: string): Promise<void> {
    (await this.post('/script', { sql })).expect(200);
  }

  /** Makes a user with a session that lasts an hour. */
  async account(role: 'user' | 'admin' = 'user'): Promise<Account> {
    const name = `Checker ${unique()}`;
    const email = `${unique()}@checker.example`;
    const user = await this.run('INSERT INTO users (name, email, role) VALUES (?, ?, ?)', [name, email, role]);
    return { id: user.lastInsertRowid, name, email, token: await this.session(user.lastInsertRowid, 3_600_000) };
  }

  /** Makes a session that ends so many milliseconds from now; returns its token. */
  async session(userID: number, lasts: number): Promise<string> {
    const token = unique();
    const expiresAt = new Date(Date.now() + lasts).toISOString();
    await this.run('INSERT INTO sessions (user_id, token, expires_at) VALUES (?, ?, ?)', [userID, token, expiresAt]);
    return token;
  }

  /** Makes a product; returns its id. */
  async product(price: number, stock: number): Promise<number> {
    const params = [`Thing ${unique()}`, price, stock];
    return (await this.run('INSERT INTO products (name, price, stock) VALUES (?, ?, ?)', params)).lastInsertRowid;
  }
}

/** Letters and digits that nobody has used. */
export function unique(): string {
  return crypto.randomUUID().replaceAll('-', '').slice(0, 16);
}
