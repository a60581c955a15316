import { serve, upgradeWebSocket } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { WebSocketServer } from 'ws';
import { createApp } from '../app.ts';

const app = createApp({ upgradeWebSocket, getConnInfo });

const environment = { DOSQL_URL: 'http://127.0.0.1:3775', ...process.env };

const server = serve({
  hostname: process.env.HOST ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 8787),
  // The adapter's own bindings stay the same object: it knows requests by it
  fetch: (request, env) => app.fetch(request, Object.assign(env, environment)),
  websocket: { server: new WebSocketServer({ noServer: true }) },
}, ({ address, port }) => console.log(`listening on http://${address}:${port}`));

// Event streams have no end of their own: after 5 s they are cut
process.on('SIGTERM', () => {
  setTimeout(() => process.exit(), 5_000);
  server.close(() => process.exit());
});
