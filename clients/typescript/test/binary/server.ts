// A real server on loopback, and what may stand between it and a client.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The server's program; `DOSQL_SERVER` says which. */
const program = process.env.DOSQL_SERVER ?? new URL('../../../../.build/release/dosql', import.meta.url).pathname;

/** A server with a folder of its own. */
export interface Server {
  port: number;
  url: string;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with the same data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a server. */
export const startServer = async (...flags: string[]): Promise<Server> => {
  const data = mkdtempSync(join(tmpdir(), 'dosql-test-'));
  let child: ChildProcess;
  let port = 0;
  const start = () =>
    new Promise<void>((resolve, reject) => {
      child = spawn(program, ['serve', '--listen', `127.0.0.1:${port}`, '--data', data, ...flags], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      const read = (text: string) => {
        said += text;
        const listening = /^listening on 127\.0\.0\.1:(\d+)$/m.exec(said);
        if (!listening) return;
        port = Number(listening[1]);
        resolve();
      };
      child.stdout!.setEncoding('utf8').on('data', read);
      child.stderr!.setEncoding('utf8').on('data', read);
      child.on('error', reject).on('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
  const kill = () =>
    new Promise<void>((resolve) => {
      if (child.exitCode != null || child.signalCode != null) return resolve();
      child.on('exit', () => resolve());
      child.kill('SIGKILL');
    });
  await start();
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    kill,
    restart: start,
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(data, { recursive: true, force: true });
    },
  };
};

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
export const startProxy = (server: { port: number }): Promise<Proxy> =>
  new Promise((resolve) => {
    const sockets = new Set<Socket>();
    const listener = createServer((client) => {
      if (!proxy.isOpen) return client.destroy();
      proxy.count++;
      const upstream = connect(server.port, '127.0.0.1');
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
