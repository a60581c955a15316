import { fromBase64, toBase64 } from '../base64.ts';
import type { Value } from '../values.ts';

/** A body with JavaScript's values as the text of protocol/json.md. */
export function encode(body: unknown): string {
  return JSON.stringify(body, (_name, value) => {
    if (typeof value == 'bigint') return { $int: `${value}` };
    if (value instanceof Uint8Array) return { $blob: toBase64(value) };
    // Written plainly, JSON would make an integer of 1e20 and null of Infinity.
    if (typeof value == 'number' && (!isFinite(value) || (value % 1 == 0 && !Number.isSafeInteger(value)))) {
      return { $double: `${value}` };
    }
    return value;
  });
}

type Tagged = { $int?: string; $double?: string; $blob?: string; $text?: string };

function decodeValue(value: unknown): Value {
  if (typeof value != 'object' || !value) return value as Value;
  const { $int, $double, $blob, $text } = value as Tagged;
  if ($int != null) return BigInt($int);
  if ($double != null) return +$double;
  if ($blob != null) return fromBase64($blob);
  return new TextDecoder().decode(fromBase64($text!));
}

/** Makes values of the tagged ones in a row that is an array. */
export function decodeRow(row: unknown): Value[] {
  // Someone else's rows, with which the guide's own Durable Object answers, are objects already.
  if (Array.isArray(row)) { for (let i = 0; i < row.length; i++) row[i] = decodeValue(row[i]); }
  return row as Value[];
}

type Answer = { rows?: unknown[]; row?: unknown; results?: Answer[]; lastInsertRowid?: unknown };

/** Makes values of the tagged ones in an answer, wherever they may stand. */
export function decodeAnswer<T>(json: T): T {
  const answer = json as Answer;
  answer.rows?.forEach(decodeRow);
  decodeRow(answer.row);
  answer.results?.forEach(decodeAnswer);
  if (answer.lastInsertRowid) answer.lastInsertRowid = decodeValue(answer.lastInsertRowid);
  return json;
}
