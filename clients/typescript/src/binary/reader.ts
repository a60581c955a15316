// What the server's bytes say, as protocol/values.md has them. The body being read is the module's: it is read in one
// go. Whatever is not as the pages have it throws: nothing is read beyond the body's end, and nothing is allocated by a
// number that was not checked against it.
import { refused, violated } from './refusal.ts';

let bytes = new Uint8Array();
let at = 0;
let end = 0;

/** Reads the next `size` bytes with `read`, which must use them up. */
export const within = <T>(size: number, read: (size: number) => T): T => {
  const outer = end;
  if (size > end - at) refused();
  end = at + size;
  const value = read(size);
  if (at != end) refused();
  end = outer;
  return value;
};

/** Reads the bytes `from`–`to` with `read`, which must use them up. */
export const reading = <T>(source: Uint8Array<ArrayBuffer>, from: number, to: number, read: () => T): T => {
  bytes = source;
  at = from;
  end = to;
  return within(to - from, read);
};

/** Whether bytes are left. */
export const more = (): boolean => at < end;

/** One byte, at most `max`. */
export const byte = (max = 255): number => (at < end && bytes[at]! <= max ? bytes[at++]! : refused());

/** One byte in which only the bits of `mask` may be set. */
export const bits = (mask: number): number => {
  const value = byte();
  return value & ~mask ? violated() : value;
};

/** The next bytes, copied; by default all that are left. */
export const raw = (size = end - at): Uint8Array<ArrayBuffer> =>
  size > end - at ? refused() : bytes.slice(at, at += size);

/** An integer of `size` bytes, at most 8, little-endian, with its sign: a bigint beyond ±(2^53−1). */
export const signed = (size: number): number | bigint => {
  let low = 0;
  let high = 0;
  let last = 0;
  for (let i = 0; i < 8; i++) {
    last = i < size ? byte() : last > 127 ? 255 : 0;
    // Shifts count modulo 32.
    if (i < 4) low |= last << (8 * i);
    else high |= last << (8 * i);
  }
  low >>>= 0;
  const value = high * 2 ** 32 + low;
  return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) + BigInt(low);
};

/** An unsigned integer of `size` bytes, at most 4, little-endian. */
export const unsigned = (size: number): number => {
  let value = 0;
  for (let i = 0; i < size; i++) value += byte() * 2 ** (8 * i);
  return value;
};

/** IEEE 754 binary64, little-endian. */
export const real = (): number => new DataView(raw(8).buffer).getFloat64(0, true);

const narrow = (value: bigint): number | bigint => Number.isSafeInteger(Number(value)) ? Number(value) : value;

/** A varint: a bigint beyond 2^53−1. */
export const varint = (): number | bigint => {
  // Seven bytes are 49 bits, which a double holds; the three behind them 15 more.
  let low = 0;
  let high = 0;
  for (let i = 0; i < 10; i++) {
    const next = byte();
    if (i < 7) low += (next & 127) * 2 ** (7 * i);
    else high += (next & 127) << (7 * (i - 7));
    if (next < 128) return high >> 15 ? refused() : high ? narrow((BigInt(high) << 49n) + BigInt(low)) : low;
  }
  return refused();
};

/** A signed integer as varint of `(n << 1) ^ (n >> 63)`. */
export const zigzag = (): number | bigint => {
  const value = BigInt(varint());
  return narrow((value >> 1n) ^ -(value & 1n));
};

/** A length, or a number of things of a byte or more: never beyond the bytes that are left. */
export const size = (): number => {
  const value = varint();
  return value > end - at ? refused() : (value as number);
};

// A byte order mark is a character like any other.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The next bytes as text; what is not UTF-8 becomes U+FFFD. */
export const text = (length?: number): string => utf8.decode(raw(length ?? size()));

/** `count` of what `read` reads; by default as many as a varint says. */
export const list = <T>(read: () => T, count = size()): T[] => {
  const values: T[] = [];
  while (count--) values.push(read());
  return values;
};
