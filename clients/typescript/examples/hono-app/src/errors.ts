import type { ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { DoSQLError } from '@dotdo/dosql';

export class ValidationError extends HTTPException {
  constructor(message: string, field?: string) {
    super(400, { message: field ? `${field}: ${message}` : message });
    this.name = 'ValidationError';
  }
}

export class NotFoundError extends HTTPException {
  constructor(resource: string, id?: string | number) {
    const message = id ? `${resource} with id ${id} not found` : `${resource} not found`;
    super(404, { message });
    this.name = 'NotFoundError';
  }
}

export class ConflictError extends HTTPException {
  constructor(message: string) {
    super(409, { message });
    this.name = 'ConflictError';
  }
}

export class UnauthorizedError extends HTTPException {
  constructor(message = 'Unauthorized') {
    super(401, { message });
    this.name = 'UnauthorizedError';
  }
}

export class ForbiddenError extends HTTPException {
  constructor(message = 'Forbidden') {
    super(403, { message });
    this.name = 'ForbiddenError';
  }
}

/** Turns whatever was thrown into an answer. */
export const errorHandler: ErrorHandler = (err, c) => {
  // Handle HTTP exceptions
  if (err instanceof HTTPException) {
    // RFC 9110, 15.5.2: a 401 says how to authenticate.
    if (err.status === 401) c.header('WWW-Authenticate', 'Bearer');
    return c.json({ error: err.message, code: err.status }, err.status);
  }

  // What is neither refused nor foreseen is worth a look.
  console.error('Error:', {
    name: err.name,
    message: err.message,
    stack: err.stack,
    path: c.req.path,
    method: c.req.method,
  });

  // Handle DoSQL errors
  if (err instanceof DoSQLError) {
    return c.json(
      { error: err.toUserMessage(), code: err.code, retryable: err.isRetryable() },
      getStatusFromDoSQLError(err),
    );
  }

  // Generic server error
  return c.json({ error: 'Internal server error', code: 'INTERNAL_ERROR' }, 500);
};

function getStatusFromDoSQLError(err: DoSQLError): ContentfulStatusCode {
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

export const notFoundHandler: NotFoundHandler = (c) => {
  return c.json({ error: 'Not found' }, 404);
};
