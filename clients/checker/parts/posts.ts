import { type Account, type Row, unique } from '../database.ts';
import { expectEqual, expectThat } from '../expectation.ts';
import { id, startingWith, timestamp } from '../form.ts';
import { type Context, Part } from '../part.ts';

export const posts = new Part('posts');
const path = '/api/v1/posts';

const postRow = (values: Row) => ({ id, published: 0, created_at: timestamp, updated_at: timestamp, ...values });
const make = async ({ app }: Context, author: Account, values: Row = {}): Promise<Row> =>
  (await app.post(path, { title: `On ${unique()}`, content: 'Words.', ...values }, { token: author.token })).expect(
    201,
  );
const withAuthor = (post: Row, author: Account) => ({ ...post, author_name: author.name, author_email: author.email });

const routes: [string, string][] = [['GET', path], ['GET', `${path}/1`], ['POST', path], ['PUT', `${path}/1/publish`]];
for (const [method, route] of routes) {
  posts.check('E22', `${method} ${route} without a token is 401`, async ({ app }) => {
    (await app.send(method, route)).expectError(401, 'Missing authorization header');
  });
}

posts.check('E22', 'another scheme than Bearer is no token', async ({ app }) => {
  const got = await app.get(path, { headers: { Authorization: 'Basic YTpi' } });
  got.expectError(401, 'Missing authorization header');
});

posts.check('E22', 'a token that nobody has is 401', async ({ app }) => {
  (await app.get(path, { token: 'nonsense' })).expectError(401, 'Invalid token');
});

posts.check(
  'E22',
  "a token whose time is up is 401, on either side of the guide's clock",
  async ({ app, database }) => {
    const ada = await database.account();
    (await app.get(path, { token: await database.session(ada.id, -1000) })).expectError(401, 'Token expired');
    (await app.get(path, { token: await database.session(ada.id, 600_000) })).expect(200);
  },
);

posts.mended('E22', 'a 401 says how to ask: WWW-Authenticate: Bearer', async ({ app }) => {
  (await app.get(path)).expectHeader('WWW-Authenticate', /^Bearer\b/);
  (await app.get(path, { token: 'nonsense' })).expectHeader('WWW-Authenticate', /^Bearer\b/);
});

posts.check('E22', 'the session of a user that is gone is 401', async ({ app, database }) => {
  // With foreign keys on the session goes with its user, so a token outlives its user only where they are off.
  const ada = await database.account();
  await database.run('DELETE FROM users WHERE id = ?', [ada.id]);
  (await app.get(path, { token: ada.token })).expectError(401, 'Invalid token');
});

posts.check('E22 B9', 'POST makes a draft', async (context) => {
  const ada = await context.database.account();
  const got = await context.app.post(path, { title: 'Notes', content: 'On the engine' }, { token: ada.token });
  got.expect(201, postRow({ user_id: ada.id, title: 'Notes', content: 'On the engine' }));
});

posts.check('E22 B10', 'POST publishes at once if it says so; published is 1', async (context) => {
  const ada = await context.database.account();
  const got = await context.app.post(path, { title: 'N', content: 'O', published: true }, { token: ada.token });
  got.expect(201, postRow({ user_id: ada.id, title: 'N', content: 'O', published: 1 }));
});

const wrong: [string, string, unknown][] = [
  ['no title', 'title', { content: 'c' }],
  ['an empty title', 'title', { title: '', content: 'c' }],
  ['a title of 201 characters', 'title', { title: 't'.repeat(201), content: 'c' }],
  ['no content', 'content', { title: 't' }],
  ['empty content', 'content', { title: 't', content: '' }],
  ['published that is no boolean', 'published', { title: 't', content: 'c', published: 1 }],
];
for (const [what, field, body] of wrong) {
  posts.check('E22', `POST with ${what} is 400`, async ({ app, database, asWritten }) => {
    const got = await app.post(path, body, { token: (await database.account()).token });
    if (asWritten) got.expect(400);
    else got.expectError(400, startingWith(`${field}: `), { code: 400 });
  });
}

posts.check('E22 B7', 'GET gives a post with its author', async (context) => {
  const ada = await context.database.account();
  const post = await make(context, ada, { published: true });
  const eve = await context.database.account();
  (await context.app.get(`${path}/${post.id}`, { token: eve.token })).expect(200, withAuthor(post, ada));
});

posts.check('E22', 'a draft is there for its author and for nobody else', async (context) => {
  const [ada, eve] = [await context.database.account(), await context.database.account()];
  const draft = await make(context, ada);
  (await context.app.get(`${path}/${draft.id}`, { token: ada.token })).expect(200, withAuthor(draft, ada));
  (await context.app.get(`${path}/${draft.id}`, { token: eve.token })).expectError(404, 'Post not found');
});

posts.check('E22', 'GET of no post is 404', async ({ app, database }) => {
  const { token } = await database.account();
  (await app.get(`${path}/999999999`, { token })).expectError(404, 'Post not found');
});

posts.mended('E22', '/posts/abc is no post', async ({ app, database }) => {
  const { token } = await database.account();
  (await app.get(`${path}/abc`, { token })).expectError(404, 'Post not found');
  (await app.put(`${path}/abc/publish`, { token })).expectError(404, 'Post not found');
});

posts.check('E22', 'the author publishes, and then everybody sees it', async (context) => {
  const [ada, eve] = [await context.database.account(), await context.database.account()];
  const draft = await make(context, ada);
  const publish = `${path}/${draft.id}/publish`;
  (await context.app.put(publish, { token: eve.token })).expectError(403, 'Not authorized');
  (await context.app.put(publish, { token: ada.token })).expect(200, { success: true, published: true });
  const got = await context.app.get(`${path}/${draft.id}`, { token: eve.token });
  got.expect(200, { ...withAuthor(draft, ada), published: 1, updated_at: timestamp });
});

posts.check('E22', 'nobody publishes what is not there', async ({ app, database }) => {
  const { token } = await database.account();
  (await app.put(`${path}/999999999/publish`, { token })).expectError(404, 'Post not found');
});

posts.check('E22 B7', 'the list has published posts only, newest first, with their authors', async (context) => {
  const ada = await context.database.account();
  const shown = await make(context, ada, { published: true });
  const draft = await make(context, ada);
  const list: Row[] = (await context.app.get(`${path}?limit=100`, { token: ada.token })).expect(200);
  expectEqual(list.find((post) => post.id === shown.id), withAuthor(shown, ada), 'the post in the list');
  expectThat(!list.some((post) => post.id === draft.id), 'a draft is in the list');
  expectThat(list.every((post) => post.published === 1), 'something unpublished is in the list');
  const times = list.map((post) => post.created_at);
  expectEqual(times, [...times].sort().reverse(), 'the times of the list');
});

posts.check('E22 B6', 'limit and offset page through the list', async (context) => {
  const ada = await context.database.account();
  for (let n = 0; n < 3; n++) await make(context, ada, { published: true });
  const page = async (offset: number): Promise<Row[]> =>
    (await context.app.get(`${path}?limit=2&offset=${offset}`, { token: ada.token })).expect(200);
  expectThat((await page(0)).length === 2, 'a page of two has not two');
  expectThat((await page(1_000_000)).length === 0, 'there is something behind the end');
});

posts.mended('E22', 'a list with limit=abc is 400', async ({ app, database }) => {
  const { token } = await database.account();
  (await app.get(`${path}?limit=abc`, { token })).expectError(400, startingWith('limit: '), { code: 400 });
});
