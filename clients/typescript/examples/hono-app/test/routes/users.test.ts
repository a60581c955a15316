import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { TestDatabase } from '@dotdo/dosql/testing';
import { usersRouter } from '../../src/routes/users.ts';
import { appDatabase, appWith, sending } from '../with-database.ts';

describe('Users API', () => {
  let db: TestDatabase;
  let app: ReturnType<typeof appWith>;

  before(async () => {
    db = await appDatabase();
    app = appWith(db);
    app.route('/users', usersRouter);
  });
  after(() => db.close());
  beforeEach(() => db._clear('users'));

  describe('GET /users', () => {
    it('returns empty array when no users', async () => {
      const res = await app.request('/users');
      assert.equal(res.status, 200);

      const data = await res.json();
      assert.deepEqual(data.data, []);
    });

    it('returns users with pagination', async () => {
      db._seed('users', [
        { id: 1, name: 'Alice', email: 'alice@example.com' },
        { id: 2, name: 'Bob', email: 'bob@example.com' },
      ]);

      const res = await app.request('/users?limit=10&offset=0');
      assert.equal(res.status, 200);

      const data = await res.json();
      assert.equal(data.data.length, 2);
      assert.deepEqual(data.pagination, { total: 2, limit: 10, offset: 0 });
    });

    it('refuses a limit that is no number', async () => {
      const res = await app.request('/users?limit=abc');
      assert.equal(res.status, 400);
      assert.match((await res.json()).error, /^limit: /);
    });
  });

  describe('POST /users', () => {
    it('creates a new user', async () => {
      const res = await app.request('/users', sending('POST', { name: 'Alice', email: 'alice@example.com' }));

      assert.equal(res.status, 201);
      const { name } =
        (await db.queryOne<{ name: string }>('SELECT name FROM users WHERE email = ?', ['alice@example.com']))!;
      assert.equal(name, 'Alice');
    });

    it('returns 400 for invalid email', async () => {
      const res = await app.request('/users', sending('POST', { name: 'Alice', email: 'invalid-email' }));

      assert.equal(res.status, 400);
      assert.match((await res.json()).error, /^email: /);
    });

    it('returns 409 for an email that is taken', async () => {
      db._seed('users', [{ id: 1, name: 'Alice', email: 'alice@example.com' }]);

      const res = await app.request('/users', sending('POST', { name: 'Eve', email: 'alice@example.com' }));
      assert.equal(res.status, 409);
    });
  });

  describe('GET /users/:id', () => {
    it('returns 404 for non-existent user', async () => {
      const res = await app.request('/users/999');
      assert.equal(res.status, 404);
    });

    it('returns user by id', async () => {
      db._seed('users', [{ id: 1, name: 'Alice', email: 'alice@example.com' }]);

      const res = await app.request('/users/1');
      assert.equal(res.status, 200);
      assert.equal((await res.json()).name, 'Alice');
    });
  });

  describe('PATCH /users/:id', () => {
    it('returns 409 for an email that is taken, and keeps the row', async () => {
      db._seed('users', [
        { id: 1, name: 'Alice', email: 'alice@example.com' },
        { id: 2, name: 'Bob', email: 'bob@example.com' },
      ]);

      const res = await app.request('/users/2', sending('PATCH', { name: 'Alice', email: 'alice@example.com' }));
      assert.equal(res.status, 409);
      const bob = await db.queryOne('SELECT name, email FROM users WHERE id = 2');
      assert.deepEqual(bob, { name: 'Bob', email: 'bob@example.com' });
    });
  });
});
