/**
 * Every limit of the server: its name, default, unit and reason. What has no number here has no
 * limit. The largest message is fixed by gitws.v1 (1 MiB) and is no limit of one server.
 */
import { GitWsError } from '../src/errors.js';
import { windowBytes } from '../src/tunnel/subprotocol.js';

/** Limits of one server. Times in ms, sizes in bytes. */
export interface Limits {
  /**
   * Sessions at once, upgrades under way included; above it 4503. Default 100: each one is a git
   * process, and a clone keeps a core busy.
   */
  readonly maxSessions: number;
  /**
   * Refused sockets that may wait for the end of their closing handshake; above it a refusal is a
   * bare HTTP 503. Default 200: a flood of refusals must not hold more sockets than sessions do.
   */
  readonly maxRefusals: number;
  /**
   * Receive window: what a client may send that git has not taken yet, 64 KiB to 16 MiB. Default
   * 4 MiB: bounds a session's memory for a push, and keeps a 100 ms round trip at 40 MiB/s.
   */
  readonly window: number;
  /**
   * Most bytes sent and not acknowledged, whatever window the client asks for. Default 4 MiB:
   * bounds a session's memory for a clone.
   */
  readonly maxReplay: number;
  /**
   * Time for `authenticate` and `authorize` together; above it 4503. Default 10 s: they may ask a
   * database, and a hanging one must not hold every session.
   */
  readonly accessTime: number;
  /**
   * Time until the client's first message; above it 4408. Default 10 s: a gitws.v1 client
   * acknowledges `open` at once, so whoever says nothing is none.
   */
  readonly openingTime: number;
  /**
   * Time in which nothing is sent, received or acknowledged; above it 4408. Default 10 min: git
   * itself sends a keep-alive every 5 s while it computes (uploadpack.keepAlive).
   */
  readonly idleTime: number;
  /**
   * Time between two WebSocket pings; a peer that has not answered the last one when the next is
   * due is given up. Default 15 s: below the idle time of common proxies.
   */
  readonly pingInterval: number;
  /**
   * Time a peer has for its half of the closing handshake before the socket is destroyed. Default
   * 5 s: nothing of value is under way any more.
   */
  readonly closeTime: number;
  /**
   * Time after `exit` in which the client may show no sign of life before the session is closed.
   * Default 60 s: on a slow link the window's worth before it takes that long.
   */
  readonly settleTime: number;
  /**
   * Time that git's stdout and stderr may stay open and silent after git ended, held by a process
   * that a hook left in the background. Default 2 s: what git wrote is read by then.
   */
  readonly lingerTime: number;
  /** Time from SIGTERM to SIGKILL for upload-pack, which changes nothing. Default 5 s. */
  readonly killDelayUpload: number;
  /**
   * Time from the end of its input to SIGKILL for receive-pack, which may hold locks. Default 30 s.
   */
  readonly killDelayReceive: number;
  /**
   * Time from the end of its input to SIGTERM for receive-pack. Default 2 s: the unfinished pack
   * makes it end, and remove its quarantine, by itself; a signal meanwhile would race with that.
   */
  readonly termDelayReceive: number;
  /**
   * Time that `close()` gives to pushes whose every byte has arrived. Default 30 s: their hooks
   * finish, and their clients learn the outcome.
   */
  readonly drainTime: number;
}

/** The defaults, reasoned at each name in {@link Limits}. */
export const defaultLimits: Limits = {
  maxSessions: 100,
  maxRefusals: 200,
  window: windowBytes.default,
  maxReplay: windowBytes.default,
  accessTime: 10_000,
  openingTime: 10_000,
  idleTime: 600_000,
  pingInterval: 15_000,
  closeTime: 5_000,
  settleTime: 60_000,
  lingerTime: 2_000,
  killDelayUpload: 5_000,
  killDelayReceive: 30_000,
  termDelayReceive: 2_000,
  drainTime: 30_000,
};

/**
 * @param given limits that differ from the defaults.
 * @throws GitWsError INVALID_OPTION for an unknown name or a value that makes no sense.
 */
export function completeLimits(given: Partial<Limits> = {}): Limits {
  const limits: Record<string, number> = { ...defaultLimits };
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (value === undefined) continue;
    if (!Object.hasOwn(defaultLimits, name)) throw invalid(name, 'there is no such limit');
    // Timers beyond 31 bits would fire at once.
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) >= 2 ** 31) {
      throw invalid(name, 'it must be a whole number of ms or bytes, below 2^31');
    }
    limits[name] = value as number;
  }
  const complete = limits as unknown as Limits;
  if (complete.window < windowBytes.minimum || complete.window > windowBytes.maximum) {
    throw invalid('window', 'it must be 64 KiB to 16 MiB');
  }
  if (complete.maxReplay < windowBytes.minimum) {
    throw invalid('maxReplay', 'it must be at least 64 KiB');
  }
  return complete;
}

function invalid(name: string, why: string): GitWsError {
  return new GitWsError('INVALID_OPTION', `The limit ${name} cannot be used: ${why}.`, {
    data: { limit: name },
  });
}
