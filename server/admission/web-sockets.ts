/** How WebSockets are accepted: without compression, and with bounds on what one may make of frames. */
import { WebSocketServer, type ServerOptions } from 'ws';
import { maxBinaryBytes } from '../../src/tunnel/machine/message.js';
import { subprotocol } from '../../src/tunnel/machine/subprotocol.js';
import type { Limits } from '../limits/limits.js';

/** Newer than the types of ws. */
interface NewerOptions {
  readonly closeTimeout: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly maxPendingAutoPongs: number;
}

/** Most pieces of one message: they are kept until the last has come. */
export const maxFragments = 16_384;

/** Most answers to pings that wait for a peer that does not read. */
export const maxUnsentPongs = 60;

/** @returns what accepts upgrades and listens to nothing by itself. */
export function createWebSocketServer(limits: Limits): WebSocketServer {
  const options: ServerOptions & NewerOptions = {
    noServer: true,
    clientTracking: false,
    // Defence: nothing is inflated.
    perMessageDeflate: false,
    // Defence: a frame holds 1 MiB at most (maxPayload).
    maxPayload: maxBinaryBytes,
    maxBufferedChunks: 262_144,
    // Defence: a message has 16,384 pieces at most.
    maxFragments,
    // Defence: pongs that nobody reads do not pile up.
    maxPendingAutoPongs: maxUnsentPongs,
    closeTimeout: limits.closeTime,
    // Never another entry: ws would echo the first one, which may hold credentials.
    // Defence: no entry of the subprotocol header is echoed but the version.
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  };
  return new WebSocketServer(options);
}
