import { DoSQLError } from './errors.ts';

/**
 * A value that SQLite holds: NULL, INTEGER (a `number` if a double holds it, else a `bigint`), REAL, TEXT, BLOB.
 * A `number` that is a safe integer is bound as INTEGER, any other as REAL.
 */
export type Value = null | number | bigint | string | Uint8Array;

/** A value of an earlier step of the same batch; see {@link ref}. */
export interface Reference {
  $ref: { step: number; value: 'lastInsertRowid' | 'changes' | 'rowCount' } | { step: number; column: number };
}

/** A parameter as a transport gets it. */
export type BoundValue = Value | Reference;

/** Parameters as a transport gets them: by place, or by name. */
export type BoundParams = BoundValue[] | Record<string, BoundValue>;

/** An error about something the caller gave; nothing was sent. */
export function invalid(message: string, code = 'ENCODING', cause?: unknown): DoSQLError {
  return new DoSQLError(message, { code, category: 'VALIDATION' }, cause);
}

/**
 * What is sent for a parameter: a boolean as 0 or 1, a `Date` as its ISO 8601 text, any view of bytes as a blob.
 *
 * @throws DoSQLError `ENCODING` of what SQLite cannot hold: `undefined` (a misspelt member, nearly always; write `null`),
 *   NaN (SQLite would store NULL), an integer beyond 64 bits, an invalid `Date`, any other object.
 */
export function bind(value: unknown, where: string): BoundValue {
  const refuse = (what: string) => invalid(`${where}: ${what}`);
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return +value;
    case 'number':
      if (value !== value) throw refuse('NaN cannot be stored');
      return value;
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw refuse(`${value} does not fit 64 bits`);
      return value;
    case 'object':
      if (value === null) return null;
      if (value instanceof Date) {
        if (isNaN(+value)) throw refuse('the Date is invalid');
        return value.toISOString();
      }
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      if (value instanceof ArrayBuffer) return new Uint8Array(value);
      if ('$ref' in value) return value as Reference;
      throw refuse('an object is no value of SQLite; JSON.stringify it');
    default:
      throw refuse(`${typeof value} is no value of SQLite` + (value === undefined ? '; use null' : ''));
  }
}

/** {@link bind} for all of them; none where there are none. */
export function bindAll(params: unknown): BoundParams | undefined {
  if (params == null) return undefined;
  if (Array.isArray(params)) return Array.from(params, (value, place) => bind(value, `params[${place}]`));
  if (typeof params != 'object' || ArrayBuffer.isView(params)) {
    throw invalid('params: neither an array nor an object');
  }
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, bind(value, `params.${name}`)]));
}

/** {@link bind} for the values in an expression, or in what a batch has in its place. */
export function bindWithin(expression: unknown): unknown {
  if (Array.isArray(expression)) return Array.from(expression, bindWithin);
  if (expression && Object.getPrototypeOf(expression) == Object.prototype && !('$ref' in (expression as object))) {
    return Object.fromEntries(Object.entries(expression).map(([name, part]) => [name, bindWithin(part)]));
  }
  return bind(expression, 'condition');
}
