import { unique } from '../database.ts';
import { expectThat } from '../expectation.ts';
import { words } from '../form.ts';
import { Part } from '../part.ts';

export const errors = new Part('errors');

errors.check('C13', 'what the app refuses has the status as its code', async ({ app }) => {
  (await app.get('/api/v1/posts')).expectError(401, 'Missing authorization header', { code: 401 });
});

errors.check('C13 E23', 'a role that is missing is 403, in text and code', async ({ app, database }) => {
  const { token } = await database.account('user');
  (await app.get('/api/v1/admin/stats', { token })).expectError(403, 'Requires one of roles: admin', { code: 403 });
});

errors.check(
  'C13',
  "a conflict in the database is 409, with DoSQL's code and whether to try again",
  async ({ app }) => {
    const email = `${unique()}@checker.example`;
    (await app.post('/users', { name: 'First', email })).expect(201);
    const got = await app.post('/users', { name: 'Second', email });
    got.expectError(409, words, { code: 'CONSTRAINT_UNIQUE', retryable: false });
    expectThat(!/insert into/i.test(got.text), `the answer tells the SQL: ${got.text}`);
  },
);

errors.written('C13', 'PATCH to an email that is taken is 409 by the error handler', async ({ app, database }) => {
  const [ada, eve] = [await database.account(), await database.account()];
  const got = await app.patch(`/api/v1/users/${eve.id}`, { email: ada.email });
  got.expectError(409, words, { code: 'CONSTRAINT_UNIQUE', retryable: false });
});

errors.check('C13', 'what the database calls invalid is 400', async ({ app, asWritten }) => {
  const got = await app.post('/users', { name: null, email: `${unique()}@checker.example` });
  got.expectError(400, words, asWritten ? { code: 'CONSTRAINT_NOT_NULL', retryable: false } : {});
});

errors.written('C13', 'anything unforeseen is 500 and tells nothing', async ({ app, database }) => {
  const { token } = await database.account();
  const got = await app.post('/api/v1/orders', undefined, { text: '{"items": ', token });
  got.expectError(500, 'Internal server error', { code: 'INTERNAL_ERROR' });
});

errors.mended('C13', 'a body that is no JSON is 400', async ({ app, database }) => {
  const { token } = await database.account('admin');
  for (const path of ['/users', '/api/v1/users', '/api/v1/orders', '/api/v1/bulk/users', '/api/v1/events/emit']) {
    (await app.post(path, undefined, { text: '{"items": ', token })).expectError(400, words, { code: 400 });
  }
});

errors.mended('E24', 'a path that is not there is 404 in JSON', async ({ app }) => {
  (await app.get('/nowhere')).expectError(404, 'Not found');
  (await app.get('/api/nowhere')).expectError(404, 'Not found');
});

errors.mended('E24', 'a body beyond 1 MiB is 413', async ({ app }) => {
  const body = { name: 'Big', email: `${unique()}@checker.example`, bio: 'x'.repeat(1_100_000) };
  // On a connection of its own: the app may close it without having read the body.
  const got = await app.sendTo(new URL(app.base).host, 'POST', '/api/v1/users', { body });
  got.expectError(413, words, { code: 413 });
});
