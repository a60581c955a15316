import { DoSQLError } from './errors.ts';
import type { RetryPolicy } from './types.ts';

/** How long a call waits beyond its own timeout for the server to say that the deadline was met, in milliseconds. */
const grace = 500;

/** Whether a text certainly only reads, so that it may be sent again. WITH may write, and counts as if it did. */
export function reads(sql: string): boolean {
  const skipped = /\s+|--.*\n|\/\*[^]*?\*\//y;
  let start;
  do start = skipped.lastIndex; while (skipped.test(sql));
  return /^(select|values|explain)\b/i.test(sql.slice(start, start + 8));
}

/** Waits; rejects with the signal's reason once it is aborted. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => (clearTimeout(timer), reject(signal!.reason));
    const timer = setTimeout(() => (signal?.removeEventListener('abort', stop), resolve()), milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** The pause after so many failed attempts: it doubles, and is a random time from half of it up. */
export function backoff({ backoff = 50, backoffMax = 5000 }: RetryPolicy, attempt: number): number {
  return Math.min(backoff * 2 ** (attempt - 1), backoffMax) * (1 + Math.random()) / 2;
}

/** Whether it says that the server could not be reached, or cannot take it now. Time bounds are the caller's. */
export function isConnectionTrouble(error: unknown): error is DoSQLError {
  return error instanceof DoSQLError && error.retryable && error.category == 'CONNECTION';
}

/**
 * Does `work`, again where that cannot do it twice: it is known not to have run, or nobody knows and it is repeatable
 * (it reads, or has an idempotency key).
 */
export async function attempted<T>(
  policy: RetryPolicy & { attempts: number },
  repeatable: boolean,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (
        attempt >= policy.attempts || !isConnectionTrouble(error) ||
        !(error.executed == 'no' || (error.executed == 'unknown' && repeatable))
      ) throw error;
      await pause(Math.max(error.retryAfter ?? 0, backoff(policy, attempt)), signal).catch((reason) => {
        // Out of time while waiting for another attempt: what went wrong says more.
        throw reason instanceof DoSQLError ? error : reason;
      });
    }
  }
}

/** Does `work` with a signal that is aborted by the caller's, or when the time is up. */
export function limited<T>(
  milliseconds: number | undefined,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    outer?.throwIfAborted();
    const controller = new AbortController();
    const abort = (reason: unknown) => {
      controller.abort(reason);
      // Not everything that has a `fetch` heeds a signal. What does, and knows more, comes before.
      setTimeout(reject, 0, reason);
    };
    const stop = () => abort(outer!.reason);
    const timer = milliseconds! > 0 && isFinite(milliseconds!)
      ? setTimeout(() =>
        abort(
          new DoSQLError(`no answer within ${milliseconds} ms`, {
            code: 'TIMEOUT',
            category: 'TIMEOUT',
            retryable: true,
            executed: 'unknown',
          }),
        ), milliseconds! + grace)
      : undefined;
    outer?.addEventListener('abort', stop, { once: true });
    work(controller.signal).then(resolve, reject).finally(() => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', stop);
    });
  });
}
