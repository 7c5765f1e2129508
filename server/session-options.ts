/** What a session of gitws.v1 is made of. */
import type { WebSocket } from 'ws';
import type { GitService } from '../src/endpoint.js';
import type { Limits } from './limits.js';
import type { Repository } from './repository.js';
import type { ServiceText } from './service-text.js';
import type { ServiceProcess } from './spawn.js';

/** What a session is made of. */
export interface SessionOptions {
  readonly service: GitService;
  readonly repository: Repository;
  readonly child: ServiceProcess;
  readonly socket: WebSocket;
  readonly text: ServiceText;
  /** The client's receive window, in bytes. */
  readonly peerWindow: number;
  /** The secret by which its client comes back. */
  readonly token: string;
  readonly limits: Limits;
  /**
   * Asked when the connection is lost.
   *
   * @param bytes what the session may hold meanwhile.
   * @returns whether it may wait for its client.
   */
  onDetach(bytes: number): boolean;
  /** It waits no longer: its client is back, or will not come. */
  onAttach(): void;
  /** Told of what should not happen. */
  onError(error: unknown): void;
}
