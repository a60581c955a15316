import type { BatchStepBody } from '../transport.ts';
import { invalid, type Value } from '../values.ts';
import { categories, codes } from './codes.ts';
import { bits, byte, list, more, raw, size, text, unsigned, varint, within, zigzag } from './reader.ts';
import { refused, violated } from './refusal.ts';
import { readValue, writeCondition, writeParams, writeWhole } from './values.ts';
import * as write from './writer.ts';

/**
 * What this client sends (`protocol/messages.md`; it has no LOAD, DESCRIBE, TENANTS, PREPARE and UNPREPARE), by the names of `protocol/json.md` where it has one: the type and the
 * type of the terminal answer in hex; then the body's fields, a letter for the kind (see `kinds`) and the member's
 * name; an option has its tag in front.
 */
export const requests = {
  hello: '0140 HversionMin HversionMax Qfeatures vframeMax tclient 01ktoken',
  ping: '0341 kpayload',
  cancel: '0400',
  credit: '0500 vbytes',
  open: '1050 ttenant Baccess 01vcreate',
  close: '1150',
  query: '1451 ssql pparams 01vdeadline 02vcredit 03vrowsMax 84kkey',
  queryOne: '1551 ssql pparams 01vdeadline 84kkey',
  run: '1654 ssql pparams 01vdeadline 84kkey',
  batch: '1755 EonError Ssteps 01vdeadline 84kkey',
  script: '1854 tsql 01vdeadline 84kkey',
  subscribe: '1c5f Bfeed nname 01vafter 02vcredit',
  publish: '1d54 Bfeed tname tdata 01vdeadline 84kkey',
  begin: '2050 Mmode 01vwait 02vidle 03vtotal',
  commit: '2150 84kkey',
  rollback: '2250',
  savepoint: '2350 tname',
  release: '2450 tname',
  rollbackTo: '2550 tname',
  migrate: '3057 BdryRun Lmigrations',
};

/** The name of a request. */
export type RequestName = keyof typeof requests;

const writeText = (value: string): void => write.sized(write.utf8(value));
const stepMembers = /^(sql|params|want|if|assert|message|tolerate)$/;
const writeList = <T>(values: T[], one: (value: T) => void): void => {
  write.varint(values.length);
  values.forEach(one);
};
/** A number for a word; without one the standard, and 255, which no page lists, for another. */
const writeWord = (words: string, standard: number) => (value?: string): void =>
  write.byte(value == null ? standard : words.split(' ').indexOf(value));
const writeWant = writeWord('none first all', 2);

const kinds: Record<string, (value: any) => void> = {
  B: (value = 0) => write.byte(+value),
  H: (value) => write.fixed(value, 2),
  Q: (value) => write.fixed(value, 8),
  v: writeWhole,
  t: writeText,
  // A text as it is: an option's bytes, or the rest.
  k: (value) => write.raw(write.utf8(value)),
  // A statement: its text, or its number.
  s: (value: string | number) => typeof value == 'string' ? (write.byte(0), writeText(value)) : write.varint(value),
  p: writeParams,
  E: writeWord('rollback stop continue', 0),
  M: writeWord('read write', 1),
  n: (value: string | string[]) => typeof value == 'string' ? writeText(value) : writeList(value, writeText),
  L: (values: { id: string; sql: string }[]) =>
    writeList(values, ({ id, sql }) => {
      writeText(id);
      writeText(sql);
    }),
  S: (steps) =>
    writeList(steps, (step: BatchStepBody) => {
      // A misspelt one would leave out a condition.
      for (const name in step) if (!stepMembers.test(name)) throw invalid(`a step has no ${name}`);
      writeWant(step.want);
      write.byte(+!!step.tolerate);
      kinds.s!(step.sql);
      writeParams(step.params);
      writeCondition(step.if);
      writeCondition(step.assert);
      if (step.assert) writeText(step.message ?? '');
    }),
};

/**
 * A frame (`protocol/framing.md`).
 *
 * @param body the members that `requests` names; options that are absent are not written.
 * @param flags 1 END, 2 DEPENDS.
 */
export const encode = (
  name: RequestName,
  stream: number,
  request: number,
  body: Record<string, any> = {},
  flags = 0,
): Uint8Array<ArrayBuffer> => {
  const [types, ...fields] = requests[name].split(' ') as [string, ...string[]];
  const frame = write.written(() => {
    write.fixed(0, 4);
    write.byte(parseInt(types.slice(0, 2), 16));
    write.byte(flags);
    write.fixed(stream, 2);
    write.fixed(request, 4);
    for (const field of fields) {
      const [, tag, kind, member] = /^(\d\d)?(.)(.+)/.exec(field) as string[];
      const value = body[member!];
      if (!tag) kinds[kind!]!(value);
      else if (value != null) {
        write.byte(parseInt(tag, 16));
        write.nested(() => kinds[kind!]!(value));
      }
    }
  });
  new DataView(frame.buffer).setUint32(0, frame.length - 12, true);
  return frame;
};

