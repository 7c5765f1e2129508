/** A certificate for a name that leads to this machine, and clients that believe both. */
import type { LookupFunction } from 'node:net';
import { generate } from 'selfsigned';
import WebSocket, { type ClientOptions } from 'ws';
import type { WebSocketConstructor } from '../../src/index.js';

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** @param name a DNS name. */
export async function makeCertificate(name: string): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  return { cert, key };
}

const loopback: LookupFunction = (_name, { all }, callback) => {
  if (all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

/**
 * Options of `ws` that find every name on this machine and believe one certificate.
 *
 * @param localAddress which of this machine's loopback addresses to come from.
 */
export function believing({ cert }: Certificate, localAddress = '127.0.0.1'): ClientOptions {
  // `ws` passes on to node:https what is not in its types, too.
  const options = { ca: cert, localAddress, lookup: loopback };
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
