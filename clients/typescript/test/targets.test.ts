import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { createDBClient, DB, type DoSQLError, namespace } from '../src/index.ts';
import { resolve, tenantName } from '../src/target.ts';
import { startServer, type TestServer } from '../src/testing.ts';

const isDeno = 'Deno' in globalThis;

describe('a target', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  it('is a URL in either form', () => {
    const of = (url: string, tenant?: string) => {
      const { url: base, tenant: name, token } = resolve({ url, tenant });
      return [base, name, token];
    };
    assert.deepEqual(of('http://localhost:3775'), ['http://localhost:3775', undefined, undefined]);
    assert.deepEqual(of('https://db.example.com/base//', 'acme'), ['https://db.example.com/base', 'acme', undefined]);
    assert.deepEqual(of('dosql://localhost/acme'), ['http://localhost:3775', 'acme', undefined]);
    assert.deepEqual(of('dosql://s%2Fecret@[::1]:9/tenant:acme'), ['http://[::1]:9', 'tenant:acme', 's/ecret']);
    assert.deepEqual(of('dosqls://db.example.com/acme', 'other'), ['https://db.example.com:3775', 'other', undefined]);
    for (const url of ['', 'localhost', 'ftp://x', 'http://', 'http://x?y=z', 'javascript:alert(1)', 'http:///t']) {
      assert.throws(() => resolve({ url }), { code: 'CONFIGURATION' }, url);
    }
  });

  it('is never another tenant’s, whatever a name tries', () => {
    for (const name of ['acme', 'tenant:acme', 'A.b_c-9', '0', 'x'.repeat(128)]) assert.equal(tenantName(name), name);
    for (
      const name of [
        '',
        '.',
        '..',
        '../x',
        'a/b',
        'a\\b',
        'a?b',
        'a#b',
        'a%2fb',
        'ü',
        ' a',
        'a\n',
        '-a',
        ':a',
        'x'.repeat(129),
      ]
    ) {
      assert.throws(() => createDBClient({ url: server.url, tenant: name }), { code: 'TENANT_NAME_INVALID' }, name);
      assert.throws(() => namespace(server.url).idFromName(name), { code: 'TENANT_NAME_INVALID' }, name);
      assert.throws(() => namespace(server.url).get({ name }), { code: 'TENANT_NAME_INVALID' }, name);
    }
  });

  it('without a tenant is the server’s default', async () => {
    await createDBClient(server.url).exec('CREATE TABLE here(x)');
    assert.deepEqual(await createDBClient({ url: server.url, tenant: 'default' }).query('SELECT * FROM here'), []);
    await assert.rejects(createDBClient({ url: server.url, tenant: 'other' }).query('SELECT * FROM here'));
  });

  it('may be the guide’s stub', async () => {
    const names = namespace(server.url);
    const stub = names.get(names.idFromName('tenant:acme'));
    assert.equal(`${stub.id}`, 'tenant:acme');
    const db = createDBClient(stub);
    await db.exec('CREATE TABLE t(x)');
    assert.equal(await db.transaction(async (tx) => (await tx.run('INSERT INTO t VALUES (?)', [1])).changes), 1);
    assert.deepEqual(await createDBClient(names.getByName('tenant:acme')).query('SELECT * FROM t'), [{ x: 1 }]);
    const response = await stub.fetch('http://internal/query', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ sql: 'SELECT * FROM t' }),
    });
    assert.deepEqual((await response.json()).rows, [{ x: 1 }]);
    assert.equal((await stub.fetch('http://internal/nowhere')).status, 404);
    for await (const row of db.stream('SELECT * FROM t')) assert.deepEqual(row, { x: 1 });
  });

  it('is the stub’s own, whatever the request that is passed on says', async () => {
    const stub = namespace(server.url).getByName('mine');
    await createDBClient(stub).exec('CREATE TABLE whose(x)');
    const request = new Request('http://app.example.com/query', {
      method: 'POST',
      headers: {
        'X-Tenant-ID': 'theirs',
        'Content-Type': 'application/json',
        Cookie: 'secret',
        Origin: 'https://app.example.com',
      },
      body: '{"sql":"SELECT * FROM whose"}',
    });
    assert.deepEqual((await (await stub.fetch(request)).json()).rows, []);
    // However a path is written, it stays below the tenant's.
    for (const path of ['/t/theirs/query', '/../theirs/query', '/%2e%2e/theirs/query', '//evil.example/query']) {
      const response = await stub.fetch(`http://internal${path}`, { method: 'POST', body: '{"sql":"SELECT 1"}' });
      assert.equal(response.status, 404, path);
    }
  });

  it('is not followed elsewhere', async () => {
    const elsewhere = createServer((request, response) => {
      response.writeHead(request.url!.startsWith('/t/') ? 307 : 200, { location: '/stolen' }).end('{}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(elsewhere.address() as { port: number }).port}`;
    await assert.rejects(createDBClient({ url, tenant: 't', token: 'secret' }).query('SELECT 1'), { code: 'HTTP_307' });
    assert.equal((await namespace(url).getByName('t').fetch('http://internal/health')).status, 307);
    elsewhere.closeAllConnections();
    await new Promise((resolve) => elsewhere.close(resolve));
  });

  it('gets a token, of a function too, and whoever has none gets none', async () => {
    const seen: (string | null)[] = [];
    const fetch = (_: string, init: RequestInit) => {
      seen.push(new Headers(init.headers).get('authorization'));
      return Promise.resolve(Response.json({ columns: [], rows: [] }));
    };
    let n = 0;
    await createDBClient({ url: 'http://x', token: 'a', fetch }).query('');
    const rotating = createDBClient({ url: 'http://x', token: () => `b${++n}`, fetch });
    await rotating.query('');
    await rotating.query('');
    await createDBClient({ url: 'dosql://c@x/t', fetch }).query('');
    await createDBClient({ url: 'http://x', fetch }).query('');
    await namespace('http://x', { token: 'd', fetch }).getByName('t').fetch('http://internal/health', {
      headers: { authorization: 'Bearer of-the-user' },
    });
    assert.deepEqual(seen, ['Bearer a', 'Bearer b1', 'Bearer b2', 'Bearer c', null, 'Bearer d']);
  });

  it('may be the guide’s own Durable Object, for what that can', async () => {
    const db = createDBClient({
      fetch: async (input: string, init?: RequestInit) => {
        const { sql } = await new Request(input, init).json();
        const path = new URL(input).pathname;
        if (/FAIL/.test(sql)) return Response.json({ error: 'no such table: x' }, { status: 500 });
        if (path == '/query') return Response.json({ rows: [{ a: 1 }] });
        if (path == '/queryOne') return Response.json({ row: { a: 1 } });
        if (path == '/run') return Response.json({ changes: 1, lastInsertRowid: 7 });
        return new Response('Not Found', { status: 404 });
      },
    });
    assert.deepEqual(await db.query('SELECT'), [{ a: 1 }]);
    assert.deepEqual(await db.queryOne('SELECT'), { a: 1 });
    assert.equal((await db.run('INSERT')).lastInsertRowid, 7);
    await assert.rejects(db.query('FAIL'), { message: 'no such table: x' });
    await assert.rejects(db.transaction(() => Promise.resolve()), { message: 'Not Found', code: 'HTTP_404' });
  });

  describe('that DB opens', () => {
    const migrations = [
      { id: '001_a', sql: '-- first\nCREATE TABLE a(x); INSERT INTO a VALUES (1);' },
      { id: '002_b', sql: 'CREATE TABLE b(x)' },
    ];

    it('is brought to its migrations, once', async () => {
      for (let i = 0; i < 2; i++) {
        const db = await DB('inline', { url: server.url, migrations, storage: { hot: {}, cold: undefined } });
        assert.deepEqual(await db.query('SELECT * FROM a'), [{ x: 1 }]);
      }
      const db = await DB('inline', { url: server.url, migrations: () => Promise.resolve(migrations) });
      assert.deepEqual((await db.migrate(migrations)).map(({ id, state }) => [id, state]), [
        ['001_a', 'present'],
        ['002_b', 'present'],
      ]);
      await assert.rejects(DB('inline', { url: server.url, migrations: [{ id: '001_a', sql: 'SELECT 1' }] }), {
        code: 'MIGRATION_CONFLICT',
      });
      const more = [...migrations, { id: '003_c', sql: 'SELCT' }];
      await assert.rejects(DB('inline', { url: server.url, migrations: more }), {
        code: 'MIGRATION_FAILED',
        migration: '003_c',
      });
      assert.deepEqual((await db.migrate(more, { dryRun: true })).map(({ state }) => state), [
        'present',
        'present',
        'pending',
      ]);
    });

    it('has them in a folder, where there are folders', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
      try {
        for (const { id, sql } of migrations) writeFileSync(join(folder, `${id}.sql`), sql);
        writeFileSync(join(folder, 'README.md'), 'not one of them');
        const db = await DB('folder', { url: server.url, migrations: { folder } });
        assert.deepEqual((await db.migrate(migrations)).map(({ state }) => state), ['present', 'present']);
      } finally {
        rmSync(folder, { recursive: true });
      }
      await assert.rejects(DB('folder', { url: server.url, migrations: { folder: tmpdir() } }), {
        code: 'CONFIGURATION',
      });
    });

    it('is where the environment says', async () => {
      const before = process.env.DOSQL_URL;
      delete process.env.DOSQL_URL;
      await assert.rejects(DB('environment'), { code: 'CONFIGURATION', message: /DOSQL_URL/ });
      process.env.DOSQL_URL = server.url;
      assert.deepEqual(await (await DB('environment')).query('SELECT 1 AS a'), [{ a: 1 }]);
      if (before === undefined) delete process.env.DOSQL_URL;
      else process.env.DOSQL_URL = before;
    });

    it('has no cold storage', async () => {
      await assert.rejects(DB('cold', { url: server.url, storage: { cold: {} } }), (error: DoSQLError) => {
        assert.match(error.message, /storage\.cold/);
        return error.code == 'UNSUPPORTED';
      });
    });
  });

  describe('that is a hub', () => {
    it('has a URL for sockets', async () => {
      const { socketURL } = namespace(server.url).getByName('hub');
      const socket = new WebSocket(socketURL);
      const said = await new Promise<string>((resolve, reject) => {
        socket.onopen = () => socket.send('{"type":"query","id":1,"sql":"SELECT 1 AS a"}');
        socket.onmessage = ({ data }) => resolve(data);
        socket.onerror = () => reject(new Error('no socket'));
      });
      assert.deepEqual(JSON.parse(said).rows, [{ a: 1 }]);
      socket.close();
      await new Promise((resolve) => socket.onclose = resolve);
    });

    it('is reached through the guide’s route, where the runtime can', async () => {
      const stub = namespace(server.url).getByName('hub');
      if (!isDeno) {
        const response = await stub.fetch('http://app/ws/connect', { headers: { upgrade: 'websocket' } });
        assert.equal(response.status, 501);
        return;
      }
      type Serve = (options: unknown, handler: (request: Request) => Promise<Response>) => {
        addr: { port: number };
        shutdown(): Promise<void>;
      };
      const { serve } = (globalThis as unknown as { Deno: { serve: Serve } }).Deno;
      const app = serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, (request) => stub.fetch(request));
      const socket = new WebSocket(`ws://127.0.0.1:${app.addr.port}/ws/connect`);
      const said: string[] = [];
      await new Promise<void>((resolve, reject) => {
        socket.onopen = () => {
          socket.send('{"type":"subscribe","channel":"room","id":1}');
          socket.send('{"type":"publish","channel":"room","data":{"text":"Hello"}}');
        };
        socket.onmessage = ({ data }) => said.push(JSON.parse(data).type) == 2 && resolve();
        socket.onerror = () => reject(new Error('no socket'));
      });
      assert.deepEqual(said, ['subscribed', 'message']);
      socket.close();
      await new Promise((resolve) => socket.onclose = resolve);
      await app.shutdown();
    });
  });
});
