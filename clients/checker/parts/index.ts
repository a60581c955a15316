import type { Part } from '../part.ts';
import { admin } from './admin.ts';
import { bulk } from './bulk.ts';
import { errors } from './errors.ts';
import { events } from './events.ts';
import { headers } from './headers.ts';
import { health } from './health.ts';
import { log } from './log.ts';
import { orders } from './orders.ts';
import { posts } from './posts.ts';
import { rateLimit } from './rate-limit.ts';
import { results } from './results.ts';
import { settings } from './settings.ts';
import { simple } from './simple.ts';
import { sql } from './sql.ts';
import { storage } from './storage.ts';
import { transactions } from './transactions.ts';
import { users } from './users.ts';
import { websocket } from './websocket.ts';

/** All parts, in the order in which they are checked: the database first, since the app rests on it. */
export const parts: Part[] = [
  storage,
  sql,
  results,
  transactions,
  health,
  headers,
  users,
  posts,
  admin,
  orders,
  bulk,
  rateLimit,
  errors,
  log,
  events,
  websocket,
  settings,
  simple,
];
