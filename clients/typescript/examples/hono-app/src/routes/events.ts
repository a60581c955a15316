import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import * as z from 'zod';
import type { AppEnv } from '../types.ts';
import { validate } from '../validation.ts';

/** Milliseconds of silence after which proxies may think that a connection is dead. */
const heartbeatTime = 15_000;

const streamSchema = z.object({ after: z.coerce.number().int().min(0).optional() });

const emitSchema = z.object({
  type: z
    .string()
    .regex(/^[^\r\n]+$/, 'one line of text')
    .refine((type) => new TextEncoder().encode(type).length <= 256, 'at most 256 bytes'),
  data: z.unknown().refine((data) => data !== undefined, 'any JSON'),
});

const eventsRouter = new Hono<AppEnv>();

// SSE endpoint for real-time updates
eventsRouter.get('/stream', validate('query', streamSchema), async (c) => {
  const db = c.get('db');

  // A browser that was cut off says how far it was; who asks for nothing begins with now
  const lastEventId = c.req.header('Last-Event-ID');
  const after = lastEventId && /^\d{1,15}$/.test(lastEventId)
    ? Number(lastEventId)
    : (c.req.valid('query').after ?? (await newestEvent(c.get('db'))));

  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    const heartbeat = setInterval(() => stream.write(':\n\n'), heartbeatTime);
    stream.onAbort(() => gone.abort());

    try {
      // Nobody polls: the database tells, and goes on where it was after a cut
      for await (const event of db.events({ after, signal: gone.signal })) {
        await stream.writeSSE({
          id: String(event.id),
          event: event.type,
          data: JSON.stringify(event.data),
        });
      }
    } finally {
      clearInterval(heartbeat);
    }
  });
});

async function newestEvent(db: AppEnv['Variables']['db']): Promise<number> {
  const row = await db.queryOne<{ id: number }>('SELECT COALESCE(MAX(id), 0) AS id FROM events');
  return row?.id ?? 0;
}

// Emit an event
eventsRouter.post('/emit', validate('json', emitSchema), async (c) => {
  const db = c.get('db');
  const { type, data } = c.req.valid('json');

  await db.run('INSERT INTO events (type, data, created_at) VALUES (?, ?, CURRENT_TIMESTAMP)', [
    type,
    JSON.stringify(data),
  ]);

  return c.json({ success: true });
});

export { eventsRouter };
