import { type Row, unique } from '../database.ts';
import { expectEqual, expectThat } from '../expectation.ts';
import { id, startingWith, timestamp, words } from '../form.ts';
import { type Context, Part } from '../part.ts';

export const users = new Part('users');
const path = '/api/v1/users';

/** A user's row as it is after it was made. */
export const userRow = (values: Row) => ({
  id,
  bio: null,
  role: 'user',
  status: 'active',
  created_at: timestamp,
  updated_at: timestamp,
  ...values,
});

const somebody = () => ({ name: `Ada ${unique()}`, email: `${unique()}@checker.example` });
const make = async ({ app }: Context, values: Row = somebody()): Promise<Row> =>
  (await app.post(path, values)).expect(201, userRow({ id, ...values }));

users.check('E21 B9', 'POST makes a user and answers with the whole row', async (context) => {
  await make(context, { ...somebody(), bio: 'Wrote the first program.' });
});

users.check('E21', 'bio may be left out and is null then', async (context) => {
  const made = await make(context);
  expectEqual(made.bio, null, 'bio');
});

users.check('E21', 'a role that is sent is not taken', async ({ app }) => {
  const ada = somebody();
  (await app.post(path, { ...ada, role: 'admin' })).expect(201, userRow(ada));
});

users.check('E21 B10', 'text comes back as it was sent: quotes, commas, comments, other scripts', async (context) => {
  const name = `O'Brien, "Q"; DROP TABLE users; -- ${unique()} ωμέγα 🙂`;
  const made = await make(context, { ...somebody(), name, bio: 'a\nb\t\\ ?1 :x $y' });
  (await context.app.get(`${path}/${made.id}`)).expect(200, made);
});

users.check('E21 E28', 'GET gives what was made', async (context) => {
  const made = await make(context);
  (await context.app.get(`${path}/${made.id}`)).expect(200, made);
});

users.check('E21 C11', 'GET of nobody is 404', async ({ app }) => {
  (await app.get(`${path}/999999999`)).expectError(404, 'User not found');
});

const wrong: [string, string, unknown][] = [
  ['no name', 'name', { email: 'a@checker.example' }],
  ['an empty name', 'name', { name: '', email: 'a@checker.example' }],
  ['a name of 101 characters', 'name', { name: 'x'.repeat(101), email: 'a@checker.example' }],
  ['a name that is no text', 'name', { name: 7, email: 'a@checker.example' }],
  ['no email', 'email', { name: 'Ada' }],
  ['an email that is none', 'email', { name: 'Ada', email: 'invalid-email' }],
  ['a bio of 501 characters', 'bio', { name: 'Ada', email: 'a@checker.example', bio: 'x'.repeat(501) }],
];
for (const [what, field, body] of wrong) {
  users.check('E21', `POST with ${what} is 400`, async ({ app, asWritten }) => {
    const got = await app.post(path, body);
    if (asWritten) got.expect(400);
    else got.expectError(400, startingWith(`${field}: `), { code: 400 });
  });
}

users.check('E21', 'a name of 100 characters and a bio of 500 are fine', async (context) => {
  await make(context, { ...somebody(), name: 'n'.repeat(100), bio: 'b'.repeat(500) });
});

users.check('E21 C12', 'an email that is taken is 409', async (context) => {
  const { email } = await make(context);
  (await context.app.post(path, { name: 'Other', email })).expectError(409, 'Email already exists');
});

users.check('E21', 'of 8 who ask for one email at once one gets it', async ({ app }) => {
  const { email } = somebody();
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => app.post(path, { name: `Racer ${n}`, email })));
  const statuses = answers.map((answer) => answer.status).sort();
  expectEqual(statuses, [201, 409, 409, 409, 409, 409, 409, 409], 'the statuses');
});

users.check('E21 B9', 'PATCH changes what is sent and nothing else', async (context) => {
  const made = await make(context, { ...somebody(), bio: 'old' });
  const renamed = (await context.app.patch(`${path}/${made.id}`, { name: 'Ada Lovelace' })).expect(200, {
    ...made,
    name: 'Ada Lovelace',
    updated_at: timestamp,
  });
  (await context.app.get(`${path}/${made.id}`)).expect(200, renamed);
});

users.check('E21', 'PATCH takes null for bio', async (context) => {
  const made = await make(context, { ...somebody(), bio: 'old' });
  const got = (await context.app.patch(`${path}/${made.id}`, { bio: null })).expect(200);
  expectEqual(got.bio, null, 'bio');
});

users.check('E21 C11', 'PATCH to what is there already is 200', async (context) => {
  const made = await make(context);
  const got = await context.app.patch(`${path}/${made.id}`, { name: made.name, email: made.email });
  got.expect(200, { ...made, updated_at: timestamp });
});

users.check('E21', 'PATCH with nothing is 400', async (context) => {
  const made = await make(context);
  (await context.app.patch(`${path}/${made.id}`, {})).expectError(400, 'No fields to update');
});

users.check('E21', 'PATCH with an email that is none is 400', async (context) => {
  const made = await make(context);
  (await context.app.patch(`${path}/${made.id}`, { email: 'nowhere' })).expect(400);
});

users.check('E21 C11', 'PATCH of nobody is 404', async ({ app }) => {
  (await app.patch(`${path}/999999999`, { name: 'Nobody' })).expectError(404, 'User not found');
});

users.mended('E21', 'PATCH to an email that is taken is 409, and changes nothing', async (context) => {
  const [ada, eve] = [await make(context), await make(context)];
  (await context.app.patch(`${path}/${eve.id}`, { name: 'Eve', email: ada.email })).expectError(
    409,
    'Email already exists',
  );
  (await context.app.get(`${path}/${eve.id}`)).expect(200, eve);
});

