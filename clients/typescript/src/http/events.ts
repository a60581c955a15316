import type { FeedRow } from '../transport.ts';
import { fromJSON, lost } from './failures.ts';
import { lines } from './lines.ts';

/** A stream says something every 15 s (protocol/http.md, *Streams*). One that was silent for so long, in milliseconds, is dead. */
const silenceMax = 45_000;

/** Reads server-sent events (WHATWG HTML, *Server-sent events*) as the server writes them. */
export async function* events(
  open: (signal: AbortSignal) => Promise<Response>,
  signal?: AbortSignal,
): AsyncGenerator<FeedRow, void, void> {
  const controller = new AbortController();
  const stop = () => controller.abort(signal!.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(lost('the stream fell silent')), silenceMax);
  };
  try {
    heard();
    let id: number | undefined;
    let name = '';
    let data: string[] = [];
    for await (const block of lines(await open(controller.signal), controller.signal)) {
      heard();
      for (const line of block) {
        const [, field, text = ''] = /^(\w*):? ?([^]*)/.exec(line)!;
        if (field == 'id') id = +text;
        else if (field == 'event') name = text;
        else if (field == 'data') data.push(text);
        else if (!line && (id !== undefined || name)) {
          const row = { id: id!, name, data: data.join('\n') };
          id = undefined;
          name = '';
          data = [];
          // An event of the application's that is called "error" has an id.
          if (row.id === undefined && row.name == 'error') throw fromJSON(JSON.parse(row.data));
          yield row;
        }
      }
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    controller.abort();
  }
}
