// The golden vectors of protocol/vectors, as far as they concern a client: it makes the requests, and reads the answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DoSQLError } from '../../src/errors.ts';
import { categories, codes } from '../../src/binary/codes.ts';
import { type Frame, frameAt } from '../../src/binary/frames.ts';
import { answers, encode, type Message, type RequestName, requests } from '../../src/binary/messages.ts';
import { Notation } from './notation.ts';
import { page, type Vector, vectors } from './pages.ts';

/** The lines of a message, taken from the front. */
class Lines {
  readonly lines: [name: string, value: Notation][];
  constructor(lines: string[]) {
    this.lines = lines.map((line) => {
      const [, name, value] = /^([^:]+): ?(.*)$/.exec(line)!;
      return [name!, new Notation(value!)];
    });
  }
  has(name: string): boolean {
    return this.lines[0]?.[0] == name;
  }
  take(name: string): Notation {
    const line = this.lines.shift();
    assert.equal(line?.[0], name);
    return line[1];
  }
  integer(name: string): number | bigint {
    return this.take(name).integer();
  }
  number(name: string): number {
    return Number(this.integer(name));
  }
  string(name: string): string {
    return this.take(name).string();
  }
  list<T>(count: string, read: () => T): T[] {
    return Array.from({ length: this.number(count) }, read);
  }
  /** The options that may follow, by name. */
  options(known: Record<string, (value: Notation) => unknown>): Message {
    const message: Message = {};
    while (this.lines.length && known[this.lines[0]![0]]) {
      const [name, value] = this.lines.shift()!;
      message[name] = known[name]!(value);
    }
    return message;
  }
}

const integer = (value: Notation) => value.integer();
// Keys, tokens and payloads of the vectors are ASCII: the client gives them as texts.
const ascii = (value: Notation) => String.fromCharCode(...value.bytes());

const statement = (lines: Lines): string | number => {
  const value = lines.take('statement');
  return value.next() == 'sql' ? value.string() : Number(value.next());
};

const parameters = (lines: Lines) => {
  const value = lines.take('parameters');
  const named = value.next() == 'named';
  const entries = Array.from({ length: Number(value.next()) }, () => {
    const name = named ? lines.string('name') : '';
    return [name, lines.take('value').value()] as const;
  });
  return named ? Object.fromEntries(entries) : entries.map(([, value]) => value);
};

const expression = (lines: Lines, name: string) => {
  const value = lines.take(name);
  return value.words[0] == 'none' ? undefined : value.expression();
};

const rows = (lines: Lines) => {
  const [count] = lines.take('rows').words;
  return Array.from({ length: Number(count) }, () => lines.take('row').row());
};

const columns = (lines: Lines) => lines.list('columns', () => lines.string('column'));

const execute = (lines: Lines): Message => ({
  sql: statement(lines),
  params: parameters(lines),
  ...lines.options({ deadline: integer, credit: integer, rowsMax: integer, key: ascii }),
});

/** For each request: its name in this client, and its body as an application gives it. */
const outgoing: Record<string, [RequestName, (lines: Lines) => Message]> = {
  HELLO: ['hello', (lines) => ({
    versionMin: lines.integer('versionMin'),
    versionMax: lines.integer('versionMax'),
    features: lines.integer('features'),
    frameMax: lines.integer('frameMax'),
    client: lines.string('client'),
    ...lines.options({ token: ascii }),
  })],
  PING: ['ping', (lines) => ({ payload: ascii(lines.take('payload')) })],
  CANCEL: ['cancel', () => ({})],
  CREDIT: ['credit', (lines) => ({ bytes: lines.integer('bytes') })],
  OPEN: ['open', (lines) => ({
    tenant: lines.string('tenant'),
    access: lines.integer('access'),
    ...lines.options({ create: integer }),
  })],
  CLOSE: ['close', () => ({})],
  QUERY: ['query', execute],
  QUERY_ONE: ['queryOne', execute],
  RUN: ['run', execute],
  BATCH: ['batch', (lines) => ({
    onError: ['rollback', 'stop', 'continue'][lines.number('onError')],
    steps: lines.list('steps', () => {
      const step: Message = {
        want: ['none', 'first', 'all'][lines.number('want')],
        tolerate: lines.number('flags') == 1,
        sql: statement(lines),
        params: parameters(lines),
        if: expression(lines, 'condition'),
        assert: expression(lines, 'assertion'),
      };
      if (step.assert) step.message = lines.string('message');
      return step;
    }),
    ...lines.options({ deadline: integer, key: ascii }),
  })],
  SCRIPT: ['script', (lines) => ({ sql: lines.string('sql'), ...lines.options({ deadline: integer, key: ascii }) })],
  SUBSCRIBE: ['subscribe', (lines) => ({
    feed: lines.integer('feed'),
    name: lines.has('channel') ? lines.string('channel') : lines.list('types', () => lines.string('type')),
    ...lines.options({ after: integer, credit: integer }),
  })],
  PUBLISH: ['publish', (lines) => ({
    feed: lines.integer('feed'),
    name: lines.string(lines.has('channel') ? 'channel' : 'type'),
    data: lines.string('data'),
    ...lines.options({ deadline: integer, key: ascii }),
  })],
  BEGIN: ['begin', (lines) => {
    const mode = ['read', 'write'][lines.number('mode')];
    const { deadline: wait, ...times } = lines.options({ deadline: integer, idle: integer, total: integer });
    return { mode, wait, ...times };
  }],
  COMMIT: ['commit', (lines) => lines.options({ key: ascii })],
  ROLLBACK: ['rollback', () => ({})],
  SAVEPOINT: ['savepoint', (lines) => ({ name: lines.string('name') })],
  RELEASE: ['release', (lines) => ({ name: lines.string('name') })],
  ROLLBACK_TO: ['rollbackTo', (lines) => ({ name: lines.string('name') })],
  MIGRATE: ['migrate', (lines) => ({
    dryRun: lines.number('flags') == 1,
    migrations: lines.list('migrations', () => ({ id: lines.string('id'), sql: lines.string('sql') })),
  })],
};