users.check('E21 C11', 'DELETE takes a user away; a second time it is 404', async (context) => {
  const made = await make(context);
  (await context.app.delete(`${path}/${made.id}`)).expect(200, { success: true });
  (await context.app.get(`${path}/${made.id}`)).expectError(404, 'User not found');
  (await context.app.delete(`${path}/${made.id}`)).expectError(404, 'User not found');
});

users.check('A3', 'with a user go posts and sessions', async ({ app, database }) => {
  const ada = await database.account();
  await app.post('/api/v1/posts', { title: 'Mine', content: '…' }, { token: ada.token });
  (await app.delete(`${path}/${ada.id}`)).expect(200, { success: true });
  for (const table of ['posts', 'sessions']) {
    const left = await database.queryOne(`SELECT COUNT(*) AS count FROM ${table} WHERE user_id = ?`, [ada.id]);
    expectEqual(left, { count: 0 }, `what is left in ${table}`);
  }
});

users.check('E21 A2', 'ids are not used again', async (context) => {
  const first = await make(context);
  await context.app.delete(`${path}/${first.id}`);
  const second = await make(context);
  expectThat(second.id > first.id, `${second.id} is not above ${first.id}`);
});

users.check(
  'E21 B6',
  'search finds in name and email, without regard to case; total counts the same',
  async (context) => {
    const word = unique();
    const byName = await make(context, { ...somebody(), name: `Xx ${word} xX` });
    const byEmail = await make(context, { ...somebody(), email: `${word}@checker.example` });
    const got = (await context.app.get(`${path}?search=${word.toUpperCase()}`)).expect(200, {
      data: [userRow({ name: words, email: words }), userRow({ name: words, email: words })],
      pagination: { total: 2, limit: 20, offset: 0 },
    });
    expectEqual(got.data.map((row: Row) => row.id).sort(), [byName.id, byEmail.id].sort(), 'who is found');
  },
);

users.check('E21 B6', 'search for nobody is an empty list', async ({ app }) => {
  (await app.get(`${path}?search=${unique()}`)).expect(200, {
    data: [],
    pagination: { total: 0, limit: 20, offset: 0 },
  });
});

users.check('E21 B6 D19', 'limit and offset page through, and are given back', async (context) => {
  const word = unique();
  for (let n = 0; n < 5; n++) await make(context, { ...somebody(), name: `${word} ${n}` });
  const ids = new Set<number>();
  for (const [offset, length] of [[0, 2], [2, 2], [4, 1], [6, 0]]) {
    const got = (await context.app.get(`${path}?search=${word}&limit=2&offset=${offset}`)).expect(200);
    expectEqual(got.pagination, { total: 5, limit: 2, offset }, 'pagination');
    expectThat(got.data.length === length, `${got.data.length} rows behind ${offset}, expected ${length}`);
    for (const row of got.data) ids.add(row.id);
  }
  // Rows of the same second may stand in any order in the guide as it is written, but not in two pages of the mended one.
  if (!context.asWritten) expectThat(ids.size === 5, `${ids.size} of 5 users are on the pages`);
});

users.check('E21 B6', 'the list has 20 unless asked, never more than 100, the newest first', async (context) => {
  const word = unique();
  for (let n = 0; n < 21; n++) await make(context, { ...somebody(), name: `${word} ${n}` });
  const page = (await context.app.get(`${path}?search=${word}`)).expect(200);
  expectEqual(page.pagination, { total: 21, limit: 20, offset: 0 }, 'pagination');
  expectThat(page.data.length === 20, `${page.data.length} rows, expected 20`);
  const times = page.data.map((row: Row) => row.created_at);
  expectEqual(times, [...times].sort().reverse(), 'the times of the list');
  const capped = (await context.app.get(`${path}?search=${word}&limit=1000`)).expect(200);
  expectEqual(capped.pagination, { total: 21, limit: 100, offset: 0 }, 'pagination');
});

users.mended('E21', 'users of one second are listed by id, the newest first', async (context) => {
  const word = unique();
  for (let n = 0; n < 4; n++) await make(context, { ...somebody(), name: `${word} ${n}` });
  const { data } = (await context.app.get(`${path}?search=${word}`)).expect(200);
  const ids = data.map((row: Row) => row.id);
  expectEqual(ids, [...ids].sort((a, b) => b - a), 'the ids');
});

for (const query of ['limit=abc', 'limit=0', 'limit=-1', 'limit=1.5', 'offset=x', 'offset=-1']) {
  users.mended('E21', `a list with ${query} is 400`, async ({ app }) => {
    const field = query.slice(0, query.indexOf('='));
    (await app.get(`${path}?${query}`)).expectError(400, startingWith(`${field}: `), { code: 400 });
  });
}

for (const bad of ['abc', '1abc', '0', '-1', '1.5', '9999999999999999999999']) {
  users.mended('E21', `/users/${bad} is nobody`, async ({ app }) => {
    (await app.get(`${path}/${bad}`)).expectError(404, 'User not found');
    (await app.patch(`${path}/${bad}`, { name: 'Nobody' })).expectError(404, 'User not found');
    (await app.delete(`${path}/${bad}`)).expectError(404, 'User not found');
  });
}

users.check('D19 E21', '20 requests at once each get their own answer', async (context) => {
  const made = [await make(context), await make(context)];
  await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const user = made[n % 2];
      (await context.app.get(`${path}/${user.id}`)).expect(200, user);
    }),
  );
});

users.check('E22', 'who sends no token may use these routes, a wrong token does no harm', async ({ app }) => {
  (await app.get(path, { token: 'nonsense' })).expect(200);
});
