import { lost } from './failures.ts';

/**
 * Chunks that are asked for ahead. A stream that fails drops what nobody had asked for, and what came last says why: the
 * line with the error.
 */
const chunksAhead = 4;

/**
 * The lines of a body, as many at a time as have come; read no faster than they are taken.
 *
 * @throws DoSQLError `CONNECTION_CLOSED` where it is cut off, also within a line.
 */
export async function* lines(response: Response, signal?: AbortSignal): AsyncGenerator<string[], void, void> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  const read = () => {
    const chunk = reader.read();
    // Told to whoever comes to it.
    chunk.catch(() => {});
    return chunk;
  };
  const ahead = Array.from({ length: chunksAhead }, read);
  let rest = '';
  try {
    for (;;) {
      ahead.push(read());
      const { done, value } = await ahead.shift()!;
      if (done) break;
      const text = decoder.decode(value, { stream: true });
      const end = text.lastIndexOf('\n');
      if (end < 0) {
        rest += text;
      } else {
        const whole = rest + text.slice(0, end);
        rest = text.slice(end + 1);
        yield whole.split('\n');
      }
    }
  } catch (error) {
    throw lost(error, signal);
  } finally {
    reader.cancel().catch(() => {});
  }
  if (rest) throw lost('the answer ends within a line');
}
