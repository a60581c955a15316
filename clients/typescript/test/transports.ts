import type { TransportFactory } from '../src/index.ts';
import { websocket } from '../src/websocket.ts';

/** What the suites run over, each in turn. */
export const transports: [name: string, transport: TransportFactory | undefined][] = [
  ['HTTP', undefined],
  ['WebSocket', websocket()],
];
