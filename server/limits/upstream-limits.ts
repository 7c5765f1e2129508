/** Limits of what goes to upstreams. */
import { KiB, MiB, minute, second, type Limit } from './limit.js';

export const upstreamLimits = {
  upstreamConnectTime: {
    unit: 'ms',
    default: 5 * second,
    minimum: 1,
    meaning:
      'time for a connection to an upstream to be made, TLS or keys of ssh included; above it 4503',
    reason: 'Half of startTime: a host that is down must not hold a place for long.',
  },
  maxPerUpstream: {
    unit: 'count',
    default: 48,
    minimum: 1,
    meaning:
      'services on one upstream at once; further sessions wait in a queue of its own, maxQueue long, for queueTime',
    reason: 'A slow upstream must not take all of maxChildren: a quarter stays for all else.',
  },
  maxUpstreamFailures: {
    unit: 'count',
    default: 3,
    minimum: 1,
    meaning:
      'requests in a row that an upstream does not answer, before it is asked no more for upstreamRestTime; then 4503 at once',
    reason: 'One may be chance; each costs up to startTime, and a place.',
  },
  upstreamRestTime: {
    unit: 'ms',
    default: 10 * second,
    minimum: 1,
    meaning: 'time in which such an upstream is not asked; then one request tries it',
    reason: 'As long as a request that gets no answer: half of the time it is tried.',
  },
  upstreamSilence: {
    unit: 'ms',
    default: 10 * minute,
    minimum: 1,
    meaning:
      'time in which nothing of an answer that is due comes from an upstream, or nothing at all passes over ssh; above it the service ends',
    reason: 'As long as idleTime: hooks of a push may take minutes there, too.',
  },
  maxBatchSize: {
    unit: 'bytes',
    default: MiB,
    minimum: KiB,
    meaning:
      'a batch request of git-lfs for an upstream, and again its answer; above it HTTP 413, and 500',
    reason: 'Both are kept whole; git-lfs asks for 100 files at a time, in some 10 KiB.',
  },
  maxNegotiation: {
    unit: 'bytes',
    default: 16 * MiB,
    minimum: 64 * KiB,
    meaning:
      'what a client says in one fetch of protocol version 0 or 1 from an upstream, wants and haves; above it the service ends',
    reason:
      'It is kept, since HTTP has it sent again with each round; 300,000 refs or commits fit.',
  },
} as const satisfies Readonly<Record<string, Limit>>;
