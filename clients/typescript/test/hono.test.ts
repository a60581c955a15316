import assert from 'node:assert/strict';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  byClaim,
  byHeader,
  byPath,
  bySubdomain,
  type ContextLike,
  dosql,
  type DoSQLOptions,
  type DoSQLVariables,
  errorResponse,
  type TenantError,
} from '../src/hono.ts';
import { createDBClient, DoSQLError } from '../src/index.ts';
import { startServer, type TestServer } from '../src/testing.ts';

/** A context of what the middleware uses, and nothing more. */
function context(request: Request, params: Record<string, string> = {}, env: unknown = {}): ContextLike {
  const variables = new Map<string, unknown>();
  return {
    env,
    req: {
      url: request.url,
      header: (name) => request.headers.get(name) ?? undefined,
      param: (name) => params[name],
    },
    get: (key) => variables.get(key),
    set: (key, value) => void variables.set(key, value),
  };
}

describe('the middleware', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  const run = async (options: DoSQLOptions, request: Request, params = {}, env = {}, payload?: unknown) => {
    const c = context(request, params, env);
    c.set('jwtPayload', payload);
    let went = 0;
    await dosql(options)(c, () => Promise.resolve(void went++));
    assert.equal(went, 1);
    return c;
  };
  const tenantOf = async (options: DoSQLOptions, request: Request, params = {}, payload?: unknown) =>
    (await run({ url: server.url, ...options }, request, params, {}, payload)).get('tenantId');
  const at = (host: string, headers = {}) => new Request(`http://${host}/`, { headers: { host, ...headers } });

  it('sets a database and its name', async () => {
    const c = await run({ url: server.url, tenant: 'acme' }, at('localhost'));
    await (c.get('db') as DoSQLVariables['db']).exec('CREATE TABLE acme(x)');
    assert.deepEqual(await createDBClient({ url: server.url, tenant: 'acme' }).query('SELECT * FROM acme'), []);
    assert.equal(c.get('tenantId'), 'acme');
  });

  it('finds the tenant where it is told to look, and nowhere else', async () => {
    const header = { 'X-Tenant-ID': 'evil' };
    assert.equal(await tenantOf({}, at('acme.example.com', header)), 'default');
    assert.equal(await tenantOf({ tenant: 'one' }, at('localhost', header)), 'one');
    assert.equal(await tenantOf({ tenant: byHeader() }, at('localhost', { 'X-Tenant-ID': 'acme' })), 'acme');
    assert.equal(await tenantOf({ tenant: byPath() }, at('localhost', header), { tenant: 'acme' }), 'acme');
    assert.equal(await tenantOf({ tenant: bySubdomain('example.com') }, at('Acme.Example.com:8787', header)), 'acme');
    assert.equal(await tenantOf({ tenant: byClaim() }, at('localhost', header), {}, { tenant: 'acme' }), 'acme');
    assert.equal(await tenantOf({ tenant: () => Promise.resolve('later') }, at('localhost')), 'later');
    assert.equal(
      await tenantOf({ tenant: byClaim('org', 'claims'), prefix: 'x' } as DoSQLOptions, at('x')).catch((e) => e.code),
      'TENANT_NAME_INVALID',
    );
  });

  it('refuses a request without one', async () => {
    for (
      const [tenant, request] of [
        [byHeader(), at('localhost')],
        [byHeader(), at('localhost', { 'X-Tenant-ID': '../other' })],
        [byPath(), at('localhost')],
        [byClaim(), at('localhost')],
        [bySubdomain('example.com'), at('example.com')],
        [bySubdomain('example.com'), at('www.example.com')],
        [bySubdomain('example.com'), at('api.example.com')],
        [bySubdomain('example.com'), at('a.b.example.com')],
        [bySubdomain('example.com'), at('evilexample.com')],
        [bySubdomain('example.com'), at('127.0.0.1:8787')],
      ] as const
    ) {
      const error: TenantError = await tenantOf({ tenant }, request).catch((error) => error);
      assert(error instanceof DoSQLError && error.code == 'TENANT_NAME_INVALID');
      const response = error.getResponse();
      assert.equal(response.status, 400);
      assert.deepEqual(Object.keys(await response.json()), ['error', 'code', 'retryable']);
    }
  });

  it('puts a prefix in front of what was found', async () => {
    const c = await run({ url: server.url, tenant: 'acme', prefix: 'tenant:' }, at('localhost'));
    await c.get('db').exec('CREATE TABLE prefixed(x)');
    assert.equal(c.get('tenantId'), 'acme');
    await createDBClient({ url: server.url, tenant: 'tenant:acme' }).query('SELECT * FROM prefixed');
  });

  it('takes the server from the bindings or the environment', async () => {
    const c = await run({}, at('localhost'), {}, { DOSQL_URL: server.url });
    assert.deepEqual(await c.get('db').query('SELECT 1 AS a'), [{ a: 1 }]);
    const before = process.env.DOSQL_URL;
    delete process.env.DOSQL_URL;
    await assert.rejects(run({}, at('localhost')), { code: 'CONFIGURATION' });
    process.env.DOSQL_URL = server.url;
    assert.deepEqual(await (await run({}, at('localhost'))).get('db').query('SELECT 1 AS a'), [{ a: 1 }]);
    if (before === undefined) delete process.env.DOSQL_URL;
    else process.env.DOSQL_URL = before;
  });

  it('brings each tenant to its migrations, asking once', async () => {
    let asked = 0;
    const middleware = dosql({
      url: server.url,
      tenant: byHeader(),
      migrations: [{ id: '001', sql: 'CREATE TABLE migrated(x)' }],
      fetch: (input, init) => {
        if (input.includes('/migrate')) asked++;
        return fetch(input, init);
      },
    });
    for (const tenant of ['m1', 'm2', 'm1', 'm2']) {
      const c = context(at('localhost', { 'X-Tenant-ID': tenant }));
      await middleware(c, async () => assert.deepEqual(await c.get('db').query('SELECT * FROM migrated'), []));
    }
    assert.equal(asked, 2);
  });

  it('asks again for migrations that failed', async () => {
    let sql = 'SELCT';
    const options = {
      url: server.url,
      tenant: 'failing',
      migrations: [{
        id: '001',
        get sql() {
          return sql;
        },
      }],
    };
    const middleware = dosql(options);
    await assert.rejects(middleware(context(at('x')), () => Promise.resolve()), { code: 'MIGRATION_FAILED' });
    sql = 'CREATE TABLE t(x)';
    await middleware(context(at('x')), () => Promise.resolve());
  });

  it('has an answer for the database’s errors', async () => {
    for (
      const [code, category, status] of [
        ['SQL_ERROR', 'VALIDATION', 400],
        ['TENANT_NOT_FOUND', 'NOT_FOUND', 404],
        ['CONSTRAINT_UNIQUE', 'CONFLICT', 409],
        ['OVERLOADED', 'CONNECTION', 503],
        ['LOCK_TIMEOUT', 'TIMEOUT', 504],
        ['INTERNAL', 'INTERNAL', 500],
      ] as const
    ) {
      const error = new DoSQLError('secret_table.column', { code, category, retryable: true, retryAfter: 1500 });
      const response = errorResponse(error)!;
      assert.equal(response.status, status);
      assert.equal(response.headers.get('retry-after'), '2');
      const body = await response.json();
      assert.deepEqual(body, { error: error.toUserMessage(), code, retryable: true });
      assert(!body.error.includes('secret'));
    }
    assert.equal(errorResponse(new Error('mine')), undefined);
  });

  // Hono is not part of this repository: DOSQL_HONO is its module, in one file, where there is one.
  const file = process.env.DOSQL_HONO;
  it('runs in Hono', { skip: file ? false : 'DOSQL_HONO is not set' }, async () => {
    const { Hono } = await import(pathToFileURL(file!).href);
    const app = new Hono();
    app.use('*', dosql({ url: server.url, tenant: bySubdomain('example.com') }));
    app.get(
      '/',
      async (c: ContextLike & { json(value: unknown): Response }) =>
        c.json([c.get('tenantId'), await (c.get('db') as DoSQLVariables['db']).queryOne('SELECT 1 AS a')]),
    );
    app.get('/fails', (c: ContextLike) => (c.get('db') as DoSQLVariables['db']).query('SELCT'));
    const answer = await app.request('/', { headers: { host: 'acme.example.com' } });
    assert.deepEqual([answer.status, await answer.json()], [200, ['acme', { a: 1 }]]);
    assert.equal((await app.request('/', { headers: { host: 'example.com' } })).status, 400);
    app.onError((error: Error) => errorResponse(error) ?? new Response('other', { status: 500 }));
    assert.equal((await app.request('/fails', { headers: { host: 'acme.example.com' } })).status, 400);
    // An app is a stub.
    const inner = new Hono().post(
      '/queryOne',
      (c: { json(value: unknown): Response }) => c.json({ row: { inner: 1 } }),
    );
    assert.deepEqual(await createDBClient({ fetch: inner.request }).queryOne('SELECT'), { inner: 1 });
  });
});
