import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { UpgradeWebSocket } from 'hono/ws';
import { HubSession } from '../hub.ts';
import { authMiddleware } from '../middleware/auth.ts';
import { dbMiddleware } from '../middleware/db.ts';
import type { AppEnv } from '../types.ts';

const requireUpgrade = createMiddleware(async (c, next) => {
  if (c.req.header('Upgrade')?.toLowerCase() !== 'websocket') {
    return c.text('Expected WebSocket', 426, { Upgrade: 'websocket' });
  }
  await next();
});

/**
 * The hub's route.
 *
 * @param upgradeWebSocket the runtime's, from Hono's adapter for it.
 */
export const wsRouter = (upgradeWebSocket: UpgradeWebSocket) =>
  new Hono<AppEnv>().get(
    '/connect',
    requireUpgrade,
    dbMiddleware,
    authMiddleware,
    upgradeWebSocket((c) => {
      const { db, user } = c.var as AppEnv['Variables'];
      let session: HubSession | undefined;

      return {
        // On Workers a socket is open from the start, and nobody says so: a session begins with its first message
        onMessage(event, socket) {
          session ??= new HubSession(db, user, socket);
          session.receive(event.data);
        },
        onClose: () => session?.end(),
        onError: () => session?.end(),
      };
    }),
  );
