// A server that says whatever a test wants it to, over a WebSocket of its own making (RFC 6455).
import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A frame of the binary protocol. */
export const frame = (type: number, stream: number, request: number, body: Iterable<number> = [], flags = 0) => {
  const bytes = new Uint8Array([...Array(12).fill(0), ...body]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 12, true);
  view.setUint8(4, type);
  view.setUint8(5, flags);
  view.setUint16(6, stream, true);
  view.setUint32(8, request, true);
  return bytes;
};

/** Text of less than 128 bytes, with its length. */
export const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];

/** HELLO_OK, with bounds that leave room for four streams. */
export const helloOK = (request: number, version = 1) =>
  frame(0x40, 0, request, [
    ...[version, 0],
    ...Array(8).fill(0),
    ...[0x80, 0x80, 0x80, 0x08],
    ...Array(16).fill(7),
    ...text('impostor'),
    ...[3, ...text('streamsMax'), 4, ...text('requestsInFlightMax'), 100, ...text('statementsMax'), 100],
  ]);

/** An outcome that changed nothing. */
export const outcome = [0, 0, 0, 0, 9];

/** A frame that a client has sent. */
export interface Sent {
  type: number;
  stream: number;
  request: number;
  body: Uint8Array;
}

/** What an impostor can do with one connection. */
export interface Conversation {
  say(...frames: Uint8Array[]): void;
  sayText(text: string): void;
  socket: Socket;
}

/** An impostor. */
export interface Impostor {
  url: string;
  /** Everything that was sent. */
  sent: Sent[];
  [Symbol.dispose](): void;
}

/** Starts one; `react` is told each frame that comes. */
export const startImpostor = (react: (frame: Sent, conversation: Conversation) => void): Promise<Impostor> =>
  new Promise((resolve) => {
    const sockets = new Set<Socket>();
    const impostor: Impostor = {
      url: '',
      sent: [],
      [Symbol.dispose]() {
        for (const socket of sockets) socket.destroy();
        listener.close();
      },
    };
    const listener = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      const send = (opcode: number, payload: Uint8Array) => {
        const size = payload.length;
        const head = size < 126
          ? [size]
          : size < 65_536
          ? [126, size >> 8, size & 255]
          : [127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (size >>> shift) & 255)];
        socket.write(Uint8Array.from([128 | opcode, ...head]));
        socket.write(payload);
      };
      const conversation: Conversation = {
        socket,
        say: (...frames) => send(2, Uint8Array.from(frames.flatMap((frame) => [...frame]))),
        sayText: (text) => send(1, new TextEncoder().encode(text)),
      };
      let input = new Uint8Array();
      let isUpgraded = false;
      const take = (count: number) => {
        const taken = input.slice(0, count);
        input = input.slice(count);
        return taken;
      };
      socket.on('data', (bytes) => {
        input = Uint8Array.from([...input, ...bytes as Uint8Array]);
        if (!isUpgraded) {
          const head = new TextDecoder().decode(input);
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) return;
          take(end + 4);
          isUpgraded = true;
          const key = /^sec-websocket-key: *(\S+)/im.exec(head)![1];
          const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
              `Sec-WebSocket-Protocol: dosql.v1\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
          );
        }
        for (;;) {
          // Messages of a client are masked; these tests send none of 64 KiB.
          const short = input[1]! & 127;
          const headSize = short < 126 ? 6 : 8;
          if (input.length < headSize) return;
          const size = short < 126 ? short : (input[2]! << 8) | input[3]!;
          if (input.length < headSize + size) return;
          const opcode = input[0]! & 15;
          const mask = take(headSize).slice(-4);
          const message = take(size).map((byte, index) => byte ^ mask[index % 4]!);
          if (opcode != 2) continue;
          for (let at = 0; at < message.length;) {
            const view = new DataView(message.buffer, at);
            const end = at + 12 + view.getUint32(0, true);
            const sent: Sent = {
              type: view.getUint8(4),
              stream: view.getUint16(6, true),
              request: view.getUint32(8, true),
              body: message.slice(at + 12, end),
            };
            impostor.sent.push(sent);
            react(sent, conversation);
            at = end;
          }
        }
      });
    });
    listener.listen(0, '127.0.0.1', () => {
      impostor.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
      resolve(impostor);
    });
  });
