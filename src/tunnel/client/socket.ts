/**
 * The one file that touches a WebSocket: a page's own, or `ws` in Node by way of isomorphic-ws.
 * It turns events into two calls and knows nothing of gitws.v1.
 */
import IsomorphicWebSocket from 'isomorphic-ws';
import { GitWsError } from '../../base/errors.js';
import { messageOf } from '../../base/failure.js';
import { canHold, hold } from '../../base/hold.js';
import { maxBinaryBytes } from '../machine/message.js';

/** The part of the WebSocket interface that is used, for whoever injects one. */
export interface WebSocketLike {
  /** Set to `arraybuffer`. */
  binaryType: string;
  /** The subprotocol that the server chose. */
  readonly protocol: string;
  /** Set, as all of these: called when the handshake is done. */
  onopen: ((event: never) => void) | null;
  /** Called with each message. */
  onmessage: ((event: never) => void) | null;
  /** Called where it fails. */
  onerror: ((event: never) => void) | null;
  /** Called once, at the end. */
  onclose: ((event: never) => void) | null;
  /** Bytes never lie in shared memory: a page's WebSocket would not take them. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
  /** Only `ws` has it. */
  terminate?(): void;
  /** Only `ws` has it, and tells by it which socket it is on. */
  on?(event: 'upgrade', listener: (response: { readonly socket?: unknown }) => void): unknown;
}

/**
 * A WebSocket class: the page's, `ws`'s, or one that wraps them. The third argument is for `ws`
 * and ignored by browsers.
 */
export type WebSocketConstructor = new (
  url: string,
  protocols: string[],
  options?: Record<string, unknown>,
) => WebSocketLike;

/** What a socket reports. */
export interface SocketEvents {
  /** The handshake is done; `protocol` is what the server chose, possibly empty. */
  onOpen(protocol: string): void;
  onMessage(data: string | Uint8Array): void;
  /** The last event, exactly once. `cause`: what the socket said of it, where it did. */
  onClose(code: number, reason: string, cause: unknown): void;
}

/** An open, or opening, socket. */
export interface Socket {
  send(frame: string | Uint8Array): void;
  /** Starts the closing handshake; nothing is reported after this call. */
  close(code: number, reason: string): void;
  /** Gives the connection up; nothing is reported after this call. */
  terminate(): void;
  /** Node: whether the process stays for it, which it does unless told otherwise. */
  hold(held: boolean): void;
  /** Whether {@link hold} does what it says, or there is nothing that stays. */
  readonly canRest: boolean;
}

/** Options for `ws`: what a browser does by itself or has no option for. */
const nodeOptions = {
  perMessageDeflate: false,
  maxPayload: maxBinaryBytes,
  followRedirects: false,
};

/**
 * @param url ws: or wss: URL.
 * @param protocols entries for `Sec-WebSocket-Protocol`.
 * @param events told of what happens, never before this function returned.
 * @param WebSocket the class to use; default: the page's or `ws`.
 * @throws GitWsError CONNECTION_FAILED where the platform refuses to try (mixed content, CSP).
 */
export function openSocket(
  url: string,
  protocols: string[],
  events: SocketEvents,
  WebSocket: WebSocketConstructor = IsomorphicWebSocket as WebSocketConstructor,
): Socket {
  let socket: WebSocketLike;
  try {
    socket = new WebSocket(url, protocols, nodeOptions);
  } catch (cause) {
    throw new GitWsError(
      'CONNECTION_FAILED',
      `No WebSocket to ${new URL(url).origin} can be opened from here: ${messageOf(cause)}`,
      { cause },
    );
  }
  let failure: unknown;
  let live = true;
  let connection: unknown;
  let holding = true;
  socket.on?.('upgrade', (response) => {
    connection = response.socket;
    hold(connection, holding);
  });
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    if (live) events.onOpen(socket.protocol);
  };
  socket.onmessage = (event: { data: string | ArrayBuffer }) => {
    if (!live) return;
    events.onMessage(typeof event.data === 'string' ? event.data : new Uint8Array(event.data));
  };
  // Kept for the close event that follows; `ws` throws where nobody listens.
  socket.onerror = (event: { error?: unknown; message?: string }) => {
    failure = event.error ?? (event.message === undefined ? undefined : new Error(event.message));
  };
  socket.onclose = (event: { code: number; reason: string }) => {
    if (!live) return;
    live = false;
    events.onClose(event.code, event.reason, failure);
  };
  return {
    send(frame) {
      // After a close event is on its way `ws` calls back with an error and browsers drop it:
      // the event tells, so nothing is lost here.
      if (!live) return;
      // The streams have copied what a caller may have kept in shared memory.
      socket.send(frame as string | Uint8Array<ArrayBuffer>);
    },
    close(code, reason) {
      live = false;
      socket.close(code, reason);
    },
    get canRest() {
      return canHold(connection);
    },
    hold(held) {
      holding = held;
      hold(connection, held);
    },
    terminate() {
      live = false;
      // Browsers have no terminate(): they give up by themselves after close().
      if (socket.terminate === undefined) socket.close();
      else socket.terminate();
    },
  };
}
