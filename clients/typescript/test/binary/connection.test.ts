// The connection's machine by itself: no socket, no clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, type Connection, type Sink, type Stream } from '../../src/binary/connection.ts';
import { DoSQLError } from '../../src/errors.ts';
import { frame, helloOK, outcome, text } from './impostor.ts';

const goaway = frame(0x42, 0, 0, [0xd4, 7, ...text('the server is shutting down')]);

/** A machine that has been greeted, and what it did. */
class Machine {
  readonly connection: Connection;
  did: string[] = [];
  /** Type, stream and request of what was sent. */
  sent: [type: number, stream: number, request: number][] = [];
  why: DoSQLError | undefined;

  constructor(greeted = true) {
    this.connection = connect({
      send: (bytes) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        assert.equal(bytes.length, 12 + view.getUint32(0, true));
        this.sent.push([view.getUint8(4), view.getUint16(6, true), view.getUint32(8, true)]);
      },
      ready: () => this.did.push('ready'),
      leave: () => this.did.push('leave'),
      end: (why) => {
        this.did.push('end');
        this.why = why;
      },
    });
    this.connection.opened();
    if (!greeted) return;
    this.connection.received(helloOK(1));
    assert.deepEqual(this.take(), [[1, 0, 1]]);
    assert.deepEqual(this.did.splice(0), ['ready']);
  }

  /** What was sent since this was asked. */
  take() {
    return this.sent.splice(0);
  }

  /** Answers something with OK or DONE of a transaction's state. */
  answer(type: number, [, stream, request]: [number, number, number], transaction = 0) {
    this.connection.received(frame(type, stream, request, [0, transaction, 0, 0, 9]));
  }

  /** A stream that is there at once, and OPEN answered. */
  lease(tenant = 't'): Stream {
    let leased: Stream | undefined;
    this.connection.lease(tenant, (stream) => {
      assert.ok(!(stream instanceof Error));
      leased = stream;
    });
    for (const sent of this.take()) this.answer(0x50, sent);
    return leased!;
  }

  /** Sends RUN, and tells what comes of it. */
  run(stream: Stream): { sent: [number, number, number]; came: Parameters<Sink>[0][]; id: number } {
    const came: Parameters<Sink>[0][] = [];
    const id = this.connection.request(stream, 'run', { sql: 'x' }, (message) => came.push(message));
    return { sent: this.take().at(-1)!, came, id };
  }
}

test('a stream is opened once, and used again when its request is answered', () => {
  const machine = new Machine();
  const { connection } = machine;
  const first = machine.lease();
  const { sent } = machine.run(first);
  assert.equal(sent[1], first.number);
  connection.release(first);
  const second = machine.lease();
  assert.notEqual(second.number, first.number);
  machine.answer(0x54, sent);
  connection.release(second);
  // None is opened for the tenant, and nobody gets one twice.
  const third = machine.lease();
  const fourth = machine.lease();
  assert.deepEqual(new Set([third, fourth]), new Set([first, second]));
  assert.notEqual(machine.lease(), third);
});

test("a stream that is given back as its answer comes is nobody else's twice", () => {
  const machine = new Machine();
  const { connection } = machine;
  const stream = machine.lease();
  connection.request(stream, 'rollback', {}, () => connection.release(stream));
  machine.answer(0x50, machine.take()[0]!);
  assert.equal(machine.lease(), stream);
  assert.notEqual(machine.lease(), stream);
});

test('a stream that is given back within a transaction is closed before it is used again', () => {
  const machine = new Machine();
  const { connection } = machine;
  const stream = machine.lease();
  const { sent } = machine.run(stream);
  machine.answer(0x54, sent, 2);
  assert.equal(stream.transaction, 'write');
  connection.release(stream);
  const [close] = machine.take();
  assert.deepEqual(close?.slice(0, 2), [0x11, stream.number]);
  const other = machine.lease();
  assert.notEqual(other.number, stream.number);
  machine.answer(0x50, close!);
  // Its number is free, and opened anew.
  connection.lease('u', () => {});
  assert.deepEqual(machine.take().map(([type, number]) => [type, number]), [[0x10, stream.number]]);
});

test('at the bound a stream of another tenant makes room, and who finds none waits in order', () => {
  const machine = new Machine();
  const { connection } = machine;
  const streams = ['a', 'b', 'c', 'd'].map((tenant) => machine.lease(tenant));
  const order: string[] = [];
  connection.lease('e', () => order.push('e'));
  connection.lease('f', () => order.push('f'));
  assert.deepEqual([machine.take(), order], [[], []]);
  connection.release(streams[1]!);
  assert.deepEqual(machine.take().map(([type, number]) => [type, number]), [[0x11, 2], [0x10, 2]]);
  connection.release(streams[0]!);
  assert.deepEqual(order, ['e', 'f']);
});

