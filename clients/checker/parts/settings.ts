import { unique } from '../database.ts';
import { expectEqual } from '../expectation.ts';
import { timestamp } from '../form.ts';
import { Part } from '../part.ts';

export const settings = new Part('settings');
const path = '/api/settings';

/** The host of a tenant of the app, which is started with `BASE_DOMAIN=localhost`. */
const host = (label: string) => `${label}.localhost`;
const label = () => `t-${unique()}`;

settings.check('E25', 'a tenant without settings has null', async ({ app }) => {
  (await app.sendTo(host(label()), 'GET', path)).expect(200, null);
});

settings.check('E25 A4', 'a tenant has its own settings, in a database of its own', async ({ app, database }) => {
  const [acme, globex] = [label(), label()];
  (await app.sendTo(host(acme), 'GET', path)).expect(200, null);
  const sql = "INSERT INTO tenant_settings (tenant_id, plan, locale) VALUES (?, 'team', 'de')";
  await database.tenant(acme).run(sql, [acme]);
  const row = { tenant_id: acme, plan: 'team', locale: 'de', updated_at: timestamp };
  (await app.sendTo(host(acme), 'GET', path)).expect(200, row);
  (await app.sendTo(host(globex), 'GET', path)).expect(200, null);
});

settings.mended('A4', 'a host with a port, or in capitals, is the same tenant', async ({ app, database }) => {
  const acme = label();
  (await app.sendTo(host(acme), 'GET', path)).expect(200, null);
  await database.tenant(acme).run('INSERT INTO tenant_settings (tenant_id) VALUES (?)', [acme]);
  for (const name of [`${host(acme)}:8787`, host(acme).toUpperCase()]) {
    const got = (await app.sendTo(name, 'GET', path)).expect(200);
    expectEqual(got?.tenant_id, acme, `the tenant of ${name}`);
  }
});

settings.mended('A4', 'users of one tenant are not there for another', async ({ app }) => {
  const [acme, globex] = [host(label()), host(label())];
  const body = { name: 'Ada', email: `${unique()}@checker.example` };
  const made = (await app.sendTo(acme, 'POST', '/api/v1/users', { body })).expect(201);
  expectEqual(made.id, 1, 'the first id of a new tenant');
  (await app.sendTo(acme, 'GET', '/api/v1/users/1')).expect(200, made);
  (await app.sendTo(globex, 'GET', '/api/v1/users/1')).expectError(404, 'User not found');
  (await app.sendTo(globex, 'POST', '/api/v1/users', { body })).expect(201);
});

settings.mended('A4 E22', "another tenant's token is no token", async ({ app, database }) => {
  const acme = label();
  (await app.sendTo(host(acme), 'GET', path)).expect(200, null);
  const { token } = await database.tenant(acme).account();
  (await app.sendTo(host(acme), 'GET', '/api/v1/posts', { token })).expect(200, []);
  (await app.sendTo(host(label()), 'GET', '/api/v1/posts', { token })).expectError(401, 'Invalid token');
  (await app.get('/api/v1/posts', { token })).expectError(401, 'Invalid token');
});

settings.mended('A4', 'X-Tenant-ID chooses nothing', async ({ app }) => {
  const [acme, globex] = [label(), label()];
  const body = { name: 'Ada', email: `${unique()}@checker.example` };
  const headers = { 'X-Tenant-ID': globex };
  (await app.sendTo(host(acme), 'POST', '/api/v1/users', { body, headers })).expect(201);
  (await app.sendTo(host(acme), 'GET', '/api/v1/users/1')).expect(200);
  (await app.sendTo(host(globex), 'GET', '/api/v1/users/1')).expectError(404, 'User not found');
});

for (const name of ['localhost', 'www.localhost', 'api.localhost', 'elsewhere.example', '127.0.0.1:8787']) {
  settings.mended('A4', `${name} is the tenant default`, async ({ app, database }) => {
    const email = `${unique()}@checker.example`;
    const made = (await app.sendTo(name, 'POST', '/api/v1/users', { body: { name: 'Ada', email } })).expect(201);
    const row = await database.queryOne('SELECT email FROM users WHERE id = ?', [made.id]);
    expectEqual(row, { email }, "the row in the default tenant's database");
  });
}

for (const name of ['a.b.localhost', 'not_a_label.localhost', '-x.localhost', `${'x'.repeat(64)}.localhost`]) {
  settings.mended('A4', `${name.slice(0, 20)} is nobody's`, async ({ app }) => {
    (await app.sendTo(name, 'GET', path)).expectError(404, 'Unknown tenant', { code: 404 });
  });
}
