import { unique } from '../database.ts';
import { expectEqual, expectMembers, expectThat } from '../expectation.ts';
import { Form, id, timestamp, words } from '../form.ts';
import type { HubSocket } from '../hub-socket.ts';
import { type Context, Part } from '../part.ts';

export const websocket = new Part('websocket');
/** Not every way to the database tells when a message was published. */
const timestampIfAny = new Form(timestamp.name, (value) => value === undefined || timestamp.matches(value));

const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** The database of the hub. The guide as it is written has one for all tenants. */
const hubDatabase = ({ asWritten, database }: Context) => (asWritten ? database.tenant('websocket-hub') : database);

/** Sockets of so many users, closed in any case. */
async function connected(
  context: Context,
  count: number,
  use: (...sockets: HubSocket[]) => Promise<void>,
): Promise<void> {
  const sockets: HubSocket[] = [];
  try {
    for (let n = 0; n < count; n++) sockets.push(await context.app.hub((await context.database.account()).token));
    await use(...sockets);
  } finally {
    for (const socket of sockets) socket.close();
  }
}

const subscribe = async (socket: HubSocket, channel: string) =>
  expectMembers(await socket.ask({ type: 'subscribe', channel }), { type: 'subscribed', channel }, 'the answer');

const publish = async (socket: HubSocket, channel: string, data: unknown) =>
  expectMembers(
    await socket.ask({ type: 'publish', channel, data }),
    { type: 'published', channel, messageId: id },
    'the answer',
  );

websocket.check('E27', 'who does not upgrade is told to', async ({ app }) => {
  const got = await app.get('/connect');
  got.expectStatus(426);
  expectEqual(got.text, 'Expected WebSocket', 'the text');
});

websocket.mended('E27', 'who has no token does not get in', async ({ app }) => {
  const host = new URL(app.base).host;
  // Not every server can put a body into the refusal of an upgrade.
  (await app.sendTo(host, 'GET', '/connect', { headers: upgrade })).expectStatus(401);
  (await app.sendTo(host, 'GET', '/connect?access_token=nonsense', { headers: upgrade })).expectStatus(401);
});

websocket.check('E27', 'what one publishes others hear, who have subscribed', async (context) => {
  await connected(context, 3, async (one, other, third) => {
    const [room, elsewhere] = [`room-${unique()}`, `room-${unique()}`];
    await subscribe(other, room);
    await subscribe(third, elsewhere);
    await publish(one, room, { text: 'Hello ωμέγα', n: [1, 2.5, null] });
    const heard = await other.heard(room);
    const expected = { type: 'message', channel: room, data: { text: 'Hello ωμέγα', n: [1, 2.5, null] }, id };
    expectEqual({ createdAt: undefined, ...heard }, { createdAt: timestampIfAny, ...expected }, 'the message');
    // Third hears of its own channel only: the first message it gets is the one sent last.
    await publish(one, elsewhere, 'for you');
    const first = await third.messages.next('a message', (message) => message.type === 'message');
    expectEqual(first.channel, elsewhere, 'the channel');
  });
});

websocket.check('E27', 'who publishes hears it too, if it has subscribed', async (context) => {
  await connected(context, 1, async (socket) => {
    const room = `room-${unique()}`;
    await subscribe(socket, room);
    const sent = `note-${unique()}`;
    socket.sendText(JSON.stringify({ type: 'publish', channel: room, data: sent }));
    expectEqual((await socket.heard(room)).data, sent, 'the data');
  });
});

websocket.check('E27', 'a message is in the database before anybody hears it', async (context) => {
  await connected(context, 1, async (socket) => {
    const room = `room-${unique()}`;
    await subscribe(socket, room);
    socket.sendText(JSON.stringify({ type: 'publish', channel: room, data: { kept: true } }));
    const heard = await socket.heard(room);
    const row = await hubDatabase(context).queryOne('SELECT id, channel, data FROM messages WHERE id = ?', [heard.id]);
    expectEqual(
      { ...row, data: JSON.parse(row?.data) },
      { id: heard.id, channel: room, data: { kept: true } },
      'the row',
    );
  });
});

