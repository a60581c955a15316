import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startServer, type TestServer } from '@dotdo/dosql/testing';
import { defineWebSocketHelper } from 'hono/ws';
import { createApp } from '../src/app.ts';
import multiTenant from '../src/multi-tenant.ts';
import simple from '../src/simple.ts';
import type { Bindings } from '../src/types.ts';
import { capturedConsole } from './captured-console.ts';
import { sending } from './with-database.ts';

describe('Integration Tests', () => {
  const logged = capturedConsole();
  let server: TestServer;
  let env: Bindings;
  let address: string | undefined = '192.0.2.1';
  const app = createApp({
    upgradeWebSocket: defineWebSocketHelper(() => undefined),
    getConnInfo: () => ({ remote: { address } }),
  });
  const request = (path: string, init?: RequestInit, more: Partial<Bindings> = {}) =>
    app.request(path, init, { ...env, ...more });

  before(async () => {
    server = await startServer();
    env = { DOSQL_URL: server.url };
  });
  after(() => server.stop());

  it('health check returns healthy', async () => {
    const res = await request('/health');
    assert.equal(res.status, 200);
    assert.equal((await res.json()).status, 'healthy');
  });

  it('health check returns unhealthy without a database', async () => {
    // Port 9 discards: nobody listens there
    const res = await request('/health', {}, { DOSQL_URL: 'http://127.0.0.1:9' });
    assert.equal(res.status, 503);
    const body = await res.json();
    assert.equal(body.status, 'unhealthy');
    assert.doesNotMatch(body.error, /127\.0\.0\.1/);

    const users = await request('/api/v1/users', {}, { DOSQL_URL: 'http://127.0.0.1:9' });
    assert.equal(users.status, 503);
    assert.equal((await users.json()).retryable, true);
  });

  it('creates and retrieves a user', async () => {
    const created = await request('/api/v1/users', sending('POST', { name: 'Test User', email: 'test@example.com' }));
    assert.equal(created.status, 201);
    const { id } = await created.json();

    const res = await request(`/api/v1/users/${id}`);
    assert.equal(res.status, 200);
    const user = await res.json();
    assert.equal(user.name, 'Test User');
    assert.equal(user.email, 'test@example.com');
  });

  it('limits by the address of the connection, whatever a client says of itself', async () => {
    address = '192.0.2.2';
    const first = await request('/api/v1/users', { headers: { 'CF-Connecting-IP': 'a', 'X-Forwarded-For': 'a' } });
    const second = await request('/api/v1/users', { headers: { 'CF-Connecting-IP': 'b', 'X-Forwarded-For': 'b' } });
    assert.equal(first.headers.get('X-RateLimit-Remaining'), '99');
    assert.equal(second.headers.get('X-RateLimit-Remaining'), '98');
  });

  it('limits by the header of a proxy that is trusted', async () => {
    const trusted = { CLIENT_ADDRESS_HEADER: 'X-Real-IP' };
    const first = await request('/api/v1/users', { headers: { 'X-Real-IP': '192.0.2.3' } }, trusted);
    const second = await request('/api/v1/users', { headers: { 'X-Real-IP': '192.0.2.4' } }, trusted);
    assert.equal(first.headers.get('X-RateLimit-Remaining'), '99');
    assert.equal(second.headers.get('X-RateLimit-Remaining'), '99');
  });

  it('lets the browsers of listed origins call, and no others', async () => {
    const origins = { CORS_ORIGINS: 'https://app.example.com, https://admin.example.com' };
    const from = (Origin: string) => request('/health', { headers: { Origin } }, origins);
    const allowed = await from('https://admin.example.com');
    assert.equal(allowed.headers.get('Access-Control-Allow-Origin'), 'https://admin.example.com');
    assert.equal((await from('https://evil.example')).headers.get('Access-Control-Allow-Origin'), null);
  });

  it('keeps the token of an address out of the log', async () => {
    logged.length = 0;
    await request('/api/v1/events/stream?access_token=secret&after=0', { headers: { Accept: 'text/event-stream' } });
    assert.ok(logged.length > 0);
    for (const line of logged) assert.doesNotMatch(line, /secret/);
  });

  it('the simple app lists and makes users', async () => {
    const made = await simple.request('/users', sending('POST', { name: 'Ada', email: 'ada@example.com' }), env);
    assert.equal(made.status, 201);
    const list = await (await simple.request('/users', {}, env)).json();
    assert.equal(list[0].name, 'Ada');
  });

  it('the multi-tenant app gives each tenant its own settings', async () => {
    const bindings = { ...env, BASE_DOMAIN: 'example.com' };
    const settings = async (host: string) =>
      (await multiTenant.request('/api/settings', { headers: { Host: host } }, bindings)).json();
    assert.equal(await settings('acme.example.com'), null);

    const acme = await server.database({ tenant: 'acme' });
    await acme.run("INSERT INTO tenant_settings (tenant_id, plan) VALUES ('acme', 'team')");
    assert.equal((await settings('acme.example.com')).plan, 'team');
    assert.equal(await settings('globex.example.com'), null);
  });
});
