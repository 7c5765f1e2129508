/** Clients that find every name on this machine, and believe one certificate authority. */
import type { LookupFunction } from 'node:net';
import WebSocket, { type ClientOptions } from 'ws';
import type { WebSocketConstructor } from '../../src/index.js';

const loopback: LookupFunction = (_name, { all }, callback) => {
  if (all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

/**
 * Options of `ws` for such a client.
 *
 * @param ca the authority's certificate, in PEM.
 * @param localAddress which of this machine's loopback addresses to come from.
 */
export function believing(ca: string, localAddress = '127.0.0.1'): ClientOptions {
  // `ws` passes on to node:https what is not in its types, too.
  const options = { ca, localAddress, lookup: loopback };
  return options;
}

/** The same as a class, for the library. */
export function believingWebSocket(connection: ClientOptions): WebSocketConstructor {
  return class extends WebSocket {
    constructor(url: string, protocols: string[], options: ClientOptions = {}) {
      super(url, protocols, { ...options, ...connection });
    }
  };
}
