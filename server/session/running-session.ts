/**
 * What the server knows of a session whatever its client speaks, and what it tells of it when it is
 * over.
 */
import type { CloseCode } from '../../src/tunnel/machine/close.js';
import type { ExitStatus } from '../../src/tunnel/machine/message.js';

/** How a session ended. */
export type SessionOutcome =
  /** git ended and the client was told so. */
  | ({
      /** Told apart by this. */
      readonly kind: 'exit';
    } & ExitStatus)
  /** The client left first, or was closed with this code. */
  | {
      /** Told apart by this. */
      readonly kind: 'closed';
      /** 1006 where the connection ended without any. */
      readonly closeCode: number;
    };

/** @param exit what the client was told; else the code with which it left, or was closed. */
export function outcomeOf(exit: ExitStatus | undefined, closeCode = 1006): SessionOutcome {
  return exit === undefined ? { kind: 'closed', closeCode } : { kind: 'exit', ...exit };
}

/** A session's life in figures. */
export interface SessionFigures {
  /** The session's public id, as the client knows it. */
  readonly id: string;
  /** Bytes that the client sent for git's stdin. */
  readonly bytesIn: number;
  /** Bytes of git's stdout that were sent. */
  readonly bytesOut: number;
  /** How often its client came back after a lost connection. */
  readonly resumes: number;
  /** From start to end, in ms. */
  readonly duration: number;
  /** How it ended. */
  readonly outcome: SessionOutcome;
}

/** What a server needs to know of a session, whatever its client speaks. */
export interface RunningSession {
  /** Resolves when neither process nor socket is left. Processes that a hook left may be. */
  readonly over: Promise<SessionFigures>;
  /**
   * The server closes. A push whose every byte has arrived goes on, with its client, until it is
   * called with `now`; everything else ends at once.
   */
  shutDown(options?: { readonly now?: boolean }): void;
  /** Closes the connection with a code and a sentence. A push that is complete goes on without it. */
  end(code: CloseCode, sentence: string): void;
}
