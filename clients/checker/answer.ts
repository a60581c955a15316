import { expectEqual, expectMembers, expectThat, Failure } from './expectation.ts';
import { words } from './form.ts';

/** An HTTP answer, read to its end. */
export class Answer {
  readonly request: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;

  constructor(request: string, status: number, headers: Headers, text: string) {
    this.request = request;
    this.status = status;
    this.headers = headers;
    this.text = text;
  }

  /** The body as JSON; `Failure` if it is none, or is not said to be. */
  // deno-lint-ignore no-explicit-any
  get json(): any {
    this.expectHeader('Content-Type', /^application\/json(; *charset=utf-8)?$/i);
    try {
      return JSON.parse(this.text);
    } catch {
      throw new Failure(`${this.request} answers no JSON: ${this.text.slice(0, 300)}`);
    }
  }

  /** Expects the status and, if it is given, a body that equals `body`; returns the body. */
  // deno-lint-ignore no-explicit-any
  expect(status: number, body?: unknown): any {
    this.expectStatus(status);
    const json = this.json;
    if (body !== undefined) expectEqual(json, body, `the body of ${this.request}`);
    return json;
  }

  /** Expects an error body: `error` as given, `members` besides, and perhaps others. */
  expectError(status: number, error: unknown = words, members: Record<string, unknown> = {}): void {
    this.expectStatus(status);
    expectMembers(this.json, { error, ...members }, `the body of ${this.request}`);
  }

  expectStatus(status: number): void {
    expectThat(
      this.status === status,
      `${this.request} is ${this.status}, expected ${status}: ${this.text.slice(0, 300)}`,
    );
  }

  /** Expects a header with this value, or with one of this pattern; returns it. */
  expectHeader(name: string, value: string | RegExp): string {
    const found = this.headers.get(name);
    if (found === null) throw new Failure(`${this.request} has no header ${name}`);
    const fits = typeof value === 'string' ? found === value : value.test(found);
    expectThat(fits, `${this.request} has ${name}: ${found}, expected ${value}`);
    return found;
  }
}
