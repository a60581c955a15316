import { answers, type Message } from './messages.ts';
import { reading } from './reader.ts';
import { refused, violated } from './refusal.ts';

/** The longest body this client takes (HELLO's `frameMax`). */
export const frameMax = 2 ** 24;

/** A frame of the server's. */
export interface Frame {
  type: number;
  stream: number;
  request: number;
  /** Bytes of its body. */
  size: number;
  /** Where it ends. */
  end: number;
  /** What its body says. */
  read(width?: number): Message;
}

/**
 * The frame that begins at a byte; nothing where more bytes are needed (`protocol/framing.md#frame`).
 *
 * @throws DoSQLError of what no server may send; so does `read` of the frame.
 */
export const frameAt = (bytes: Uint8Array<ArrayBuffer>, start: number): Frame | undefined => {
  if (bytes.length < start + 12) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const size = view.getUint32(0, true);
  const type = view.getUint8(4);
  const request = view.getUint32(8, true);
  const from = start + 12;
  const end = from + size;
  if (size > 2 ** 30) violated();
  if (size > frameMax) refused('FRAME_TOO_LARGE');
  if (type >> 6 != 1) violated();
  const read = answers[type] ?? refused('UNSUPPORTED');
  // No message of a server has flags; GOAWAY belongs to no request, ERROR may, all others do.
  if (view.getUint8(5) || (type != 0x5f && (type == 0x42) == !!request)) {
    violated();
  }
  if (end > bytes.length) return;
  return {
    type,
    stream: view.getUint16(6, true),
    request,
    size,
    end,
    read: (width = 0) => reading(bytes, from, end, () => read(width)),
  };
};
