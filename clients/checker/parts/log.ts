import { expectEqual, expectThat } from '../expectation.ts';
import { Form, timestamp } from '../form.ts';
import { Part } from '../part.ts';
import { waitUntil } from '../waiting.ts';

export const log = new Part('log');
const pattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

log.check('E24', 'every answer has a UUID of its own in X-Request-ID', async ({ app }) => {
  const ids = new Set<string>();
  for (const path of ['/health', '/api/v1/users', '/api/v1/users/999999999', '/api/v1/posts', '/nowhere']) {
    ids.add((await app.get(path)).expectHeader('X-Request-ID', pattern));
  }
  expectThat(ids.size === 5, 'an id came twice');
});

const requests: [string, string, string, number][] = [
  ['an answer', 'GET', '/api/v1/users?limit=1', 200],
  ['a refusal', 'GET', '/api/v1/posts', 401],
  ['a path that is not there', 'DELETE', '/nowhere', 404],
];
for (const [what, method, target, status] of requests) {
  log.check('E24 D19', `${what} is in request_logs`, async ({ app, database }) => {
    const answer = await app.send(method, target);
    answer.expectStatus(status);
    const requestID = answer.expectHeader('X-Request-ID', pattern);
    const row = await waitUntil(`request ${requestID} in request_logs`, async () => {
      const sql =
        'SELECT tenant_id, method, path, status, duration_ms, created_at FROM request_logs WHERE request_id = ?';
      return (await database.queryOne(sql, [requestID])) ?? undefined;
    });
    expectEqual(row, {
      tenant_id: database.tenantName,
      method,
      path: target.replace(/\?.*/, ''),
      status,
      duration_ms: new Form('milliseconds', (value) => Number.isSafeInteger(value) && (value as number) >= 0),
      created_at: timestamp,
    }, 'the row');
  });
}

log.mended('E24', 'a token in the address is not in the log', async ({ app, database }) => {
  const { token } = await database.account();
  const stream = await app.events(`/api/v1/events/stream?access_token=${token}`);
  stream.head.expectStatus(200);
  const requestID = stream.head.expectHeader('X-Request-ID', pattern);
  stream.close();
  const row = await waitUntil(
    `request ${requestID} in request_logs`,
    async () =>
      (await database.queryOne('SELECT path FROM request_logs WHERE request_id = ?', [requestID])) ?? undefined,
  );
  expectEqual(row, { path: '/api/v1/events/stream' }, 'the row');
});
