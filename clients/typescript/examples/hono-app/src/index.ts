// Cloudflare Workers
import { getConnInfo, upgradeWebSocket } from 'hono/cloudflare-workers';
import { createApp } from './app.ts';

export default createApp({ upgradeWebSocket, getConnInfo });
