import { getConnInfo, upgradeWebSocket } from 'hono/deno';
import { createApp } from '../app.ts';

const app = createApp({ upgradeWebSocket, getConnInfo });

const environment = { DOSQL_URL: 'http://127.0.0.1:3775', ...Deno.env.toObject() };

const server = Deno.serve({
  hostname: Deno.env.get('HOST') ?? '127.0.0.1',
  port: Number(Deno.env.get('PORT') ?? 8787),
  onListen: ({ hostname, port }) => console.log(`listening on http://${hostname}:${port}`),
}, (request, { remoteAddr }) => app.fetch(request, { ...environment, remoteAddr }));

// Event streams have no end of their own: after 5 s they are cut
Deno.addSignalListener('SIGTERM', () => {
  setTimeout(() => Deno.exit(), 5_000);
  server.shutdown().then(() => Deno.exit());
});
