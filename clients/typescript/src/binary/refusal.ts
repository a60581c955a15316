import { DoSQLError } from '../errors.ts';

/** Throws what becomes of a connection whose server does not keep to the protocol (`protocol/framing.md`). */
export const refused = (code: string, message: string): never => {
  throw new DoSQLError(message, { code, category: 'PROTOCOL', executed: 'unknown' });
};

/** Throws `MALFORMED`. */
export const malformed = (): never => refused('MALFORMED', 'the server sent what cannot be decoded');
