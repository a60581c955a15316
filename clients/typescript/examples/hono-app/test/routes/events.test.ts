import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Database, FeedOptions } from '@dotdo/dosql';
import type { TestDatabase } from '@dotdo/dosql/testing';
import { eventsRouter } from '../../src/routes/events.ts';
import { appDatabase, appWith, sending } from '../with-database.ts';

describe('Events API', () => {
  let db: TestDatabase;
  let app: ReturnType<typeof appWith>;
  /** Subscriptions of the app's to the database: those that began, and those that have ended. */
  const subscriptions = { begun: 0, ended: 0 };

  before(async () => {
    db = await appDatabase();
    const watched = {
      queryOne: db.queryOne.bind(db),
      run: db.run.bind(db),
      async *events(options: FeedOptions) {
        subscriptions.begun += 1;
        try {
          yield* db.events(options);
        } finally {
          subscriptions.ended += 1;
        }
      },
    };
    app = appWith(watched as unknown as Database);
    app.route('/events', eventsRouter);
  });
  after(() => db.close());

  async function read(response: Response, until: string): Promise<string> {
    const reader = response.body!.getReader();
    const decoder = new TextDecoder();
    let text = '';
    while (!text.includes(until)) text += decoder.decode((await reader.read()).value, { stream: true });
    await reader.cancel();
    return text;
  }

  it('streams what is emitted, and ends the subscription when the reader leaves', async () => {
    const stream = await app.request('/events/stream');
    assert.equal(stream.headers.get('Content-Type'), 'text/event-stream');

    const emitted = await app.request('/events/emit', sending('POST', { type: 'greeting', data: { text: 'Hello' } }));
    assert.deepEqual(await emitted.json(), { success: true });
    assert.equal(await read(stream, '\n\n'), 'event: greeting\ndata: {"text":"Hello"}\nid: 1\n\n');

    const end = Date.now() + 60_000;
    while (subscriptions.ended < subscriptions.begun) {
      assert.ok(Date.now() < end, 'the subscription goes on');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(subscriptions.begun, 1);
  });

  it('goes on where a reader was, whatever its address says', async () => {
    await app.request('/events/emit', sending('POST', { type: 'second', data: null }));
    const stream = await app.request('/events/stream?after=0', { headers: { 'Last-Event-ID': '1' } });
    assert.equal(await read(stream, '\n\n'), 'event: second\ndata: null\nid: 2\n\n');
  });

  it('refuses a type of two lines, which would forge a frame', async () => {
    const res = await app.request('/events/emit', sending('POST', { type: 'a\nid: 7', data: 1 }));
    assert.equal(res.status, 400);
  });
});
