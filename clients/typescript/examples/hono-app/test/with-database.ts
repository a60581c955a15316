import { Hono } from 'hono';
import type { Database } from '@dotdo/dosql';
import { type TestDatabase, testDatabase } from '@dotdo/dosql/testing';
import { migrations } from '../src/db/migrations.ts';
import { errorHandler } from '../src/errors.ts';
import type { AppEnv, User } from '../src/types.ts';

/** An empty database with the app's tables, in place of the guide's `createMockDB`: `db._seed`, `db._clear`, and real SQL. */
export const appDatabase = (): Promise<TestDatabase> => testDatabase({ migrations });

/** An app with nothing in it but the database and, for routes behind `authMiddleware`, a user. */
export function appWith(db: Database, user: Partial<User> = {}): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(errorHandler);
  app.use('*', async (c, next) => {
    c.set('db', db);
    c.set('tenantId', 'test');
    c.set('user', { id: 1, name: 'Ada', email: 'ada@example.com', role: 'user', ...user });
    await next();
  });
  return app;
}

/** A request with a JSON body. */
export const sending = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});
