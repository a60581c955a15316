// What may stand between a client and a server.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Something between client and server that can cut, hold back, or lose. */
export interface Proxy {
  url: string;
  /** Connections that were made through it. */
  count: number;
  /** Cuts all connections. */
  cut(): void;
  /** Whether new connections are taken. */
  isOpen: boolean;
  /** Whether what the server says is passed on; if not, it is dropped. */
  answers: boolean;
  /** Bytes that the server has sent. */
  received: number;
  /** Told when the server has said something. */
  onAnswer: (bytes: Uint8Array) => void;
  [Symbol.dispose](): void;
}

/** A proxy in front of a server. */
export const startProxy = (server: { url: string }): Promise<Proxy> =>
  new Promise((resolve) => {
    const sockets = new Set<Socket>();
    const listener = createServer((client) => {
      if (!proxy.isOpen) return client.destroy();
      proxy.count++;
      const upstream = connect(Number(new URL(server.url).port), '127.0.0.1');
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('close', () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        }).on('error', () => {});
      }
      client.pipe(upstream);
      upstream.on('data', (bytes) => {
        proxy.received += bytes.length;
        if (proxy.answers && !client.write(bytes)) {
          upstream.pause();
          client.once('drain', () => upstream.resume());
        }
        proxy.onAnswer(bytes);
      });
    });
    const proxy: Proxy = {
      url: '',
      count: 0,
      isOpen: true,
      answers: true,
      received: 0,
      onAnswer() {},
      cut() {
        for (const socket of sockets) socket.destroy();
      },
      [Symbol.dispose]() {
        proxy.cut();
        listener.close();
      },
    };
    listener.listen(0, '127.0.0.1', () => {
      proxy.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
      resolve(proxy);
    });
  });
