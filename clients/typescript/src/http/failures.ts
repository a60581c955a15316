import { DoSQLError, type ErrorDetails } from '../errors.ts';

/**
 * The error of a request whose answer did not come.
 *
 * @param signal the request's: if it was aborted, that is why.
 */
export function lost(cause: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  const reason = (cause as Error)?.cause as { code?: string } | undefined;
  const words = `${cause} ${(cause as { code?: string })?.code ?? ''} ${reason ?? ''} ${reason?.code ?? ''}`;
  return new DoSQLError(`the connection was lost: ${reason ?? cause}`, {
    code: 'CONNECTION_CLOSED',
    category: 'CONNECTION',
    retryable: true,
    // Whoever was refused has sent nothing: ECONNREFUSED, "Connection refused", Bun's ConnectionRefused.
    executed: /refused|ENOTFOUND/i.test(words) ? 'no' : 'unknown',
  }, cause);
}

/** An error of protocol/json.md (*Errors*). */
export function fromJSON(json: { error: string } & ErrorDetails, more?: Partial<ErrorDetails>): DoSQLError {
  const { error, ...details } = json;
  return new DoSQLError(error, { ...more, ...details });
}

/** The error that a response is; of one that is not a DoSQL server's, what its status says. */
export async function failure(response: Response): Promise<DoSQLError> {
  const { status, headers } = response;
  const text = await response.text().catch(() => '');
  const busy = [429, 502, 503, 504].includes(status);
  const after = +(headers.get('retry-after') ?? NaN) * 1000;
  let json;
  try {
    json = JSON.parse(text);
  } catch { /* Not a DoSQL server's: a proxy's, or a path that is not there. */ }
  return fromJSON(typeof json?.error == 'string' ? json : { error: text.slice(0, 200) || 'Database error' }, {
    code: `HTTP_${status}`,
    category: busy ? 'CONNECTION' : status < 500 ? 'PROTOCOL' : 'INTERNAL',
    retryable: busy,
    executed: status < 500 ? 'no' : 'unknown',
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfter: after || undefined,
  });
}
