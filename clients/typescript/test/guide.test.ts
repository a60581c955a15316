import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDBClient, type DBClient, DoSQLError, ErrorCategory, type RunResult } from '../src/index.ts';

/** The interface of the guide's `src/db/client.ts`, word by word. */
interface GuideClient {
  query<T>(sql: string, params?: unknown[]): Promise<T[]>;
  queryOne<T>(sql: string, params?: unknown[]): Promise<T | null>;
  run(sql: string, params?: unknown[]): Promise<RunResult>;
  transaction<T>(fn: (tx: GuideClient) => Promise<T>): Promise<T>;
}

/** The function of the guide's error handler, word by word. */
function getStatusFromDoSQLError(err: DoSQLError): number {
  switch (err.category) {
    case 'VALIDATION':
      return 400;
    case 'CONNECTION':
      return 503;
    case 'TIMEOUT':
      return 504;
    case 'CONFLICT':
      return 409;
    default:
      return 500;
  }
}

describe('the guide', () => {
  it('takes the client for its own', () => {
    const db = createDBClient({ fetch: () => Response.json({}) });
    const client: GuideClient = db;
    const exported: DBClient = client;
    assert.equal(exported, db);
  });

  it('finds in an error what it asks of it', () => {
    const error = (code: string, category: ErrorCategory) =>
      new DoSQLError('UNIQUE constraint failed: t.x', { code, category });
    const conflict = error('CONSTRAINT_UNIQUE', ErrorCategory.CONFLICT);
    assert(conflict instanceof Error && conflict.message.includes('UNIQUE constraint'));
    assert.deepEqual(
      [getStatusFromDoSQLError(conflict), conflict.toUserMessage(), conflict.isRetryable(), conflict.executed],
      [409, 'Resource already exists', false, 'no'],
    );
    assert.equal(error('CONSTRAINT_FOREIGN_KEY', 'VALIDATION').toUserMessage(), 'Referenced resource not found');
    for (const category of Object.values(ErrorCategory)) {
      const message = error('OF_LATER', category).toUserMessage();
      assert(message && !message.includes('t.x'), category);
    }
    // A code and a category that this version does not know.
    assert.match(error('OF_LATER', 'OF_LATER' as ErrorCategory).toUserMessage(), /./);
    assert.deepEqual(JSON.parse(JSON.stringify(conflict)), {
      name: 'DoSQLError',
      executed: 'no',
      retryable: false,
      code: 'CONSTRAINT_UNIQUE',
      category: 'CONFLICT',
    });
  });
});
