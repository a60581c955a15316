import { type BoundParams, type BoundValue, invalid, type Value } from '../values.ts';
import { refused } from './refusal.ts';
import * as read from './reader.ts';
import { byte, fixed, nested, raw, real, sized, utf8, varint } from './writer.ts';

/** A text or a blob: of less than 64 bytes its length is part of the tag. */
const short = (tag: number, long: number, value: Uint8Array): void => {
  if (value.length < 64) byte(tag + value.length), raw(value);
  else byte(long), sized(value);
};

/** Writes a number of the caller's as varint. */
export const writeWhole = (value: number): void => {
  if (!/^\d+$/.test(`${value}`)) throw invalid(`${value} is not a whole number`);
  varint(value);
};

/** Writes a value, or a reference to another step's (`protocol/values.md#sqlite-values`). */
export const writeValue = (value: BoundValue): void => {
  if (value === null) byte(0);
  else if (typeof value == 'string') short(128, 10, utf8(value));
  else if (value instanceof Uint8Array) short(192, 11, value);
  else if (typeof value == 'object') {
    const { step, value: name, column } = value.$ref as { step: number; value?: string; column?: number };
    byte(12);
    byte(column == null ? ['lastInsertRowid', 'changes', , 'rowCount'].indexOf(name) : 2);
    writeWhole(step);
    if (column != null) writeWhole(column);
  } else if (typeof value == 'number' && (!Number.isSafeInteger(value) || Object.is(value, -0))) byte(9), real(value);
  else if (!/^(number|bigint|boolean)$/.test(typeof value)) throw invalid(`${typeof value} is not a value of SQLite`);
  else if (value >= 0 && value < 64) byte(64 + Number(value));
  else {
    let size = 1;
    while (size < 8 && (value < -(2 ** (8 * size - 1)) || value >= 2 ** (8 * size - 1))) size++;
    byte(size);
    fixed(value, size);
  }
};

/** Reads a value. Text that is not UTF-8 has U+FFFD in place of what is not. */
export const readValue = (): Value => {
  const tag = read.byte();
  return tag > 191
    ? read.raw(tag - 192)
    : tag > 127
    ? read.text(tag - 128)
    : tag > 63
    ? tag - 64
    : !tag
    ? null
    : tag < 9
    ? read.signed(tag)
    : tag == 9
    ? read.real()
    : tag == 10
    ? read.text()
    : tag == 11
    ? read.raw(read.size())
    : refused();
};

/** Writes parameters by place or by name (`protocol/values.md#parameters`). */
export const writeParams = (params: BoundParams = []): void => {
  const entries = Object.entries(params);
  const named = !Array.isArray(params);
  byte(+named);
  varint(entries.length);
  for (const [name, value] of entries) {
    if (named) sized(utf8(name));
    writeValue(value);
  }
};

const operators: Record<string, number> = {
  ran: 1,
  failed: 2,
  skipped: 3,
  not: 16,
  and: 17,
  or: 18,
  eq: 32,
  ne: 33,
  lt: 34,
  le: 35,
  gt: 36,
  ge: 37,
  isNull: 38,
};

/** Writes an expression that is given in the words of `protocol/json.md#batches` (`protocol/batches.md#expressions`). */
export const writeExpression = (expression: object): void => {
  const [[name, operand], more] = Object.entries(expression) as [[string, any], unknown];
  const operator = operators[name];
  if (!operator || more) throw invalid(`an expression has one operator, and ${name} is not it`);
  if (operator == 17 || operator == 18) {
    // A list of n is ⌈log₂ n⌉ deep: halves of halves.
    const half = operand.length >> 1;
    if (half) {
      byte(operator);
      writeExpression({ [name]: operand.slice(0, half) });
      writeExpression({ [name]: operand.slice(half) });
    } else writeExpression(operand[0]);
    return;
  }
  byte(operator);
  if (operator < 4) writeWhole(operand);
  else if (operator == 16) writeExpression(operand);
  else [].concat(operand).forEach(writeValue);
};

/** Writes an expression with its length; none is empty. */
export const writeCondition = (expression?: unknown): void =>
  nested(() => expression && writeExpression(expression as object));
