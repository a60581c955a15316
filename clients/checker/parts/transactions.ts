import type { Answer } from '../answer.ts';
import type { Database } from '../database.ts';
import { expectEqual, expectMembers } from '../expectation.ts';
import { type Context, Part } from '../part.ts';
import { waitUntil } from '../waiting.ts';

export const transactions = new Part('transactions');

/** A transaction over HTTP (`protocol/http.md`, interactive transactions). */
class Transaction {
  readonly #database: Database;
  readonly #id: string;

  private constructor(database: Database, id: string) {
    this.#database = database;
    this.#id = id;
  }

  static async begin(database: Database, times: { idle?: number } = {}): Promise<Transaction> {
    return new Transaction(database, (await database.post('/transactions', times)).expect(201).id);
  }

  run = (sql: string, params: unknown[] = []): Promise<Answer> => this.#post('run', { sql, params });
  queryOne = (sql: string, params: unknown[] = []): Promise<Answer> => this.#post('queryOne', { sql, params });
  commit = (): Promise<Answer> => this.#post('commit');
  rollback = (): Promise<Answer> => this.#post('rollback');

  #post(call: string, body?: unknown): Promise<Answer> {
    return this.#database.post(`/transactions/${this.#id}/${call}`, body);
  }
}

async function table({ database }: Context): Promise<Database> {
  const scratch = database.scratch();
  await scratch.run('CREATE TABLE a (id INTEGER PRIMARY KEY, x UNIQUE)');
  return scratch;
}

const rows = (database: Database) => database.query('SELECT x FROM a ORDER BY id');

transactions.check(
  'D14',
  'inside, results are results and own writes are seen; outside nothing until the commit',
  async (context) => {
    const database = await table(context);
    const tx = await Transaction.begin(database);
    const made = (await tx.run('INSERT INTO a (x) VALUES (?)', ['one'])).expect(200);
    expectMembers(made, { changes: 1, lastInsertRowid: 1 }, 'the answer');
    const seen = (await tx.queryOne('SELECT x FROM a WHERE id = ?', [made.lastInsertRowid])).expect(200);
    expectMembers(seen, { row: { x: 'one' } }, 'the answer');
    expectEqual(await rows(database), [], 'the rows outside');
    (await tx.commit()).expect(200);
    expectEqual(await rows(database), [{ x: 'one' }], 'the rows after the commit');
  },
);

transactions.check('D14', 'rolling back undoes everything', async (context) => {
  const database = await table(context);
  const tx = await Transaction.begin(database);
  (await tx.run("INSERT INTO a (x) VALUES ('one'), ('two')")).expect(200);
  (await tx.rollback()).expect(200);
  expectEqual(await rows(database), [], 'the rows');
  (await tx.run("INSERT INTO a (x) VALUES ('late')")).expectError(404, undefined, { code: 'NO_TRANSACTION' });
});

transactions.check(
  'D15',
  'a statement that fails leaves the transaction usable and the rows before it kept',
  async (context) => {
    const database = await table(context);
    const tx = await Transaction.begin(database);
    (await tx.run("INSERT INTO a (x) VALUES ('one')")).expect(200);
    (await tx.run("INSERT INTO a (x) VALUES ('one')")).expectError(409, 'UNIQUE constraint failed: a.x', {
      transaction: 'write',
    });
    (await tx.run("INSERT INTO a (x) VALUES ('two')")).expect(200);
    (await tx.commit()).expect(200);
    expectEqual(await rows(database), [{ x: 'one' }, { x: 'two' }], 'the rows');
  },
);

transactions.check('D16', 'an empty transaction is legal', async (context) => {
  const tx = await Transaction.begin(await table(context));
  (await tx.commit()).expect(200);
});

transactions.check('D17', 'a write of another waits for the end, and does not join', async (context) => {
  const database = await table(context);
  const tx = await Transaction.begin(database);
  (await tx.run("INSERT INTO a (x) VALUES ('mine')")).expect(200);
  let answered = false;
  const other = database.run("INSERT INTO a (x) VALUES ('other')").then(() => (answered = true));
  // A read is answered meanwhile, and sees neither; the write is not answered, however long the statements take.
  expectEqual(await rows(database), [], 'the rows outside');
  (await tx.queryOne('SELECT COUNT(*) AS count FROM a')).expect(200);
  expectEqual(answered, false, "whether the other's write was answered");
  (await tx.rollback()).expect(200);
  await other;
  expectEqual(await rows(database), [{ x: 'other' }], 'the rows');
});

transactions.check('D17', 'a transaction that its client forgot is rolled back, and others go on', async (context) => {
  const database = await table(context);
  const tx = await Transaction.begin(database, { idle: 300 });
  (await tx.run("INSERT INTO a (x) VALUES ('forgotten')")).expect(200);
  await database.run("INSERT INTO a (x) VALUES ('other')");
  expectEqual(await rows(database), [{ x: 'other' }], 'the rows');
  await waitUntil('the transaction to be gone', async () => ((await tx.commit()).status === 200 ? undefined : true));
  expectEqual(await rows(database), [{ x: 'other' }], 'the rows');
});

transactions.check('D18', 'operations are carried out in their order, and answered in it', async (context) => {
  const database = await table(context);
  const got = await database.post('/transaction', {
    operations: [
      { type: 'run', sql: 'INSERT INTO a (x) VALUES (?)', params: ['one'] },
      { type: 'query', sql: 'SELECT x FROM a' },
      { type: 'whatever', sql: "INSERT INTO a (x) VALUES ('two')" },
      { type: 'query', sql: 'SELECT COUNT(*) AS count FROM a' },
    ],
  });
  expectMembers(got.expect(200), {
    results: [{ changes: 1, lastInsertRowid: 1 }, [{ x: 'one' }], { changes: 1, lastInsertRowid: 2 }, [{ count: 2 }]],
  }, 'the answer');
});

transactions.check('D18', 'operations are done all or none, and the one that failed is named', async (context) => {
  const database = await table(context);
  const sql = "INSERT INTO a (x) VALUES ('one')";
  const got = await database.post('/transaction', {
    operations: [{ type: 'run', sql }, { type: 'query', sql: 'SELECT 1' }, { type: 'run', sql }],
  });
  got.expectError(409, 'UNIQUE constraint failed: a.x', { step: 2 });
  expectEqual(await rows(database), [], 'the rows');
  (await database.post('/transaction', { operations: [] })).expect(200, { results: [] });
});

transactions.check('D19', 'reads and writes at once on one tenant are each answered by themselves', async (context) => {
  const database = await table(context);
  const calls = Array.from({ length: 30 }, async (_, n) => {
    if (n % 3 === 0) return database.run('INSERT INTO a (x) VALUES (?)', [n]);
    expectEqual(await database.queryOne('SELECT ? AS n', [n]), { n }, 'the row');
  });
  await Promise.all(calls);
  expectEqual((await rows(database)).length, 10, 'how many rows there are');
});
