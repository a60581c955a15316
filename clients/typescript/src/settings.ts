import type { TransportFactory } from './transport.ts';
import type { RetryPolicy } from './types.ts';

/** How a client behaves unless a call says otherwise. */
export interface ClientOptions {
  /** Milliseconds for a call with its retries; 0: no limit. Default 90,000: more than the server's own bounds. */
  timeout?: number;
  /** What is tried again; `false`: nothing. */
  retry?: RetryPolicy | false;
  /** How to talk to the server; by default HTTP. */
  transport?: TransportFactory;
}

/** The same, complete. */
export interface Settings {
  timeout: number;
  retry: RetryPolicy & { attempts: number };
}

/** The longest the server lets a write wait for its turn and then run, and a half more (protocol/limits.md), in milliseconds. */
const timeoutDefault = 90_000;
const attemptsDefault = 3;

/** Options with their defaults. */
export function settings({ timeout = timeoutDefault, retry = {} }: ClientOptions): Settings {
  return { timeout, retry: { ...retry, attempts: retry ? retry.attempts ?? attemptsDefault : 1 } };
}
