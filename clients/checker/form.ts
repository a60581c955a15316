/** Stands in an expected value for what varies: a value has the form, or it has not. */
export class Form {
  readonly name: string;
  readonly matches: (value: unknown) => boolean;

  constructor(name: string, matches: (value: unknown) => boolean) {
    this.name = name;
    this.matches = matches;
  }
}

const text = (name: string, pattern: RegExp) =>
  new Form(name, (value) => typeof value === 'string' && pattern.test(value));

/** An id that SQLite gave: a whole number from 1 on. */
export const id = new Form('an id', (value) => Number.isSafeInteger(value) && (value as number) > 0);
/** Any text but the empty one. */
export const words = text('a text', /./s);
/** CURRENT_TIMESTAMP, in UTC. */
export const timestamp = text('YYYY-MM-DD HH:MM:SS', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
/** What `Date.prototype.toISOString` gives. */
export const isoTime = text('an ISO 8601 time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
/** RFC 9562, any version. */
export const uuid = text('a UUID', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
/** Text that begins with `start`. */
export const startingWith = (start: string) =>
  new Form(
    `a text that begins with ${JSON.stringify(start)}`,
    (value) => typeof value === 'string' && value.startsWith(start),
  );
/** Text in which `part` occurs. */
export const containing = (part: string) =>
  new Form(`a text with ${JSON.stringify(part)} in it`, (value) => typeof value === 'string' && value.includes(part));
