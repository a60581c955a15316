import { after, before } from 'node:test';

/** Keeps what is logged while the tests of a suite run, instead of printing it. */
export function capturedConsole(): string[] {
  const lines: string[] = [];
  const { log, error } = console;
  before(() => {
    console.log = console.error = (...words: unknown[]) => lines.push(words.map(String).join(' '));
  });
  after(() => {
    Object.assign(console, { log, error });
  });
  return lines;
}
