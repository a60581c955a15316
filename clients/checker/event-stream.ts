import { Answer } from './answer.ts';
import { Inbox } from './inbox.ts';
import { waitFor } from './waiting.ts';

/** One event of a stream, as the HTML standard reads it. */
export interface Frame {
  id: string;
  event: string;
  data: string;
}

/** Server-sent events as they come (HTML, 9.2). */
export class EventStream {
  /** Status and headers; the text is empty unless the answer is no stream. */
  readonly head: Answer;
  readonly frames = new Inbox<Frame>();
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  private constructor(head: Answer) {
    this.head = head;
  }

  static async open(url: string, headers: Record<string, string>): Promise<EventStream> {
    const request = fetch(url, { headers: { Accept: 'text/event-stream', ...headers } });
    const response = await waitFor(request, 'the head of the event stream');
    const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream') ?? false;
    const text = isStream ? '' : await response.text();
    const stream = new EventStream(new Answer(`GET ${url}`, response.status, response.headers, text));
    if (isStream && response.body) stream.#read(stream.#reader = response.body.getReader());
    else stream.frames.end('the answer was no event stream');
    return stream;
  }

  close(): void {
    this.#reader?.cancel().catch(() => {});
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        rest += decoder.decode(chunk.value, { stream: true });
        const blocks = rest.split(/\r?\n\r?\n/);
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#readBlock(block);
      }
      this.frames.end('the stream ended');
    } catch (error) {
      this.frames.end(`the stream broke: ${(error as Error).message}`);
    }
  }

  #readBlock(block: string): void {
    const frame: Frame = { id: '', event: 'message', data: '' };
    const data: string[] = [];
    for (const line of block.split(/\r?\n/)) {
      const [, field, value] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
      if (field === 'id') frame.id = value;
      else if (field === 'event') frame.event = value;
      else if (field === 'data') data.push(value);
    }
    // A block without data is a comment or a time to wait before coming back.
    if (data.length > 0) this.frames.put({ ...frame, data: data.join('\n') });
  }
}
