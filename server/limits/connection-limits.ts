/** Limits of what comes before a session, and between two of them. */
import { KiB, MiB, second, type Limit } from './limit.js';

/** Before: connections, and what is read of them. */
export const arrivalLimits = {
  maxConnections: {
    unit: 'count',
    default: 1_000,
    minimum: 1,
    meaning:
      'TCP connections of gitws serve, whatever they are for, and at most half as many as it may open files; one more takes the place of the oldest that asks nothing',
    reason: 'A flood of sockets must not use up the file descriptors that sessions need.',
  },
  maxConnectionsPerAddress: {
    unit: 'count',
    default: 100,
    minimum: 1,
    meaning:
      'of those that ask nothing, silent or answered already, from one address (one /64 of IPv6) that is no trusted proxy; one more takes the place of the oldest of them',
    reason: 'Whoever wants something asks at once: an office behind one address has few that wait.',
  },
  headersTime: {
    unit: 'ms',
    default: 10 * second,
    minimum: 1,
    meaning: 'time from a connection to its whole request head at gitws serve; above it HTTP 408',
    reason: 'A head is one packet; whoever sends it a byte at a time only holds a socket.',
  },
  maxHeaderLength: {
    unit: 'bytes',
    default: 16 * KiB,
    minimum: 1 * KiB,
    maximum: 1 * MiB,
    meaning: 'headers of an upgrade, names and values; above it 4413, far above it HTTP 431',
    reason: 'Twice the longest credentials that a page can send (7,000 bytes), with room.',
  },
  maxTargetLength: {
    unit: 'bytes',
    default: 4 * KiB,
    minimum: 64,
    meaning: 'request target, path and query; above it 4413',
    reason: 'A path of 1,024 characters, percent-encoded: rules look at no longer one.',
  },
} as const satisfies Readonly<Record<string, Limit>>;

/** Between: connections that are kept for another run. */
export const keptLimits = {
  keepTime: {
    unit: 'ms',
    default: 60 * second,
    meaning:
      'time that a connection is kept after a run, so that the next one needs no new connection; 0 (anything below a second): it is closed at once',
    reason: 'Longer than clients keep theirs (15 s); without git it is a socket and no more.',
  },
  maxKept: {
    unit: 'count',
    default: 200,
    meaning:
      'connections that are kept so, of all addresses; one more takes the place of the oldest',
    reason:
      'Twice maxSessions: those who were here a moment ago, and half of a small open-files limit.',
  },
  maxKeptPerAddress: {
    unit: 'count',
    default: 32,
    meaning:
      'of those, of clients at one address (one /64 of IPv6); one more takes the place of the oldest of them',
    reason: 'As many as may have had a session at once; whoever loses one connects anew.',
  },
  maxRuns: {
    unit: 'count',
    default: 1_000,
    minimum: 1,
    meaning: 'runs over one connection, refused ones included; it is not kept after the last',
    reason: 'Balancers share out connections: none should last for ever.',
  },
} as const satisfies Readonly<Record<string, Limit>>;
