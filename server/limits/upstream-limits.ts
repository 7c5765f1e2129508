/** Limits of what goes to upstreams. */
import { KiB, MiB, minute, second, type Limit } from './limit.js';

export const upstreamLimits = {
  upstreamConnectTime: {
    unit: 'ms',
    default: 5 * second,
    minimum: 1,
    meaning: 'time for a connection to an upstream to be made, TLS included; above it 4503',
    reason: 'Half of startTime: a host that is down must not hold a place for long.',
  },
  upstreamSilence: {
    unit: 'ms',
    default: 10 * minute,
    minimum: 1,
    meaning:
      'time in which nothing of an answer that is due comes from an upstream; above it the service ends',
    reason: 'As long as idleTime: hooks of a push may take minutes there, too.',
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
