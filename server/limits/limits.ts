/**
 * The limits of one server: the defaults of limit-table.ts, and what an operator puts in their
 * place, checked.
 */
import { GitWsError } from '../../src/base/errors.js';
import { limitTable, type Limit } from './limit-table.js';
import { largestQuantity, quantityRange } from './quantity-text.js';

/**
 * Limits of one server: times in ms, sizes in bytes. Each one's default and its reason stand in
 * docs/configuration.md, and in {@link defaultLimits}.
 */
export interface Limits {
  /**
   * TCP connections where `attach` is to look after them, as `gitws serve` has it; one more takes the
   * place of the oldest that asks nothing.
   */
  readonly maxConnections: number;
  /** Of those that ask nothing, from one address (one /64 of IPv6) that is no trusted proxy. */
  readonly maxConnectionsPerAddress: number;
  /** Time from a connection to its whole request head, at `gitws serve`. */
  readonly headersTime: number;
  /** Headers of an upgrade, names and values; above it 4413. */
  readonly maxHeaderLength: number;
  /** Request target, path and query; above it 4413. */
  readonly maxTargetLength: number;
  /** Sessions at once, upgrades under way included; above it 4503. */
  readonly maxSessions: number;
  /** Of those, from one address (one /64 of IPv6); above it 4429. */
  readonly maxSessionsPerAddress: number;
  /** Of those, of one signed-in user; above it 4429. */
  readonly maxSessionsPerUser: number;
  /** Refused sockets that wait for the end of their closing handshake. */
  readonly maxRefusals: number;
  /** Of those, of one address (one /64 of IPv6); one more takes the place of the oldest of them. */
  readonly maxRefusalsPerAddress: number;
  /** Time for `authenticate` and `authorize` together; above it 4503. */
  readonly accessTime: number;
  /** git services at once; further sessions wait in the queue. */
  readonly maxChildren: number;
  /** Sessions that wait for one of `maxChildren`; above it 4429. */
  readonly maxQueue: number;
  /** Time in that queue; above it 4429. */
  readonly queueTime: number;
  /** Time to look for a repository, and again to start git in it; above it 4503. */
  readonly startTime: number;
  /** Time until the client's first message; above it 4408. */
  readonly openingTime: number;
  /** Time until the first byte of upload-pack or receive-pack; above it 4408. */
  readonly firstByteTime: number;
  /** Time in which nothing is sent, received or acknowledged; above it 4408. */
  readonly idleTime: number;
  /** Time of a whole session; above it 4408. A push that has arrived whole has as long again. */
  readonly totalTime: number;
  /** Receive window: what a client may send that git has not taken yet, 64 KiB to 16 MiB. */
  readonly window: number;
  /** Bytes sent and not acknowledged, whatever window the client asks for; at least 64 KiB. */
  readonly maxReplay: number;
  /** Pack of one push; above it git refuses the push. */
  readonly maxPushSize: number;
  /** What a client may send to git, beside `maxPushSize` for the pack of a push; above it 4413. */
  readonly maxRequestSize: number;
  /** One piece of memory that git takes for a push; above it git refuses the push. */
  readonly maxPushMemory: number;
  /** Time that a session is kept whose connection was lost; below a second it ends at once. */
  readonly resumeTime: number;
  /** Sessions that wait so; one more ends at once. */
  readonly maxDetached: number;
  /** Of those, of clients at one address; while there are so many it gets 4429. */
  readonly maxDetachedPerAddress: number;
  /** Lost sessions whose clients have asked nothing yet, of one address; one more ends the oldest. */
  readonly maxUnaskedPerAddress: number;
  /** Of those, of one signed-in user; while there are so many the user gets 4429. */
  readonly maxDetachedPerUser: number;
  /** What those may hold together. */
  readonly maxDetachedBytes: number;
  /** Time that a connection is kept after a run for the next; below a second it is closed at once. */
  readonly keepTime: number;
  /** Connections that are kept so; one more takes the place of the oldest. */
  readonly maxKept: number;
  /** Of those, of clients at one address; one more takes the place of the oldest of them. */
  readonly maxKeptPerAddress: number;
  /** Runs over one connection, refused ones included; it is not kept after the last. */
  readonly maxRuns: number;
  /** Time for a connection to an upstream to be made; above it 4503. */
  readonly upstreamConnectTime: number;
  /** Services on one upstream at once; further sessions wait in a queue of its own. */
  readonly maxPerUpstream: number;
  /** Requests in a row that an upstream does not answer, before it is left alone; then 4503. */
  readonly maxUpstreamFailures: number;
  /** Time for which it is left alone; then one request tries it. */
  readonly upstreamRestTime: number;
  /** Time in which nothing of an answer that is due comes from an upstream. */
  readonly upstreamSilence: number;
  /** A batch request of git-lfs for an upstream, and again its answer. */
  readonly maxBatchSize: number;
  /** What a client says in one fetch of protocol version 0 or 1 from an upstream. */
  readonly maxNegotiation: number;
  /** One repository in the cache of upstreams; a larger one is not kept. */
  readonly cacheRepositorySize: number;
  /** Repositories in it; one more takes the place of the one used longest ago. */
  readonly maxMirrors: number;
  /** Fetches into it at once; where one more would be needed, the client goes past it. */
  readonly maxCacheFetches: number;
  /** Time of one fetch into it. */
  readonly cacheFetchTime: number;
  /** Time that a client waits for one; then it goes past the cache. */
  readonly cacheWait: number;
  /** Time for an upstream to say the refs of a repository in it. */
  readonly cacheAnswerTime: number;
  /** Time for which a repository goes past it that could not be kept. */
  readonly cacheRetryTime: number;
  /** Time for git to repack one repository of it. */
  readonly cacheUpkeepTime: number;
  /** Time between two WebSocket pings. */
  readonly pingInterval: number;
  /** Time a peer has for its half of the closing handshake. */
  readonly closeTime: number;
  /** Time after `exit` in which the client may show no sign of life. */
  readonly settleTime: number;
  /** Time that git's output may stay open and silent after git ended. */
  readonly lingerTime: number;
  /** Time from SIGTERM to SIGKILL for upload-pack. */
  readonly killDelayUpload: number;
  /** Time from the end of its input to SIGKILL for receive-pack. */
  readonly killDelayReceive: number;
  /** Time from the end of its input to SIGTERM for receive-pack. */
  readonly termDelayReceive: number;
  /** Time that `close()` gives to pushes whose every byte has arrived. */
  readonly drainTime: number;
}