const transaction = (lines: Lines): Message => {
  const state = lines.number('transaction');
  return state ? { transaction: ['', 'read', 'write', 'aborted'][state] } : {};
};

const sqliteCode = (lines: Lines): Message => {
  const sqliteCode = lines.integer('sqlite');
  return sqliteCode ? { sqliteCode } : {};
};

const outcome = (lines: Lines): Message => {
  const flags = lines.number('flags');
  return {
    ...(flags & 1 ? { replayed: true } : {}),
    ...(flags > 1 ? { changed: true } : {}),
    ...transaction(lines),
    changes: lines.integer('changes'),
    lastInsertRowid: lines.integer('lastInsertRowid'),
    lsn: lines.integer('lsn'),
  };
};

const error = (lines: Lines): Message => {
  const code = lines.number('code');
  const category = categories[lines.number('category') - 1];
  const flags = lines.number('flags');
  return {
    code: codes[code] ?? `${code}`,
    category,
    retryable: flags % 2 == 1,
    executed: ['no', 'yes', 'unknown'][(flags >> 1) & 3],
    ...(flags > 7 ? { fatal: true } : {}),
    ...transaction(lines),
    ...sqliteCode(lines),
    error: lines.string('message'),
    ...lines.options({
      offset: integer,
      step: integer,
      retryAfter: integer,
      limit: (value) => ({ name: value.string(), value: value.integer() }),
      statement: (value) => ({ index: value.integer(), offset: value.integer() }),
      row: integer,
      migration: (value) => value.string(),
      trace: (value) => value.string(),
      oldest: integer,
    }),
  };
};

/** For each answer: what this client reads from it. */
const incoming: Record<string, [type: number, (lines: Lines) => Message]> = {
  HELLO_OK: [0x40, (lines) => ({
    version: lines.number('version'),
    features: new Uint8Array(new BigUint64Array([BigInt(lines.integer('features'))]).buffer),
    frameMax: lines.integer('frameMax'),
    serverID: lines.take('serverID').bytes(),
    server: lines.string('server'),
    limits: Object.fromEntries(lines.list('limits', () => {
      const value = lines.take('limit');
      return [value.string(), value.integer()];
    })),
    ...lines.options({ connection: (value) => value.string() }),
  })],
  PONG: [0x41, (lines) => ({ payload: lines.take('payload').bytes() })],
  GOAWAY: [0x42, (lines) => ({
    reason: lines.number('reason'),
    message: lines.string('message'),
    ...lines.options({ retryAfter: integer }),
  })],
  OK: [0x50, (lines) => ({ ...outcome(lines), ...lines.options({ incarnation: (value) => value.bytes() }) })],
  RESULT: [0x51, (lines) => ({ columns: columns(lines), rows: rows(lines), ...outcome(lines) })],
  HEAD: [0x52, (lines) => ({ columns: columns(lines), ...lines.options({ position: integer, oldest: integer }) })],
  ROWS: [0x53, (lines) => ({ rows: rows(lines) })],
  DONE: [0x54, (lines) => {
    const { statements, ...others } = lines.options({ rowsLoaded: integer, statements: integer, rowsSent: integer });
    return { ...outcome(lines), ...others, ...(statements === undefined ? {} : { statements }) };
  }],
  BATCH_RESULT: [0x55, (lines) => {
    const results = lines.list('steps', () => {
      const status = ['done', 'failed', 'skipped'][lines.number('status')];
      if (status == 'failed') return { status, error: error(lines) };
      if (status == 'skipped') return { status };
      return {
        status,
        columns: columns(lines),
        rows: rows(lines),
        changes: lines.integer('changes'),
        lastInsertRowid: lines.integer('lastInsertRowid'),
      };
    });
    return { results, ...outcome(lines) };
  }],
  MIGRATIONS: [0x57, (lines) => ({
    migrations: lines.list('migrations', () => ({
      id: lines.string('id'),
      state: ['pending', 'present', 'applied'][lines.number('state')],
      appliedAt: lines.string('appliedAt') || null,
      checksum: lines.string('checksum'),
      durationMs: lines.integer('milliseconds'),
    })),
    ...outcome(lines),
  })],
  ERROR: [0x5f, error],
};

