import type { Database } from '@dotdo/dosql';
import type { WSContext } from 'hono/ws';
import * as z from 'zod';
import type { User } from './types.ts';

/** Characters of one message, and messages that may wait for their turn; beyond it the socket is closed. */
const messageMax = 1_048_576;
const waitingMax = 1000;
/** Bytes that a slow reader may leave unread; it can come back and go on behind the last id it has. */
const unreadMax = 8_388_608;

const id = z.union([z.string(), z.number()]).optional();
const channel = z.string().min(1).max(256);

/** What a client may send: the hub of protocol/json.md. */
const hubRequest = z.discriminatedUnion('type', [
  z.object({ type: z.literal('subscribe'), id, channel, after: z.coerce.number().int().min(0).optional() }),
  z.object({ type: z.literal('unsubscribe'), id, channel }),
  z.object({
    type: z.literal('publish'),
    id,
    channel,
    data: z.unknown().refine((data) => data !== undefined, 'data is missing'),
  }),
  z.object({
    type: z.literal('query'),
    id,
    sql: z.string(),
    params: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).optional(),
  }),
]);

type HubRequest = z.infer<typeof hubRequest>;

/** One client of the hub: its channels, and its requests one after another. */
export class HubSession {
  readonly #db: Database;
  readonly #user: User;
  readonly #socket: WSContext;
  /** What ends the subscription to a channel. */
  readonly #channels = new Map<string, AbortController>();
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #hasEnded = false;
  #isRefused = false;

  constructor(db: Database, user: User, socket: WSContext) {
    this.#db = db;
    this.#user = user;
    this.#socket = socket;
  }

  /** Takes a message, which waits until those before it are answered. */
  receive(message: unknown): void {
    if (this.#isRefused) return;
    if (typeof message !== 'string') return this.#close(1003, 'JSON is text');
    if (message.length > messageMax) return this.#close(1009, 'The message is too long');
    if (this.#waiting >= waitingMax) return this.#close(1008, 'Too many messages at once');

    this.#waiting += 1;
    this.#turn = this.#turn
      .then(() => (this.#isRefused ? undefined : this.#answer(message)))
      .finally(() => (this.#waiting -= 1));
  }

  /** The client is gone: it hears nothing more. What it had sent is still carried out. */
  end(): void {
    this.#hasEnded = true;
    for (const subscription of this.#channels.values()) subscription.abort();
    this.#channels.clear();
  }

  async #answer(text: string): Promise<void> {
    let id: unknown;
    try {
      const message = JSON.parse(text);
      id = message?.id;
      const request = hubRequest.safeParse(message);
      if (!request.success) {
        const [issue] = request.error.issues;
        this.#send({ type: 'error', id, error: `${issue?.path.join('.') || 'message'}: ${issue?.message}` });
        return;
      }
      await this.#carryOut(request.data);
    } catch (error) {
      this.#send({ type: 'error', id, error: (error as Error).message });
    }
  }

  async #carryOut(request: HubRequest): Promise<void> {
    const { id } = request;

    switch (request.type) {
      case 'subscribe': {
        const { channel } = request;
        // Known before it is confirmed, so that everything that comes after the confirmation is heard
        const after = request.after ?? (await this.#newestMessage());
        if (this.#hasEnded) break;
        this.#channels.get(channel)?.abort();
        const subscription = new AbortController();
        this.#channels.set(channel, subscription);
        this.#confirm({ type: 'subscribed', id, channel });
        void this.#deliver(channel, after, subscription);
        break;
      }

      case 'unsubscribe':
        this.#channels.get(request.channel)?.abort();
        this.#channels.delete(request.channel);
        this.#confirm({ type: 'unsubscribed', id, channel: request.channel });
        break;

      case 'publish': {
        // Whoever has subscribed hears it once it is stored, in whichever process they are
        const { id: messageId } = await this.#db.publish(request.channel, request.data);
        this.#confirm({ type: 'published', id, channel: request.channel, messageId });
        break;
      }

      case 'query': {
        if (this.#user.role !== 'admin') throw new Error('Requires one of roles: admin');
        const { sql, params } = request;
        const rows = await this.#db.transaction((tx) => tx.query(sql, params), { mode: 'read' });
        this.#send({ type: 'result', id, rows });
        break;
      }
    }
  }

  async #deliver(channel: string, after: number, subscription: AbortController): Promise<void> {
    try {
      for await (const message of this.#db.subscribe(channel, { after, signal: subscription.signal })) {
        if (subscription.signal.aborted) return;
        this.#send({ type: 'message', ...message });
      }
    } catch (error) {
      this.#channels.delete(channel);
      this.#send({ type: 'error', channel, error: (error as Error).message });
    }
  }

  async #newestMessage(): Promise<number> {
    const row = await this.#db.queryOne<{ id: number }>('SELECT COALESCE(MAX(id), 0) AS id FROM messages');
    return row?.id ?? 0;
  }

  /** Answers who gave the request an id. */
  #confirm(message: { id?: unknown; [member: string]: unknown }): void {
    if (message.id !== undefined) this.#send(message);
  }

  #send(message: Record<string, unknown>): void {
    if (this.#socket.readyState !== 1) return;
    const { bufferedAmount = 0 } = (this.#socket.raw ?? {}) as { bufferedAmount?: number };
    if (bufferedAmount > unreadMax) return this.#close(1013, 'Too slow');
    this.#socket.send(JSON.stringify(message));
  }

  /** Done with this client; what it had sent is dropped. */
  #close(code: number, reason: string): void {
    this.#isRefused = true;
    this.end();
    this.#socket.close(code, reason);
  }
}