test('a stream that cannot be opened fails with why, and its number is free', () => {
  const machine = new Machine();
  const { connection } = machine;
  let stream!: Stream;
  connection.lease('t', (leased) => stream = leased as Stream);
  const [open] = machine.take();
  const { sent, came } = machine.run(stream);
  const error = (code: number, [, number, request]: [number, number, number]) =>
    frame(0x5f, number, request, [code & 255, code >> 8, 10, 0, 0, 0, 0, 0, 0, ...text('no')]);
  connection.received(error(3005, open!));
  connection.received(error(3001, sent));
  assert.equal((came[0] as DoSQLError).code, 'TENANT_NOT_FOUND');
  connection.release(stream);
  assert.equal(machine.lease('u').number, stream.number);
});

test('several frames come in one message', () => {
  const machine = new Machine();
  const runs = [machine.run(machine.lease()), machine.run(machine.lease())];
  const frames = runs.map(({ sent: [, stream, request] }) => [...frame(0x54, stream, request, outcome)]);
  machine.connection.received(Uint8Array.from(frames.flat()));
  for (const { came } of runs) assert.equal(came.length, 1);
});

test('GOAWAY lets what is under way end', () => {
  const machine = new Machine();
  const { sent, came } = machine.run(machine.lease());
  machine.connection.received(goaway);
  assert.deepEqual(machine.did.splice(0), ['leave']);
  machine.answer(0x54, sent);
  assert.equal(came.length, 1);
  assert.equal(machine.connection.over(), undefined);
});

test('while something is under way the server must say something', () => {
  const machine = new Machine();
  const { came } = machine.run(machine.lease());
  machine.connection.ticked();
  const [ping] = machine.take();
  assert.equal(ping?.[0], 3);
  machine.connection.received(frame(0x41, 0, ping![2]));
  machine.connection.ticked();
  assert.equal(machine.take().length, 1);
  assert.deepEqual(machine.did, []);
  machine.connection.ticked();
  assert.deepEqual(machine.did, ['end']);
  assert.equal((came[0] as DoSQLError).code, 'CONNECTION_CLOSED');
  assert.equal((came[0] as DoSQLError).executed, 'unknown');
  assert.throws(() => machine.connection.request({ number: 1, pending: 0 }, 'run'), { code: 'CONNECTION_CLOSED' });
});

test('a connection that nobody uses ends, but not one with a transaction', () => {
  const machine = new Machine();
  const { connection } = machine;
  const stream = machine.lease();
  machine.answer(0x54, machine.run(stream).sent, 2);
  for (let i = 0; i < 3; i++) {
    connection.ticked();
    const [ping] = machine.take();
    connection.received(frame(0x41, 0, ping![2]));
  }
  machine.answer(0x54, machine.run(stream).sent);
  connection.release(stream);
  connection.ticked();
  assert.deepEqual(machine.did, []);
  connection.ticked();
  assert.deepEqual(machine.did, ['leave', 'end']);
});

test('a request is given up once, and not when it is answered', () => {
  const machine = new Machine();
  const { sent, id } = machine.run(machine.lease());
  machine.connection.cancel(id);
  machine.connection.cancel(id);
  assert.deepEqual(machine.take(), [[4, 0, id]]);
  machine.answer(0x54, sent);
  machine.connection.cancel(id);
  machine.connection.credit(id, 5);
  assert.deepEqual(machine.take(), []);
});

test('at its end everybody learns it, also who waited for a stream', () => {
  const machine = new Machine();
  const { connection } = machine;
  const runs = [1, 2, 3, 4].map(() => machine.run(machine.lease()));
  const waiting: unknown[] = [];
  connection.lease('t', (error) => waiting.push(error));
  const why = new DoSQLError('cut', { code: 'CONNECTION_CLOSED', category: 'CONNECTION', executed: 'unknown' });
  const unsent = new DoSQLError('cut', { code: 'CONNECTION_CLOSED', category: 'CONNECTION' });
  connection.end(why, unsent);
  connection.end(unsent);
  for (const { came } of runs) assert.deepEqual(came, [why]);
  assert.deepEqual([...waiting], [unsent]);
  assert.equal(machine.why, unsent);
  connection.lease('t', (error) => waiting.push(error));
  assert.equal(waiting.length, 2);
});

test('an error in place of the greeting ends it', () => {
  const machine = new Machine(false);
  machine.connection.received(frame(0x5f, 0, 1, [0xd3, 7, 4, 1, 0, 0, 0, 0, 0, ...text('later')]));
  assert.deepEqual([machine.did, machine.why?.code, machine.why?.message], [['end'], 'OVERLOADED', 'later']);
});

test('nothing but a greeting may come first', () => {
  for (const bytes of [frame(0x50, 1, 1, outcome), frame(0x41, 0, 2), helloOK(2), frame(0x52, 0, 1, [0])]) {
    const machine = new Machine(false);
    machine.connection.received(bytes);
    assert.deepEqual(machine.did, ['end']);
    assert.equal(machine.why?.code, 'PROTOCOL_VIOLATION');
  }
});
