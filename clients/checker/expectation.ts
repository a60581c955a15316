import { Form } from './form.ts';

/** What was expected and what was found instead. */
export class Failure extends Error {}

/**
 * Throws `Failure` unless the JSON value `found` equals `expected`: members in any order, none missing and none besides, numbers by value.
 * `Form`s in `expected` stand for what varies. `what` names the value in the message.
 */
export function expectEqual(found: unknown, expected: unknown, what: string): void {
  if (expected instanceof Form) {
    if (!expected.matches(found)) throw new Failure(`${what} is ${show(found)}, expected ${expected.name}`);
  } else if (Array.isArray(expected)) {
    if (!Array.isArray(found)) throw new Failure(`${what} is ${show(found)}, expected an array`);
    if (found.length !== expected.length) {
      throw new Failure(`${what} has ${found.length} elements, expected ${expected.length}: ${show(found)}`);
    }
    expected.forEach((element, index) => expectEqual(found[index], element, `${what}[${index}]`));
  } else if (isObject(expected)) {
    if (!isObject(found)) throw new Failure(`${what} is ${show(found)}, expected an object`);
    const besides = Object.keys(found).filter((key) => !(key in expected));
    if (besides.length > 0) throw new Failure(`${what} has also ${besides.join(', ')}: ${show(found)}`);
    expectMembers(found, expected, what);
  } else if (found !== expected) {
    throw new Failure(`${what} is ${show(found)}, expected ${show(expected)}`);
  }
}

/** As `expectEqual`, but `found` may have members that `expected` has not. */
export function expectMembers(found: unknown, expected: Record<string, unknown>, what: string): void {
  if (!isObject(found)) throw new Failure(`${what} is ${show(found)}, expected an object`);
  for (const [key, value] of Object.entries(expected)) {
    if (!(key in found)) throw new Failure(`${what} has no ${key}: ${show(found)}`);
    expectEqual(found[key], value, `${what}.${key}`);
  }
}

/** Throws `Failure` unless `holds`. */
export function expectThat(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Failure(message);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown;
}