websocket.check('E27', 'messages come in the order in which they were sent', async (context) => {
  await connected(context, 2, async (one, other) => {
    const room = `room-${unique()}`;
    await subscribe(other, room);
    for (let n = 0; n < 20; n++) one.sendText(JSON.stringify({ type: 'publish', channel: room, data: n }));
    for (let n = 0; n < 20; n++) expectEqual((await other.heard(room)).data, n, 'the data');
  });
});

websocket.check('E27', 'who was away asks for what is behind the last id it has', async (context) => {
  await connected(context, 1, async (socket) => {
    const room = `room-${unique()}`;
    await subscribe(socket, room);
    await publish(socket, room, 1);
    socket.sendText(JSON.stringify({ type: 'unsubscribe', channel: room }));
    await publish(socket, room, 2);
    const kept = await hubDatabase(context).query('SELECT id FROM messages WHERE channel = ? ORDER BY id', [room]);
    socket.sendText(JSON.stringify({ type: 'subscribe', channel: room, after: kept[0].id }));
    expectEqual((await socket.heard(room)).data, 2, 'the data');
  });
});

websocket.check('E27', 'who has unsubscribed hears nothing more', async (context) => {
  await connected(context, 2, async (one, other) => {
    const [left, kept] = [`room-${unique()}`, `room-${unique()}`];
    await subscribe(other, left);
    await subscribe(other, kept);
    const answer = await other.ask({ type: 'unsubscribe', channel: left });
    expectMembers(answer, { type: 'unsubscribed', channel: left }, 'the answer');
    await publish(one, left, 'unheard');
    await publish(one, kept, 'heard');
    const first = await other.messages.next('a message', (message) => message.type === 'message');
    expectEqual([first.channel, first.data], [kept, 'heard'], 'what is heard first');
  });
});

websocket.check('E27', 'a socket that closes leaves the others alone', async (context) => {
  await connected(context, 3, async (one, other, third) => {
    const room = `room-${unique()}`;
    await subscribe(other, room);
    await subscribe(third, room);
    other.close();
    await publish(one, room, 'still here');
    expectEqual((await third.heard(room)).data, 'still here', 'the data');
  });
});

websocket.mended('E27', 'what is no request is answered, and the socket stays open', async (context) => {
  await connected(context, 1, async (socket) => {
    for (
      const text of [
        '{"type": ',
        '[]',
        '"subscribe"',
        '{"type": "dance"}',
        '{"type": "subscribe"}',
        '{"type": "publish", "channel": "x"}',
      ]
    ) {
      socket.sendText(text);
      const answer = await socket.messages.next(`an answer to ${text}`);
      expectMembers(answer, { type: 'error', error: words }, `the answer to ${text}`);
    }
    await subscribe(socket, `room-${unique()}`);
  });
});

websocket.mended('E27', 'asking the database is for admins', async (context) => {
  await connected(context, 1, async (socket) => {
    const answer = await socket.ask({ type: 'query', sql: 'SELECT token FROM sessions' });
    expectMembers(answer, { type: 'error', error: 'Requires one of roles: admin' }, 'the answer');
    expectThat(!('rows' in answer), 'rows were given');
  });
});

websocket.check('E27', 'an admin asks the database and gets rows', async (context) => {
  const socket = await context.app.hub((await context.database.account('admin')).token);
  try {
    const answer = await socket.ask({ type: 'query', sql: 'SELECT ? AS a, ? AS b', params: [7, 'x'] });
    expectMembers(answer, { type: 'result', rows: [{ a: 7, b: 'x' }] }, 'the answer');
    const wrong = await socket.ask({ type: 'query', sql: 'SELCT 1' });
    expectMembers(wrong, { type: 'error', error: words }, 'the answer');
  } finally {
    socket.close();
  }
});

websocket.mended('E27', "an admin's question changes nothing", async (context) => {
  const admin = await context.database.account('admin');
  const socket = await context.app.hub(admin.token);
  try {
    for (
      const sql of ['DELETE FROM sessions WHERE user_id = ? RETURNING id', 'UPDATE users SET role = role WHERE id = ?']
    ) {
      const answer = await socket.ask({ type: 'query', sql, params: [admin.id] });
      expectMembers(answer, { type: 'error', error: words }, 'the answer');
    }
    const sessions = await context.database.queryOne('SELECT COUNT(*) AS count FROM sessions WHERE user_id = ?', [
      admin.id,
    ]);
    expectEqual(sessions, { count: 1 }, 'the sessions');
  } finally {
    socket.close();
  }
});
