import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WSContext } from 'hono/ws';
import type { Database, FeedOptions } from '@dotdo/dosql';
import type { TestDatabase } from '@dotdo/dosql/testing';
import { HubSession } from '../src/hub.ts';
import { appDatabase } from './with-database.ts';

/** The app's end of a socket: what was sent, and how it was closed. */
class Socket {
  sent: Record<string, unknown>[] = [];
  closed: number | undefined;
  bufferedAmount = 0;
  #changed = () => {};

  readonly context = new WSContext<Socket>({
    raw: this,
    readyState: 1,
    send: (data) => {
      this.sent.push(JSON.parse(data as string));
      this.#changed();
    },
    close: (code) => {
      this.closed ??= code;
      this.#changed();
    },
  });

  /** Waits until there are so many messages, or the socket is closed. */
  async until(count: number): Promise<Record<string, unknown>[]> {
    while (this.sent.length < count && this.closed === undefined) {
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
    return this.sent;
  }
}

describe('A session of the hub', () => {
  let db: TestDatabase;
  const sessions: HubSession[] = [];

  before(async () => {
    db = await appDatabase();
  });
  after(async () => {
    for (const session of sessions) session.end();
    await db.close();
  });

  function connect(role = 'user') {
    const socket = new Socket();
    const session = new HubSession(db, { id: 1, name: 'Ada', email: 'ada@example.com', role }, socket.context);
    sessions.push(session);
    const say = (message: unknown) => session.receive(JSON.stringify(message));
    return { socket, session, say };
  }

  it('delivers what is published after it has subscribed, and what was before if it asks for that', async () => {
    const { socket, say } = connect();
    await db.publish('room', 'before');
    say({ type: 'subscribe', id: 1, channel: 'room' });
    say({ type: 'publish', id: 2, channel: 'room', data: 'now' });
    const [subscribed, ...rest] = await socket.until(3);
    assert.deepEqual(subscribed, { type: 'subscribed', id: 1, channel: 'room' });
    assert.deepEqual(rest.find(({ type }) => type === 'message')?.data, 'now');

    const late = connect();
    late.say({ type: 'subscribe', channel: 'room', after: 0 });
    const heard = await late.socket.until(2);
    assert.deepEqual(heard.map(({ data }) => data), ['before', 'now']);
  });

  it('answers nothing to a request without an id, unless it fails', async () => {
    const { socket, say } = connect();
    say({ type: 'unsubscribe', channel: 'room' });
    say({ type: 'dance' });
    assert.equal((await socket.until(1))[0]?.type, 'error');
    assert.equal(socket.sent.length, 1);
  });

  it('asks the database for admins only, and only reads', async () => {
    const user = connect('user');
    user.say({ type: 'query', id: 1, sql: 'SELECT 1' });
    assert.deepEqual(await user.socket.until(1), [{ type: 'error', id: 1, error: 'Requires one of roles: admin' }]);

    const admin = connect('admin');
    admin.say({ type: 'query', id: 1, sql: 'SELECT ? AS x', params: [7] });
    admin.say({ type: 'query', id: 2, sql: "INSERT INTO events (type) VALUES ('x') RETURNING id" });
    const [rows, refused] = await admin.socket.until(2);
    assert.deepEqual(rows, { type: 'result', id: 1, rows: [{ x: 7 }] });
    assert.deepEqual([refused?.type, refused?.id], ['error', 2]);
    assert.deepEqual(await db.query('SELECT id FROM events'), []);
  });

  it('listens no longer than its client, however early that one leaves', async () => {
    const subscriptions = { begun: 0, ended: 0 };
    const watched = {
      queryOne: db.queryOne.bind(db),
      async *subscribe(channel: string, options: FeedOptions) {
        subscriptions.begun += 1;
        yield* db.subscribe(channel, options);
        subscriptions.ended += 1;
      },
    } as unknown as Database;

    const socket = new Socket();
    const user = { id: 1, name: 'Ada', email: 'ada@example.com', role: 'user' };
    const session = new HubSession(watched, user, socket.context);
    session.receive('{"type": "subscribe", "id": 1, "channel": "room"}');
    await socket.until(1);
    // This one is on its way when the client leaves
    session.receive('{"type": "subscribe", "id": 2, "channel": "other"}');
    session.end();

    const end = Date.now() + 60_000;
    while (subscriptions.ended < 1) {
      assert.ok(Date.now() < end, 'the subscription goes on');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await db.queryOne('SELECT 1');
    assert.deepEqual(subscriptions, { begun: 1, ended: 1 });
  });

  it('is closed for a message that is too long, or no text', () => {
    const long = connect();
    long.session.receive('x'.repeat(1_048_577));
    assert.equal(long.socket.closed, 1009);

    const binary = connect();
    binary.session.receive(new ArrayBuffer(1));
    assert.equal(binary.socket.closed, 1003);
  });

  it('is closed when too many requests wait', () => {
    const { socket, say } = connect();
    for (let n = 0; n <= 1000; n++) say({ type: 'publish', channel: 'flood', data: n });
    assert.equal(socket.closed, 1008);
  });

  it('is closed when its client does not read', async () => {
    const { socket, say } = connect();
    socket.bufferedAmount = 8_388_609;
    say({ type: 'subscribe', id: 1, channel: 'room' });
    await socket.until(1);
    assert.equal(socket.closed, 1013);
  });
});
