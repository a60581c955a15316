import { type Row, unique } from '../database.ts';
import { expectEqual, expectThat } from '../expectation.ts';
import { id, words } from '../form.ts';
import { Part } from '../part.ts';
import { userRow } from './users.ts';

export const simple = new Part('simple');

simple.check('E25', 'POST /users makes a user, GET /users lists it', async ({ app }) => {
  const ada = { name: 'Ada', email: `${unique()}@checker.example` };
  const made = (await app.post('/users', ada)).expect(201, { id, ...ada });
  const list: Row[] = (await app.get('/users')).expect(200);
  expectThat(Array.isArray(list), 'the list is no array');
  expectEqual(list.find((user) => user.id === made.id), userRow({ id: made.id, ...ada }), 'the user in the list');
  const times = list.map((user) => user.created_at);
  expectEqual(times, [...times].sort().reverse(), 'the times of the list');
});

simple.mended('E25 C13', 'an email that is taken is 409, a name that is missing 400', async ({ app }) => {
  const ada = { name: 'Ada', email: `${unique()}@checker.example` };
  (await app.post('/users', ada)).expect(201);
  (await app.post('/users', ada)).expectError(409, words, { code: 'CONSTRAINT_UNIQUE' });
  (await app.post('/users', { email: ada.email })).expectError(400);
});
