/** What a tunnel machine is made with, and what it reports. */
import type { LivenessTimes } from './liveness.js';
import type { ExitStatus, OpenMessage, RunMessage } from './message.js';

interface CommonOptions {
  /** This end's receive window, in bytes. */
  readonly window: number;
  /** Most unacknowledged bytes kept here, whatever the peer's window, in bytes. */
  readonly maxReplay: number;
  /** The time now, in ms of any steady clock; the same clock for every call. */
  readonly now: number;
}

/** How far a session was that somebody else began, who had sent all there was to send. */
export interface ResumedCounts {
  /** Counted messages that were received, and all of them consumed. */
  readonly received: number;
  /** Counted messages that were sent, `end` the last of them, and all of them acknowledged. */
  readonly sent: number;
}

/** Options of the end that connected. */
export interface ClientTunnelOptions extends CommonOptions {
  readonly role: 'client';
  readonly liveness?: LivenessTimes;
  /** Where another page or process had the session before. */
  readonly resumed?: ResumedCounts | undefined;
}

/** Options of the end that was connected to: what the other end's entries and `open` say. */
export interface ServerTunnelOptions extends CommonOptions {
  readonly role: 'server';
  /** The client's receive window, in bytes. */
  readonly peerWindow: number;
  readonly session: string;
  readonly token: string;
  /** Seconds that a detached session is kept. */
  readonly resumeFor: number;
  /** Seconds that the connection is kept after `exit`; default 0, for not at all. */
  readonly keepFor?: number;
  /** Whether the next run over a connection that is kept may bring its input along. */
  readonly takesInput?: boolean;
  /**
   * Told of data once the client has acknowledged it, where it was kept for that: this machine does
   * not read it any more, but a socket that it was given to may.
   */
  readonly onForget?: (bytes: Uint8Array) => void;
}

/** What {@link Tunnel.receive} reports. */
export type TunnelEvent =
  | OpenMessage
  /** The client wants no more of this run, but that one. Nothing of this machine is sent any more. */
  | RunMessage
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'stderr'; readonly text: string }
  | { readonly type: 'end' }
  | ({ readonly type: 'exit' } & ExitStatus)
  /** An ack freed room: {@link Tunnel.write} takes more. */
  | { readonly type: 'credit' };
