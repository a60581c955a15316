import { Failure } from './expectation.ts';
import { Inbox } from './inbox.ts';
import { waitFor } from './waiting.ts';

/** A message of the hub (`protocol/json.md`, hub). */
// deno-lint-ignore no-explicit-any
export type HubMessage = Record<string, any>;

/** A WebSocket on which the hub is spoken. */
export class HubSocket {
  readonly messages = new Inbox<HubMessage>();
  readonly #socket: WebSocket;
  #lastID = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', (event) => {
      try {
        this.messages.put(JSON.parse(event.data));
      } catch {
        this.messages.end(`a message was no JSON: ${event.data}`);
      }
    });
    socket.addEventListener('close', (event) => this.messages.end(`the socket was closed with ${event.code}`));
  }

  /** Connects; `Failure` if the app does not upgrade. */
  static open(url: string): Promise<HubSocket> {
    const socket = new WebSocket(url);
    const hub = new HubSocket(socket);
    const opened = new Promise<HubSocket>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(hub));
      socket.addEventListener('error', () => reject(new Failure('the WebSocket was not opened')));
      socket.addEventListener('close', () => reject(new Failure('the WebSocket was not opened')));
    });
    return waitFor(opened, 'the WebSocket to open');
  }

  /** Sends text as it is. */
  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** Sends a request with an id of its own and waits for the answer that names it. Messages before it are dropped. */
  ask(request: HubMessage): Promise<HubMessage> {
    const id = `check-${++this.#lastID}`;
    this.sendText(JSON.stringify({ ...request, id }));
    return this.messages.next(
      `the answer to ${request.type}`,
      (message) => message.id === id && message.type !== 'message',
    );
  }

  /** Waits for the next message of a channel. */
  heard(channel: string): Promise<HubMessage> {
    return this.messages.next(
      `a message of ${channel}`,
      (message) => message.type === 'message' && message.channel === channel,
    );
  }

  close(): void {
    this.#socket.close();
  }
}
