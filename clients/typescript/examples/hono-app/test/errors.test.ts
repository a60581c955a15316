import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Hono } from 'hono';
import { DoSQLError, type ErrorCategory } from '@dotdo/dosql';
import * as errors from '../src/errors.ts';
import { capturedConsole } from './captured-console.ts';

async function answerTo(error: Error): Promise<{ status: number; headers: Headers; body: unknown }> {
  const app = new Hono();
  app.onError(errors.errorHandler);
  app.get('/', () => {
    throw error;
  });
  const res = await app.request('/');
  return { status: res.status, headers: res.headers, body: await res.json() };
}

describe('The error handler', () => {
  const logged = capturedConsole();

  const thrown: [Error, number, string][] = [
    [new errors.ValidationError('too short', 'name'), 400, 'name: too short'],
    [new errors.ValidationError('Insufficient stock'), 400, 'Insufficient stock'],
    [new errors.UnauthorizedError(), 401, 'Unauthorized'],
    [new errors.ForbiddenError(), 403, 'Forbidden'],
    [new errors.NotFoundError('Post', 7), 404, 'Post with id 7 not found'],
    [new errors.NotFoundError('Post'), 404, 'Post not found'],
    [new errors.ConflictError('Email already exists'), 409, 'Email already exists'],
  ];
  for (const [error, status, message] of thrown) {
    it(`answers ${error.name} (${message}) with ${status}`, async () => {
      const answer = await answerTo(error);
      assert.deepEqual([answer.status, answer.body], [status, { error: message, code: status }]);
    });
  }

  it('says with a 401 how to authenticate', async () => {
    assert.equal((await answerTo(new errors.UnauthorizedError())).headers.get('WWW-Authenticate'), 'Bearer');
  });

  const categories: [ErrorCategory, boolean, number][] = [
    ['VALIDATION', false, 400],
    ['CONFLICT', false, 409],
    ['CONNECTION', true, 503],
    ['TIMEOUT', true, 504],
    ['EXECUTION', false, 500],
    ['RESOURCE', false, 500],
    ['INTERNAL', false, 500],
  ];
  for (const [category, retryable, status] of categories) {
    it(`answers an error of the database of category ${category} with ${status}`, async () => {
      const error = new DoSQLError('secret words', { code: 'SOME_CODE', category, retryable });
      const answer = await answerTo(error);
      assert.deepEqual(
        [answer.status, answer.body],
        [status, { error: error.toUserMessage(), code: 'SOME_CODE', retryable }],
      );
      assert.doesNotMatch(JSON.stringify(answer.body), /secret/);
    });
  }

  it('answers anything else with 500, tells nothing, and logs it', async () => {
    logged.length = 0;
    const answer = await answerTo(new TypeError('secret words'));
    assert.deepEqual(
      [answer.status, answer.body],
      [500, { error: 'Internal server error', code: 'INTERNAL_ERROR' }],
    );
    assert.equal(logged.length, 1);
  });
});
