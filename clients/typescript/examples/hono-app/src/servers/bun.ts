import { getConnInfo, upgradeWebSocket, websocket } from 'hono/bun';
import { createApp } from '../app.ts';

const app = createApp({ upgradeWebSocket, getConnInfo });

const environment = { DOSQL_URL: 'http://127.0.0.1:3775', ...process.env };

const server = Bun.serve({
  hostname: process.env.HOST ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 8787),
  fetch: (request, server) => app.fetch(request, { ...environment, server }),
  websocket,
});

console.log(`listening on http://${server.hostname}:${server.port}`);
// Event streams have no end of their own: after 5 s they are cut
process.on('SIGTERM', () => {
  setTimeout(() => process.exit(), 5_000);
  server.stop().then(() => process.exit());
});
