// The notation of values in message blocks (protocol/vectors/README.md).
import type { Expression } from '../../src/types.ts';
import type { BoundValue, Value } from '../../src/values.ts';
import { hex } from './pages.ts';

/** Words of a line: parentheses, quoted texts, hex, others. */
const words = (text: string): string[] => text.match(/\(|\)|x?"(?:[^"\\]|\\.)*"|[^\s()]+/g) ?? [];

/** What stands in a line behind its name, taken from its front. */
export class Notation {
  readonly words: string[];
  constructor(text: string) {
    this.words = words(text);
  }

  next(): string {
    const word = this.words.shift();
    if (word === undefined) throw new Error('A value ends too early');
    return word;
  }

  /** A word in place of the one that must stand there. */
  private expect(expected: string): void {
    const word = this.next();
    if (word != expected) throw new Error(`There is ${word} where ${expected} belongs`);
  }

  integer(): number | bigint {
    const value = BigInt(this.next());
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  string(): string {
    return JSON.parse(this.next());
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return hex(this.next().slice(2, -1));
  }

  value(): BoundValue {
    this.expect('(');
    const value = this.inside();
    this.expect(')');
    return value;
  }

  private inside(): BoundValue {
    const kind = this.next();
    switch (kind) {
      case 'null':
        return null;
      case 'integer':
        return this.integer();
      case 'real':
        return Number(this.next().replace('inf', 'Infinity'));
      case 'text': {
        if (!this.words[0]!.startsWith('x')) return this.string();
        // What JavaScript makes of a text that is not UTF-8.
        return new TextDecoder().decode(this.bytes());
      }
      case 'blob':
        return this.bytes();
      case 'lastInsertRowid':
      case 'changes':
      case 'rowCount':
        return { $ref: { step: Number(this.next()), value: kind } };
      case 'column':
        return { $ref: { step: Number(this.next()), column: Number(this.next()) } };
    }
    throw new Error(`There is no value ${kind}`);
  }

  row(): Value[] {
    const values: Value[] = [];
    while (this.words.length) values.push(this.value() as Value);
    return values;
  }

  expression(): Expression {
    this.expect('(');
    const name = this.next();
    const word =
      ({ '=': 'eq', '≠': 'ne', '<': 'lt', '≤': 'le', '>': 'gt', '≥': 'ge' } as Record<string, string>)[name] ??
        name;
    const operand = /^(ran|failed|skipped)$/.test(word)
      ? Number(this.next())
      : word == 'not'
      ? this.expression()
      : word == 'and' || word == 'or'
      ? [this.expression(), this.expression()]
      : word == 'isNull'
      ? this.value()
      : [this.value(), this.value()];
    this.expect(')');
    return { [word]: operand } as unknown as Expression;
  }
}
