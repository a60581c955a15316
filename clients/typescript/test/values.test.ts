import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fromBase64, toBase64 } from '../src/base64.ts';
import { reads } from '../src/retry.ts';
import { startServer, type TestDatabase, type TestServer } from '../src/testing.ts';
import { DoSQLError } from '../src/index.ts';
import { transports } from './transports.ts';

for (const [name, transport] of transports) {
  describe(`values over ${name}`, () => {
    let server: TestServer;
    let db: TestDatabase;
    before(async () => {
      server = await startServer();
      db = await server.database({ transport });
    });
    after(async () => {
      await db.close();
      await server.stop();
    });

    const kind = async (value: unknown) => {
      const row = await db.queryOne<{ v: unknown; t: string }>('SELECT ?1 AS v, typeof(?1) AS t', [value]);
      return [row!.v, row!.t];
    };

    it('come back as they were sent', async () => {
      for (
        const [value, type] of [
          [null, 'null'],
          [0, 'integer'],
          [-1, 'integer'],
          [Number.MAX_SAFE_INTEGER, 'integer'],
          [Number.MIN_SAFE_INTEGER, 'integer'],
          [2n ** 53n, 'integer'],
          [2n ** 63n - 1n, 'integer'],
          [-(2n ** 63n), 'integer'],
          [0.5, 'real'],
          [1e300, 'real'],
          [5e-324, 'real'],
          [2 ** 53, 'real'],
          [1e20, 'real'],
          [Infinity, 'real'],
          [-Infinity, 'real'],
          ['', 'text'],
          ["'; DROP TABLE users; --", 'text'],
          ['grüße \u0000 😀 \u2028', 'text'],
          [new Uint8Array(), 'blob'],
          [new Uint8Array([0, 255, 128]), 'blob'],
          [crypto.getRandomValues(new Uint8Array(30_000)), 'blob'],
        ] as const
      ) assert.deepEqual(await kind(value), [value, type]);
    });

    it('become a number where a double holds them', async () => {
      assert.deepEqual(await kind(5n), [5, 'integer']);
      assert.deepEqual(await db.queryOne('SELECT 1.0 AS a, 9007199254740991 AS b, -9007199254740992 AS c'), {
        a: 1,
        b: 9007199254740991,
        c: -9007199254740992n,
      });
    });

    it('are made of booleans, dates and other bytes', async () => {
      assert.deepEqual(await kind(true), [1, 'integer']);
      assert.deepEqual(await kind(false), [0, 'integer']);
      assert.deepEqual(await kind(new Date(0)), ['1970-01-01T00:00:00.000Z', 'text']);
      assert.deepEqual(await kind(new Uint8Array([1, 2, 3, 4]).subarray(1, 3)), [new Uint8Array([2, 3]), 'blob']);
      assert.deepEqual(await kind(new Uint8Array([1, 2]).buffer), [new Uint8Array([1, 2]), 'blob']);
      assert.deepEqual(await kind(new DataView(new Uint8Array([7]).buffer)), [new Uint8Array([7]), 'blob']);
    });

    it('are refused where SQLite cannot hold them', async () => {
      for (
        const [value, message] of [
          [undefined, /params\[0\]: undefined .* use null/],
          [NaN, /params\[0\]: NaN/],
          [2n ** 63n, /64 bits/],
          [new Date(NaN), /Date is invalid/],
          [{ a: 1 }, /JSON\.stringify/],
          [[1], /JSON\.stringify/],
          [() => 1, /function/],
          [Symbol('s'), /symbol/],
        ] as const
      ) {
        await assert.rejects(kind(value), (error: DoSQLError) => {
          assert.match(error.message, message);
          assert.deepEqual([error.code, error.category, error.executed], ['ENCODING', 'VALIDATION', 'no']);
          return error instanceof DoSQLError;
        });
      }
      await assert.rejects(db.query('SELECT :a', { a: undefined }), /params\.a: undefined/);
      await assert.rejects(db.query('SELECT ?', 'text' as never), /neither an array nor an object/);
    });

    it('go by name, with and without the prefix', async () => {
      assert.deepEqual(await db.queryOne('SELECT :a AS a, @b AS b, $c AS c', { a: 1, '@b': 2, c: 3 }), {
        a: 1,
        b: 2,
        c: 3,
      });
      await assert.rejects(db.query('SELECT :a', { b: 1 }), { code: 'PARAMETER_UNKNOWN' });
      await assert.rejects(db.query('SELECT ?, ?', [1]), { code: 'PARAMETER_COUNT' });
    });

    it('may be text that is not UTF-8', async () => {
      assert.deepEqual(await db.queryOne("SELECT CAST(x'ff41' AS TEXT) AS t"), { t: '\ufffdA' });
    });

    it('sit under names that mean something to JavaScript', async () => {
      const row = await db.queryOne('SELECT 1 AS "__proto__", \'5\' AS "$int", 2 AS "constructor"');
      assert.deepEqual(Object.entries(row!), [['__proto__', 1], ['$int', '5'], ['constructor', 2]]);
      assert.equal((Object.prototype as Record<string, unknown>).a, undefined);
      assert.deepEqual(await db.query('SELECT \'5\' AS "$int"'), [{ $int: '5' }]);
      assert.deepEqual(await db.query('SELECT 1 AS a, 2 AS a'), [{ a: 2 }]);
    });
  });
}

describe('base64', () => {
  it('is the runtime’s, of any length', () => {
    for (const length of [0, 1, 2, 3, 8191, 8192, 8193, 100_000]) {
      const bytes = crypto.getRandomValues(new Uint8Array(Math.min(length, 65_536)));
      assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
    }
    assert.equal(toBase64(new Uint8Array([0, 255])), 'AP8=');
  });
});

describe('a statement that certainly reads', () => {
  it('begins with SELECT, VALUES or EXPLAIN, behind comments', () => {
    for (const sql of ['select 1', '\n -- why\n /* a * b */ SELECT 1', 'VALUES (1)', 'EXPLAIN DELETE FROM t']) {
      assert(reads(sql), sql);
    }
    for (
      const sql of [
        'INSERT INTO t VALUES (1)',
        'WITH x AS (SELECT 1) DELETE FROM t',
        '-- SELECT\nDELETE FROM t',
        '/* SELECT',
        '',
        'selection',
      ]
    ) assert(!reads(sql), sql);
  });
  it('is told from one that is not in linear time', () => {
    assert(!reads('/**/'.repeat(20_000) + 'x'));
    assert(!reads(' '.repeat(200_000) + 'x'));
    assert(!reads('--'.repeat(100_000)));
  });
});