/** Messages that this client neither sends nor is ever answered with, and why. */
const foreign: Record<string, string> = {
  PREPARE: 'it sends texts: numbers for them are no faster by any measure that was tried',
  UNPREPARE: 'it has no PREPARE',
  TENANTS: "a tenant's client does not ask for others",
  TENANT_LIST: 'the answer to TENANTS',
  DESCRIBE: 'it has no use for the shape of a statement',
  DESCRIPTION: 'the answer to DESCRIBE',
  LOAD: 'it has no bulk loads',
  LOAD_ROWS: 'part of LOAD',
  GRANT: 'part of LOAD',
};

/** What a client makes of bytes that come in parts: the frame and its message, a code, or nothing yet. */
const receive = (bytes: Uint8Array<ArrayBuffer>, part: number, width = 0): [Frame, Message] | string | undefined => {
  for (let end = Math.min(part, bytes.length);; end = Math.min(end + part, bytes.length)) {
    try {
      // A copy, so that nothing behind the part can be seen.
      const frame = frameAt(bytes.slice(0, end), 0);
      if (frame) return [frame, frame.read(width)];
    } catch (error) {
      assert.ok(error instanceof DoSQLError, String(error));
      assert.equal(error.executed, 'unknown');
      return error.code;
    }
    if (end == bytes.length) return;
  }
};

const typeOf = (vector: Vector) => vector.message![0]!.replace('type: ', '');
const messages = vectors.filter((vector) => vector.message);
const refusals = vectors.filter((vector) => vector.refusal);
/** What a client sends: it never reads it, and `accepted` frames of it concern servers. */
const sent = messages.filter((vector) => outgoing[typeOf(vector)]);
const received = messages.filter((vector) => incoming[typeOf(vector)]);
const skipped = messages.filter((vector) => foreign[typeOf(vector)]);

for (const vector of sent) {
  test(`${vector.page}, ${vector.title}: the client makes exactly these bytes`, () => {
    const lines = new Lines(vector.message!);
    lines.take('type');
    const flags = lines.number('flags');
    const stream = lines.number('stream');
    const request = lines.number('request');
    const [name, read] = outgoing[typeOf(vector)]!;
    const body = read(lines);
    assert.deepEqual(lines.lines, []);
    assert.deepEqual(encode(name, stream, request, body, flags), vector.frame);
  });
}

for (const vector of received) {
  test(`${vector.page}, ${vector.title}: the client reads exactly this message`, () => {
    const lines = new Lines(vector.message!);
    lines.take('type');
    assert.equal(lines.integer('flags'), 0);
    const stream = lines.number('stream');
    const request = lines.number('request');
    const [type, read] = incoming[typeOf(vector)]!;
    const width = Number(/^rows: \d+ of (\d+)/m.exec(vector.message!.join('\n'))?.[1] ?? 0);
    const message = read(lines);
    if (type == 0x54) {
      Object.assign(message, lines.options({ rowsLoaded: integer, statements: integer, rowsSent: integer }));
    }
    if (type == 0x50) Object.assign(message, lines.options({ incarnation: (value) => value.bytes() }));
    assert.deepEqual(lines.lines, []);
    for (const bytes of [vector.frame, ...vector.accepted]) {
      for (const part of [Infinity, 1, 7, 13]) {
        const answer = receive(bytes, part, width);
        assert.ok(Array.isArray(answer), `${answer}`);
        const [frame, content] = answer;
        assert.deepEqual([frame.type, frame.stream, frame.request], [type, stream, request]);
        assert.equal(frame.end, bytes.length);
        assert.deepEqual(content, message);
      }
    }
    for (let end = 0; end < vector.frame.length; end++) {
      assert.equal(receive(vector.frame.slice(0, end), Infinity), undefined);
      if (end < 12) continue;
      // A body that is cut is refused, or says something else.
      const cut = vector.frame.slice(0, end);
      new DataView(cut.buffer).setUint32(0, end - 12, true);
      const answer = receive(cut, Infinity, width);
      if (Array.isArray(answer)) assert.notDeepEqual(answer[1], message);
      else assert.match(answer!, /^(MALFORMED|PROTOCOL_VIOLATION)$/);
    }
  });
}

