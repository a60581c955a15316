import { connect, createServer, type Server, type Socket } from 'node:net';

/** What becomes of a request: it does not arrive, or its answer does not. */
export type Cut = 'request' | 'answer';

/** Stands between a client and a server, and cuts connections where a test says so. */
export class CuttingProxy {
  /** Asked with the first bytes of each request, as text; what it gives is done. */
  plan: (request: string) => Cut | undefined = () => undefined;
  /** Request lines, in the order in which they came. */
  readonly requests: string[] = [];
  /** Bytes that came from the server. */
  received = 0;
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Stands in front of the server at this URL. */
  static async open(target: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new CuttingProxy(server, (server.address() as { port: number }).port);
    server.on('connection', (client) => proxy.#serve(client, connect(+port, hostname)));
    return proxy;
  }

  /** Cuts every connection there is. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket, upstream: Socket): void {
    let cut: Cut | undefined;
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk: Uint8Array) => {
      const text = new TextDecoder().decode(chunk);
      if (/^(GET|POST) /.test(text)) {
        this.requests.push(text.slice(0, text.indexOf(' HTTP/')));
        cut = this.plan(text);
      }
      if (cut == 'request') client.destroy();
      else upstream.write(chunk);
    });
    upstream.on('data', (chunk: Uint8Array) => {
      this.received += chunk.length;
      if (cut == 'answer') return client.destroy();
      if (!client.write(chunk)) {
        upstream.pause();
        client.once('drain', () => upstream.resume());
      }
    });
  }
}

/** A plan that cuts the first request it fits, and no other. */
export function once(pattern: RegExp, cut: Cut): (request: string) => Cut | undefined {
  let isDone = false;
  return (request) => {
    if (isDone || !pattern.test(request)) return undefined;
    isDone = true;
    return cut;
  };
}
