import { expectThat } from '../expectation.ts';
import { Form } from '../form.ts';
import { Part } from '../part.ts';

export const admin = new Part('admin');
const path = '/api/v1/admin/stats';
const count = new Form('a count', (value) => Number.isSafeInteger(value) && (value as number) >= 0);

admin.check('E23', 'the figures are for admins', async ({ app, database }) => {
  (await app.get(path)).expectError(401, 'Missing authorization header');
  const { token } = await database.account('user');
  (await app.get(path, { token })).expectError(403, 'Requires one of roles: admin');
});

admin.check(
  'E23 B5',
  'an admin sees how many users, posts and published posts there are',
  async ({ app, database }) => {
    const { token } = await database.account('admin');
    const before = (await app.get(path, { token })).expect(200, { users: count, posts: count, published_posts: count });
    const author = await database.account();
    for (const published of [false, true]) {
      (await app.post('/api/v1/posts', { title: 't', content: 'c', published }, { token: author.token })).expect(201);
    }
    const after = (await app.get(path, { token })).expect(200);
    // Others may be at it too, so they are at least so many more.
    expectThat(after.users >= before.users + 1, 'the new user is not counted');
    expectThat(after.posts >= before.posts + 2, 'the new posts are not counted');
    expectThat(after.published_posts >= before.published_posts + 1, 'the published post is not counted');
  },
);
