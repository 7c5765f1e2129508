/** A WebSocket class that remembers when the last bytes came: what the network's share of a clone is. */
import type { WebSocketConstructor } from '../src/tunnel/client/socket.js';

/** What is needed of a WebSocket class: a page's, or `ws`. */
type SocketClass = new (
  url: string,
  protocols: string[],
  options?: Record<string, unknown>,
) => {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
};

/**
 * @param Base the class that does the work.
 * @returns a class to give to gitws, and when the last binary message came to one of its sockets, by
 *   performance.now(); undefined before.
 */
export function timedSocket(Base: SocketClass) {
  let last: number | undefined;
  const Timed = function (...args: ConstructorParameters<SocketClass>) {
    const socket = new Base(...args);
    socket.addEventListener('message', ({ data }) => {
      if (typeof data !== 'string') last = performance.now();
    });
    return socket;
  } as unknown as WebSocketConstructor;
  return { WebSocket: Timed, lastBytes: () => last };
}
