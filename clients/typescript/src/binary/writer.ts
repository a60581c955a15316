// Bytes of messages, as protocol/values.md has them. The message under way is the module's: it is written in one go.

import { invalid } from '../values.ts';

let bytes = new Uint8Array();
let end = 0;

const room = (size: number): void => {
  if (end + size > bytes.length) {
    const longer = new Uint8Array((end + size) * 2);
    longer.set(bytes);
    bytes = longer;
  }
};

/** What `write` writes. */
export const written = (write: () => void): Uint8Array<ArrayBuffer> => {
  bytes = new Uint8Array(64);
  end = 0;
  write();
  return bytes.subarray(0, end);
};

/** The lowest byte of an integer of up to 53 bits. */
export const byte = (value: number): void => {
  room(1);
  bytes[end++] = value;
};

/** Bytes as they are. */
export const raw = (value: Uint8Array): void => {
  room(value.length);
  bytes.set(value, end);
  end += value.length;
};

const low = (value: number | bigint): number => typeof value == 'bigint' ? Number(value & 255n) : value;
const rest = (value: number | bigint, bits: number): number | bigint =>
  typeof value == 'bigint' ? value >> BigInt(bits) : Math.floor(value / 2 ** bits);

/** An integer of `size` bytes, little-endian. */
export const fixed = (value: number | bigint, size: number): void => {
  for (; size--; value = rest(value, 8)) byte(low(value));
};

/** An unsigned integer of up to 64 bits as varint. */
export const varint = (value: number | bigint): void => {
  for (; value > 127; value = rest(value, 7)) byte(low(value) | 128);
  byte(low(value));
};

/** IEEE 754 binary64, little-endian. */
export const real = (value: number): void => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  raw(new Uint8Array(view.buffer));
};

/** varint length, then what `write` writes. */
export const nested = (write: () => void): void => {
  const start = end;
  write();
  const inner = bytes.slice(start, end);
  end = start;
  varint(inner.length);
  raw(inner);
};

const encoder = new TextEncoder();

/** A text's UTF-8. @throws DoSQLError of one that has none. */
export const utf8 = (text: string): Uint8Array => {
  // Half a character would be stored as another.
  if ((text as { isWellFormed?(): boolean }).isWellFormed?.() === false) throw invalid('a text has a lone surrogate');
  return encoder.encode(text);
};

/** varint length, then the bytes. */
export const sized = (value: Uint8Array): void => {
  varint(value.length);
  raw(value);
};
