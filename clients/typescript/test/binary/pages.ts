// The pages of protocol/vectors, as they lie in this checkout (protocol/vectors/README.md).
import { readdirSync, readFileSync } from 'node:fs';

const protocol = new URL('../../../../protocol/', import.meta.url);

/** A case of a page. */
export interface Vector {
  page: string;
  title: string;
  /** Lines of what the frame says; or */
  message?: string[];
  /** the code of a frame that must be refused. */
  refusal?: string;
  frame: Uint8Array<ArrayBuffer>;
  /** Frames that say the same. */
  accepted: Uint8Array<ArrayBuffer>[];
}

/** A page of the protocol. */
export const page = (name: string): string => readFileSync(new URL(name, protocol), 'utf8');

/** Bytes of hex digits. */
export const hex = (digits: string): Uint8Array<ArrayBuffer> => {
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`This is not hex: ${digits}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
};

const bytes = (lines: string[]) => hex(lines.map((line) => line.replace(/#.*/, '')).join('').replace(/\s/g, ''));

const cases = (name: string): Vector[] =>
  page(`vectors/${name}`).split(/^## /m).slice(1).map((section) => {
    const vector: Vector = { page: name, title: section.split('\n')[0]!, frame: hex(''), accepted: [] };
    for (const [, kind, text] of section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
      const lines = text!.split('\n').slice(0, -1);
      if (kind == 'message') vector.message = lines;
      else if (kind == 'hex') vector.frame = bytes(lines);
      else if (kind == 'accepted') vector.accepted.push(bytes(lines));
      else if (kind == 'refused') vector.refusal = lines[0]!;
      else throw new Error(`${name} has a block of unknown kind ${kind}`);
    }
    return vector;
  });

/** The cases of all pages. */
export const vectors: Vector[] = readdirSync(new URL('vectors/', protocol))
  .filter((name) => name.endsWith('.md') && name != 'README.md').sort().flatMap(cases);
