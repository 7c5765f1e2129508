/** What a session of gitws.v1 is made of, its tunnel included. */
import { Tunnel } from '../../src/tunnel/machine/tunnel.js';
import { release } from '../base/slabs.js';
import type { Limits } from '../limits/limits.js';
import type { Link } from './link.js';
import type { RunningService } from './service-end.js';

/** What a session is made of. */
export interface SessionOptions extends RunningService {
  readonly link: Link;
  /** The client's receive window, in bytes. */
  readonly peerWindow: number;
  /** What the service is given first: came along with what asked for it. */
  readonly input?: string | undefined;
  /** Whether another run over the same link may bring its input along. */
  readonly takesInput: boolean;
  /** The secret by which its client comes back. */
  readonly token: string;
  readonly limits: Limits;
  /**
   * Asked when the connection is lost.
   *
   * @param bytes what the session may hold meanwhile.
   * @param asked whether its client has asked for anything.
   * @returns whether it may wait for its client.
   */
  onDetach(bytes: number, asked: boolean): boolean;
  /** It waits no longer: its client is back, or will not come. */
  onAttach(): void;
}

/** @param session its public id. @returns the server's end of its tunnel. */
export function createTunnel(options: SessionOptions, session: string): Tunnel {
  const { limits, link, peerWindow, token } = options;
  return new Tunnel({
    role: 'server',
    window: limits.window,
    maxReplay: limits.maxReplay,
    now: performance.now(),
    ...{ peerWindow, session, token },
    resumeFor: Math.floor(limits.resumeTime / 1000),
    keepFor: link.keepFor,
    takesInput: options.takesInput,
    onForget: release,
  });
}
