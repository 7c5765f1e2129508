/**
 * One's own upgrades on an HTTP server that may have other WebSockets. Node tells every listener of
 * every upgrade, and most of those listeners end what they do not know (ws with a `path` answers 400,
 * @fastify/websocket 404, socket.io ends what has not been answered after a second), some of them
 * long after. No listener can keep an upgrade from the others, whenever it was added: so what is
 * one's own is taken before any of them is told.
 */
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { answerUpgrade } from './admission/refusal.js';

/** An HTTP server that tells of upgrades; one of HTTP/2 does of those that come by HTTP/1.1. */
export type UpgradeServer = HttpServer | HttpsServer | Http2SecureServer;

/** What a listener for `upgrade` is given. */
export type Upgrade = readonly [request: IncomingMessage, socket: Duplex, head: Buffer];

/** Listeners of this file, of all servers. */
const own = new WeakSet<object>();

/**
 * Takes upgrades of `server`, and answers those that nobody listens for with 404.
 *
 * @param take told of each upgrade before any listener; true where it is its own, of which no
 *   listener is told then.
 * @returns what ends it and leaves the server as it was.
 */
export function takeUpgrades(server: UpgradeServer, take: (...upgrade: Upgrade) => boolean) {
  const emitter: EventEmitter = server;
  let taking = true;
  // Without a listener Node answers an upgrade as if it were a plain request.
  const onUpgrade = (...[, socket]: Upgrade): void => {
    const listeners = emitter.listeners('upgrade');
    // Of several that are attached, the first answers.
    if (listeners[0] !== onUpgrade || !listeners.every((one) => own.has(one))) return;
    socket.on('error', () => socket.destroy());
    answerUpgrade(socket, 404, { sentence: 'There is nothing here for WebSockets.' });
  };
  own.add(onUpgrade);
  emitter.on('upgrade', onUpgrade);
  const before = Object.getOwnPropertyDescriptor(emitter, 'emit');
  const emit = emitter.emit.bind(emitter) as (...event: readonly unknown[]) => boolean;
  const emitRest = (...event: readonly unknown[]): boolean => {
    const [name, ...upgrade] = event;
    if (name === 'upgrade' && taking && take(...(upgrade as unknown as Upgrade))) return true;
    return emit(...event);
  };
  emitter.emit = emitRest;
  return (): void => {
    taking = false;
    emitter.off('upgrade', onUpgrade);
    // Somebody else's is around it: it passes everything on from now on.
    if (emitter.emit !== emitRest) return;
    if (before === undefined) Reflect.deleteProperty(emitter, 'emit');
    else Object.defineProperty(emitter, 'emit', before);
  };
}