/** What a message of the server says. */
export type Message = Record<string, any>;

/** Reads the options at a body's end, for each tag from 1 a member's name and what reads it; what is undefined goes. */
const options = (message: Message, ...known: [name: string, read: (size: number) => unknown][]): Message => {
  const seen = new Set();
  while (more()) {
    const tag = byte();
    if (seen.has(tag)) refused();
    seen.add(tag);
    within(size(), (length) => {
      const option = known[tag - 1];
      if (option) message[option[0]] = option[1](length);
      else if (tag > 127) refused('UNSUPPORTED');
      else raw(length);
    });
  }
  for (const name in message) if (message[name] === undefined) delete message[name];
  return message;
};

const states = [undefined, 'read', 'write', 'aborted'];
const columns = (): string[] => list(text);
const rows = (width: number): Value[][] => {
  const count = unsigned(4);
  return count && !width ? refused() : list(() => list(readValue, width), count);
};
const outcome = (message: Message = {}): Message => {
  const flags = bits(3);
  message.replayed = flags % 2 > 0 || undefined;
  message.changed = flags > 1 || undefined;
  message.transaction = states[byte(3)];
  message.changes = varint();
  message.lastInsertRowid = zigzag();
  message.lsn = varint();
  return message;
};
const result = (): Message => {
  const names = columns();
  return { columns: names, rows: rows(names.length) };
};
/** The body of an ERROR, as an error of `protocol/json.md#errors`; `fatal`: the connection closes. */
const error = (): Message => {
  const code = unsigned(2);
  const category = categories[byte() - 1] ?? 'INTERNAL';
  const flags = bits(15);
  return options(
    {
      code: codes[code] ?? String(code),
      category,
      retryable: !!(flags & 1),
      executed: ['no', 'yes', 'unknown'][(flags >> 1) & 3] ?? violated(),
      fatal: flags > 7 || undefined,
      transaction: states[byte(3)],
      sqliteCode: unsigned(4) | 0 || undefined,
      error: text(),
    },
    ['offset', varint],
    ['step', varint],
    ['retryAfter', varint],
    ['limit', () => ({ name: text(), value: varint() })],
    ['statement', () => ({ index: varint(), offset: varint() })],
    ['row', varint],
    ['migration', text],
    ['trace', text],
    ['oldest', varint],
  );
};
const id = (): number | bigint => {
  const value = varint();
  return value > 2n ** 63n - 1n ? refused() : value;
};

/** What a server sends this client (`protocol/messages.md`), by its type; `width`: of ROWS, the columns of its HEAD. */
export const answers: Record<number, (width: number) => Message> = {
  // HELLO_OK
  0x40: () =>
    options({
      version: unsigned(2),
      features: raw(8),
      frameMax: varint(),
      serverID: raw(16),
      server: text(),
      limits: Object.fromEntries(list(() => [text(), varint()])),
    }, ['connection', text]),
  // PONG
  0x41: () => ({ payload: raw() }),
  // GOAWAY
  0x42: () => options({ reason: unsigned(2), message: text() }, ['retryAfter', varint]),
  // OK
  0x50: () => options(outcome(), ['incarnation', () => raw(16)]),
  // RESULT
  0x51: () => options(outcome(result())),
  // HEAD
  0x52: () => options({ columns: columns() }, ['position', id], ['oldest', varint]),
  // ROWS
  0x53: (width) => ({ rows: rows(width) }),
  // DONE
  0x54: () => options(outcome(), ['rowsLoaded', varint], ['statements', varint], ['rowsSent', varint]),
  // BATCH_RESULT
  0x55: () =>
    options(outcome({
      results: list(() => {
        const status = byte(2);
        return status == 0
          ? { status: 'done', ...result(), changes: varint(), lastInsertRowid: zigzag() }
          : status == 1
          ? { status: 'failed', error: within(size(), error) }
          : { status: 'skipped' };
      }),
    })),
  // MIGRATIONS
  0x57: () =>
    options(outcome({
      migrations: list(() => ({
        id: text(),
        state: ['pending', 'present', 'applied'][byte(2)],
        appliedAt: text() || null,
        checksum: text(),
        durationMs: varint(),
      })),
    })),
  // ERROR
  0x5f: error,
};