/** The table, by the names above: neither has one that the other has not. */
export const limits: Readonly<Record<keyof Limits, Limit>> = limitTable satisfies Record<
  Exclude<keyof typeof limitTable, keyof Limits>,
  never
>;

/** Names of all limits. */
export const limitNames = Object.keys(limits) as readonly (keyof Limits)[];

/** The defaults. */
export const defaultLimits: Limits = Object.fromEntries(
  limitNames.map((name) => [name, limits[name].default]),
) as unknown as Limits;

/**
 * @param given limits that differ from the defaults.
 * @throws GitWsError INVALID_OPTION for an unknown name or a value that makes no sense.
 */
export function completeLimits(given: Partial<Limits> = {}): Limits {
  const complete: Record<string, number> = { ...defaultLimits };
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (value === undefined) continue;
    if (!Object.hasOwn(limits, name)) throw invalid(name, 'there is no such limit');
    const fault = limitFault(limits[name as keyof Limits], value);
    if (fault !== undefined) throw invalid(name, fault);
    complete[name] = value as number;
  }
  return complete as unknown as Limits;
}

/** @returns what is wrong with a value for a limit, completing "…: "; undefined if nothing is. */
export function limitFault(
  limit: Pick<Limit, 'unit' | 'minimum' | 'maximum'>,
  value: unknown,
): string | undefined {
  const { unit, minimum = 0, maximum = largestQuantity } = limit;
  if (Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum) {
    return undefined;
  }
  const whole = `a whole number${unit === 'count' ? '' : ` of ${unit}`}`;
  return `it must be ${whole}, ${quantityRange(limit, unit)}`;
}

function invalid(name: string, why: string): GitWsError {
  return new GitWsError('INVALID_OPTION', `The limit ${name} cannot be used: ${why}.`, {
    data: { limit: name },
  });
}
