/**
 * Both ends of a connection that no session has at present (docs/protocol.md, "Another run over the
 * same connection"): after one run's `exit` was acknowledged, and until the next one's `open`.
 * Sans-io, as the tunnel itself: frames and times in, frames and events out.
 */
import {
  formatMessage,
  malformed,
  maxTextLength,
  parseMessage,
  type RefusedMessage,
  type RunMessage,
  type TextMessage,
} from './message.js';
import { UncountedRate } from './rate.js';

/** What came of a frame that a client has sent. */
export interface Asked {
  /** To be sent at once. */
  readonly answer?: string;
  /** What the client asks for: to be answered by `open`, or by {@link ServerBetweenRuns.refuse}. */
  readonly run?: RunMessage;
}

/** The server's end: waits to be asked, then for what its checks say. */
export class ServerBetweenRuns {
  readonly #rate = new UncountedRate();
  #state: 'waiting' | 'deciding';

  /** @param asked whether a run was asked for already. */
  constructor(asked = false) {
    this.#state = asked ? 'deciding' : 'waiting';
  }

  /** Whether a run was asked for that is not answered. */
  get deciding(): boolean {
    return this.#state === 'deciding';
  }

  /**
   * @param data text as a string, binary as bytes.
   * @param now ms.
   * @throws GitWsError PROTOCOL_ERROR: close the connection with 4400.
   */
  receive(data: string | Uint8Array, now: number): Asked {
    const message = parseText(data);
    switch (message?.type) {
      case undefined:
        this.#rate.count(now);
        return {};
      case 'ping':
        this.#rate.count(now);
        return { answer: formatMessage({ type: 'pong', id: message.id }) };
      case 'run':
        this.#rate.count(now);
        if (this.#state === 'deciding') throw malformed('run came before the last was answered');
        this.#state = 'deciding';
        return { run: message };
      default:
        throw malformed(`${message?.type} came between two runs`);
    }
  }

  /** @returns the frame that refuses what was asked for. The connection waits as before. */
  refuse(code: number, reason: string): string {
    if (this.#state === 'waiting') throw new TypeError('nothing was asked for');
    this.#state = 'waiting';
    return formatMessage({ type: 'refused', code, reason });
  }
}

/** What came of a frame that a server has sent. */
export type Answered =
  /** Nothing was said to what was asked; somebody is there. */
  | { readonly type: 'alive' }
  /** The session has begun, and this very frame is its first. */
  | { readonly type: 'open' }
  | RefusedMessage;

/** The client's end, which has asked for a run, or asks for nothing. */
export class ClientBetweenRuns {
  readonly #rate = new UncountedRate();
  #state: 'idle' | 'asking' | 'dropping' | 'answered' = 'idle';

  /**
   * @param run what is asked for. Where it is too long with its input, it goes without.
   * @param gaveUp whether the run before was given up: what is on its way of it is dropped.
   * @returns the frames that ask for it, and for a sign of life; and whether its input is in them.
   */
  ask(
    run: RunMessage,
    gaveUp = false,
  ): { readonly frames: readonly string[]; readonly hasInput: boolean } {
    if (this.#state !== 'idle') throw new TypeError('a run was asked for already');
    this.#state = gaveUp ? 'dropping' : 'asking';
    const whole = formatMessage(run);
    const fits = whole.length <= maxTextLength;
    const frame = fits ? whole : formatMessage({ ...run, input: undefined });
    const hasInput = fits && run.input !== undefined;
    return { frames: [formatMessage({ type: 'ping', id: 0 }), frame], hasInput };
  }

  /**
   * @param data text as a string, binary as bytes.
   * @param now ms.
   * @throws GitWsError PROTOCOL_ERROR: close the connection with 4400.
   */
  receive(data: string | Uint8Array, now: number): Answered {
    if (this.#state === 'answered') throw new TypeError('the session takes it');
    const isOfBefore = this.#state === 'dropping';
    if (isOfBefore && typeof data !== 'string') return { type: 'alive' };
    const message = parseText(data);
    switch (message?.type) {
      case 'open':
      case 'refused':
        if (this.#state === 'idle') throw malformed(`${message.type} came unasked`);
        this.#state = message.type === 'open' ? 'answered' : 'idle';
        return message.type === 'open' ? { type: 'open' } : message;
      // An ack is of the run before: it was on its way when the client had nothing more to say.
      case undefined:
      case 'pong':
      case 'ack':
        this.#rate.count(now);
        return { type: 'alive' };
      default:
        if (!isOfBefore) throw malformed(`${message?.type} came between two runs`);
        return { type: 'alive' };
    }
  }
}

/** @returns undefined for a type that this version does not know. */
function parseText(data: string | Uint8Array): TextMessage | undefined {
  if (typeof data !== 'string') throw malformed('data came between two runs');
  return parseMessage(data);
}
