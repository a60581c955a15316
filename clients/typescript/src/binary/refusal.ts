import { DoSQLError } from '../errors.ts';

/** Throws what becomes of a connection whose server does not keep to the protocol; `code`: as `protocol/errors.md` names it. */
export const refused = (code = 'MALFORMED'): never => {
  throw new DoSQLError(`the server broke the protocol: ${code}`, { code, category: 'PROTOCOL', executed: 'unknown' });
};

/** Throws `PROTOCOL_VIOLATION`. */
export const violated = (): never => refused('PROTOCOL_VIOLATION');
