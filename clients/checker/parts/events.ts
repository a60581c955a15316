import { unique } from '../database.ts';
import type { Frame } from '../event-stream.ts';
import { expectEqual, expectThat } from '../expectation.ts';
import { startingWith } from '../form.ts';
import { type Context, Part } from '../part.ts';

export const events = new Part('events');
const [stream, emit] = ['/api/v1/events/stream', '/api/v1/events/emit'];

const emitted = async ({ app }: Context, token: string, type: string, data: unknown) =>
  (await app.post(emit, { type, data }, { token })).expect(200, { success: true });

/** What goes on only while a stream is open, which is closed then in any case. */
async function listening<T>(
  { app }: Context,
  path: string,
  extras: { token?: string; headers?: Record<string, string> },
  use: (next: (type: string) => Promise<Frame>) => Promise<T>,
): Promise<T> {
  const opened = await app.events(path, extras);
  try {
    opened.head.expectStatus(200);
    return await use((type) => opened.frames.next(`an event ${type}`, (frame) => frame.event === type));
  } finally {
    opened.close();
  }
}

events.mended('E26', 'the stream and emitting need a token', async ({ app }) => {
  (await app.get(stream)).expectError(401, 'Missing authorization header');
  (await app.post(emit, { type: 'x', data: 1 })).expectError(401, 'Missing authorization header');
  const asBrowser = { headers: { Accept: 'text/event-stream' } };
  (await app.get(`${stream}?access_token=nonsense`, asBrowser)).expectError(401, 'Invalid token');
});

events.check('E26', 'what is emitted comes as a frame: id, type, and the data as JSON', async (context) => {
  const { token } = await context.database.account();
  const type = `user.${unique()}`;
  const data = { id: 42, tags: ['a', 'b'], text: 'ωμέγα "quoted"\nsecond line', none: null };
  await listening(context, stream, { token }, async (next) => {
    await emitted(context, token, type, data);
    const frame = await next(type);
    expectThat(/^[1-9]\d*$/.test(frame.id), `the id is ${frame.id}`);
    expectEqual(JSON.parse(frame.data), data, 'the data');
    const row = await context.database.queryOne('SELECT type, data FROM events WHERE id = ?', [Number(frame.id)]);
    expectEqual(row?.type, type, 'the type in the database');
    expectEqual(JSON.parse(row?.data), data, 'the data in the database');
  });
});

events.check('E26', 'frames come in the order of ids, more than ten of them too', async (context) => {
  const { token } = await context.database.account();
  const type = `many.${unique()}`;
  await listening(context, stream, { token }, async (next) => {
    for (let n = 0; n < 25; n++) await emitted(context, token, type, n);
    let last = 0;
    for (let n = 0; n < 25; n++) {
      const frame = await next(type);
      expectEqual(frame.data, String(n), 'the data');
      expectThat(Number(frame.id) > last, `id ${frame.id} behind ${last}`);
      last = Number(frame.id);
    }
  });
});

events.check('E26', 'an event that SQL inserts comes too', async (context) => {
  const { token } = await context.database.account();
  const type = `sql.${unique()}`;
  await listening(context, stream, { token }, async (next) => {
    await context.database.run('INSERT INTO events (type, data) VALUES (?, \'{"by": "sql"}\')', [type]);
    expectEqual(JSON.parse((await next(type)).data), { by: 'sql' }, 'the data');
  });
});

events.check('E26', 'everybody who listens hears it', async (context) => {
  const { token } = await context.database.account();
  const type = `all.${unique()}`;
  await listening(
    context,
    stream,
    { token },
    (nextOfOne) =>
      listening(context, stream, { token }, async (nextOfOther) => {
        await emitted(context, token, type, 1);
        expectEqual(await nextOfOne(type), await nextOfOther(type), 'what one and the other hear');
      }),
  );
});

events.mended('E26', 'a browser, which cannot send a header, sends its token in the address', async (context) => {
  const { token } = await context.database.account();
  const type = `browser.${unique()}`;
  await listening(context, `${stream}?access_token=${token}`, {}, async (next) => {
    await emitted(context, token, type, 1);
    await next(type);
  });
});

events.mended('E26', 'a new reader hears nothing of what was before', async (context) => {
  const { token } = await context.database.account();
  const [before, now] = [`before.${unique()}`, `now.${unique()}`];
  await emitted(context, token, before, 1);
  const opened = await context.app.events(stream, { token });
  try {
    await emitted(context, token, now, 2);
    const first = await opened.frames.next('an event', (frame) => frame.event === before || frame.event === now);
    expectEqual(first.event, now, 'the first event');
  } finally {
    opened.close();
  }
});

for (
  const [how, go] of [
    ['Last-Event-ID', (id: string) => ({ path: stream, headers: { 'Last-Event-ID': id } })],
    ['?after', (id: string) => ({ path: `${stream}?after=${id}`, headers: {} })],
  ] as const
) {
  events.mended('E26', `a reader that was away goes on with ${how}: nothing missed, nothing twice`, async (context) => {
    const { token } = await context.database.account();
    const type = `resumed.${unique()}`;
    const seen = await listening(context, stream, { token }, async (next) => {
      await emitted(context, token, type, 0);
      return next(type);
    });
    for (let n = 1; n <= 3; n++) await emitted(context, token, type, n);
    const { path, headers } = go(seen.id);
    await listening(context, path, { token, headers }, async (next) => {
      await emitted(context, token, type, 4);
      for (let n = 1; n <= 4; n++) expectEqual((await next(type)).data, String(n), 'the data');
    });
  });
}

events.mended('E26', '?after=0 begins with the first event there is', async (context) => {
  const { token } = await context.database.account();
  const type = `first.${unique()}`;
  await emitted(context, token, type, 'early');
  await listening(context, `${stream}?after=0`, { token }, (next) => next(type));
});

const wrong: [string, string, unknown][] = [
  ['no type', 'type', { data: 1 }],
  ['an empty type', 'type', { type: '', data: 1 }],
  ['a type of two lines', 'type', { type: 'a\nb', data: 1 }],
  ['a type of 257 bytes', 'type', { type: 'é'.repeat(128) + 'x', data: 1 }],
  ['no data', 'data', { type: 'x' }],
];
for (const [what, field, body] of wrong) {
  events.mended('E26', `emitting with ${what} is 400`, async ({ app, database }) => {
    const { token } = await database.account();
    (await app.post(emit, body, { token })).expectError(400, startingWith(`${field}: `), { code: 400 });
  });
}

events.mended('E26', 'an ?after that is no id is 400', async ({ app, database }) => {
  const { token } = await database.account();
  (await app.get(`${stream}?after=x`, { token })).expectError(400, startingWith('after: '), { code: 400 });
});
