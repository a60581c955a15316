import { unique } from '../database.ts';
import { expectEqual } from '../expectation.ts';
import { containing, id, startingWith } from '../form.ts';
import { Part } from '../part.ts';

export const bulk = new Part('bulk');
const path = '/api/v1/bulk/users';

const people = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ name: `Bulk ${n}`, email: `${unique()}@checker.example` }));

bulk.mended('E25', 'bulk routes are for admins', async ({ app, database }) => {
  (await app.post(path, { users: [] })).expectError(401, 'Missing authorization header');
  const { token } = await database.account('user');
  (await app.post(path, { users: people(1) }, { token })).expectError(403, 'Requires one of roles: admin');
  const status = await app.patch(`${path}/status`, { userIds: [], status: 'active' }, { token });
  status.expectError(403, 'Requires one of roles: admin');
});

bulk.check('E25 D15', 'all are made, and their ids are given in their order', async ({ app, database }) => {
  const { token } = await database.account('admin');
  const users = people(20);
  const got = (await app.post(path, { users }, { token })).expect(200, {
    success: 20,
    failed: 0,
    insertedIds: users.map(() => id),
    errors: [],
  });
  const rows = await database.query(
    `SELECT name, email FROM users WHERE id IN (${got.insertedIds.map(() => '?').join(', ')}) ORDER BY id`,
    got.insertedIds,
  );
  expectEqual(rows, users, 'the rows');
});

bulk.check('E25 D15 C12', 'who is there already is reported, the others are kept', async ({ app, database }) => {
  const { token } = await database.account('admin');
  const users = people(5);
  users[1].email = users[0].email;
  users[3].email = users[0].email;
  const got = (await app.post(path, { users }, { token })).expect(200, {
    success: 3,
    failed: 2,
    insertedIds: [id, id, id],
    errors: [1, 3].map((index) => ({ index, error: containing('UNIQUE constraint failed: users.email') })),
  });
  const kept = await database.queryOne(
    'SELECT COUNT(*) AS count FROM users WHERE id IN (?, ?, ?)',
    got.insertedIds,
  );
  expectEqual(kept, { count: 3 }, 'how many are kept');
});

bulk.check('E25 D15', 'where all fail none is made', async ({ app, database }) => {
  const { token, email } = await database.account('admin');
  (await app.post(path, { users: [{ name: 'Twin', email }] }, { token })).expect(200, {
    success: 0,
    failed: 1,
    insertedIds: [],
    errors: [{ index: 0, error: containing('UNIQUE constraint failed: users.email') }],
  });
});

bulk.check('E25 D16', 'nobody to make is fine', async ({ app, database }) => {
  const { token } = await database.account('admin');
  (await app.post(path, { users: [] }, { token })).expect(200, { success: 0, failed: 0, insertedIds: [], errors: [] });
});

bulk.check('E25 B9', 'a status is set for all who are named, and counted', async ({ app, database }) => {
  const { token } = await database.account('admin');
  const [ada, eve, bob] = [await database.account(), await database.account(), await database.account()];
  const body = { userIds: [ada.id, eve.id, 999999999], status: 'suspended' };
  (await app.patch(`${path}/status`, body, { token })).expect(200, { updated: 2 });
  const rows = await database.query('SELECT status FROM users WHERE id IN (?, ?, ?) ORDER BY id', [
    ada.id,
    eve.id,
    bob.id,
  ]);
  expectEqual(rows, [{ status: 'suspended' }, { status: 'suspended' }, { status: 'active' }], 'the rows');
});

bulk.check('E25 B9', 'nobody named, nobody changed', async ({ app, database }) => {
  const { token } = await database.account('admin');
  (await app.patch(`${path}/status`, { userIds: [], status: 'suspended' }, { token })).expect(200, { updated: 0 });
});

const wrong: [string, string, string, string, unknown][] = [
  ['no users', 'POST', '', 'users', {}],
  ['users without a name', 'POST', '', 'users.0.name', { users: [{ email: 'a@checker.example' }] }],
  ['1001 users', 'POST', '', 'users', { users: Array.from({ length: 1001 }, () => ({ name: 'n', email: 'e' })) }],
  ['no ids', 'PATCH', '/status', 'userIds', { status: 'active' }],
  ['an id that is text', 'PATCH', '/status', 'userIds.0', { userIds: ['1'], status: 'active' }],
  ['1001 ids', 'PATCH', '/status', 'userIds', {
    userIds: Array.from({ length: 1001 }, (_, n) => n + 1),
    status: 'active',
  }],
  ['no status', 'PATCH', '/status', 'status', { userIds: [] }],
  ['an empty status', 'PATCH', '/status', 'status', { userIds: [], status: '' }],
  ['a status of 33 characters', 'PATCH', '/status', 'status', { userIds: [], status: 's'.repeat(33) }],
];
for (const [what, method, route, field, body] of wrong) {
  bulk.mended('E25', `${method} with ${what} is 400`, async ({ app, database }) => {
    const { token } = await database.account('admin');
    (await app.send(method, path + route, { body, token })).expectError(400, startingWith(`${field}: `), { code: 400 });
  });
}