/** The type in a frame's header. */
const isRequest = (vector: Vector) => vector.frame.length > 4 && vector.frame[4]! > 0 && vector.frame[4]! < 0x40;
/** What a client refuses for its length comes before its type. */
const byLength = (vector: Vector) => new DataView(vector.frame.buffer).getUint32(0, true) > 2 ** 24;

for (const vector of refusals) {
  // Of the bodies of requests a client reads none: that it is a request is reason enough to refuse it.
  const expected = vector.refusal == 'incomplete'
    ? undefined
    : isRequest(vector) && !byLength(vector)
    ? 'PROTOCOL_VIOLATION'
    : vector.frame[4] == 0x58
    ? 'UNSUPPORTED'
    : vector.refusal;
  test(`${vector.page}, ${vector.title}: the client refuses with ${expected ?? 'patience'}`, () => {
    if (vector.title == 'A body that is not all there' || vector.title == 'Half a header') {
      // They are requests too; the same cut out of an answer.
      const answer = Uint8Array.from(vector.frame, (byte, index) => index == 4 ? 0x54 : byte);
      assert.equal(receive(answer, Infinity), undefined);
      assert.equal(receive(answer, 1), undefined);
      return;
    }
    for (const part of [Infinity, 1]) assert.equal(receive(vector.frame, part), expected);
  });
}

test('every vector concerns the client as what it sends, what it reads, or what it refuses', () => {
  const handled = new Set([...sent, ...received, ...skipped, ...refusals]);
  assert.deepEqual(vectors.filter((vector) => !handled.has(vector)).map(({ page, title }) => [page, title]), []);
  assert.ok(vectors.length > 150, `${vectors.length} vectors`);
  assert.equal(sent.length + received.length + skipped.length + refusals.length, vectors.length);
  // An answer nobody asked for is refused, not misread.
  for (const vector of skipped) {
    const type = vector.frame[4]!;
    assert.equal(receive(vector.frame, Infinity), type < 0x40 ? 'PROTOCOL_VIOLATION' : 'UNSUPPORTED', vector.title);
  }
  for (const vector of vectors) assert.ok(!vector.message != !vector.refusal, vector.title);
  // Whose body the client reads before it refuses it.
  assert.deepEqual(
    refusals.filter((vector) => !isRequest(vector)).map((vector) => vector.title),
    [
      'No byte at all',
      'Type 0',
      'Type 0x80',
      'GOAWAY with a request',
      'RESULT with rows but no columns',
      'RESULT whose outcome has a reserved bit',
      'OK with transaction 4',
      'OK with an incarnation of 15 bytes',
      'ERROR with execution 3',
      'BATCH_RESULT with status 3',
      'TENANT_LIST with more = 2',
      'HEAD with a position of 2^63',
      'ERROR with an oldest of two bytes too many',
    ],
  );
});

/** The cells of the rows of a page's tables whose first cell matches. */
const table = (name: string, first: RegExp): string[][] =>
  page(name).split('\n').filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())).filter((row) => first.test(row[0]!));

test("every message of the page is the client's", () => {
  const rows = table('messages.md', /^`0x..`$/).filter((row) => row.length == 4 && /^[A-Z_]+$/.test(row[1]!));
  const types = new Map(rows.map(([type, name]) => [name, Number(type!.replaceAll('`', ''))]));
  assert.equal(types.size, 40);
  for (const [name, type] of types) {
    if (foreign[name!]) continue;
    if (type > 0x3f) {
      assert.equal(incoming[name!]?.[0], type, name);
      assert.ok(answers[type], name);
    } else assert.equal(parseInt(requests[outgoing[name!]![0]].slice(0, 2), 16), type, name);
  }
  assert.equal(Object.keys({ ...answers, ...requests, ...foreign }).length, types.size);
  for (const [, name, , answer] of rows) {
    const terminal = types.get(answer!.split(/[ ,]/)[0]!);
    const request = outgoing[name!];
    // SUBSCRIBE ends with ERROR only.
    const expected = name == 'SUBSCRIBE' ? 0x5f : terminal ?? 0;
    if (request) assert.equal(parseInt(requests[request[0]].slice(2, 4), 16), expected, name);
  }
});

test("the registry of errors is the page's", () => {
  const rows = table('errors.md', /^\d{4}$/);
  assert.deepEqual(rows.map((row) => [row[0], row[1]]), Object.entries(codes));
  assert.deepEqual(table('errors.md', /^\d{1,2}$/).map((row) => row[1]), categories);
});
