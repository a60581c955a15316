import type { Token } from '../transport.ts';

/** The header that shows a token (RFC 6750, 2.1), if there is one. */
export async function bearer(token: Token | undefined): Promise<Record<string, string>> {
  return token ? { authorization: `Bearer ${typeof token == 'function' ? await token() : token}` } : {};
}
