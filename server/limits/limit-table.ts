/**
 * Every limit of the server: default, unit, what it is and why. The options of the command, its
 * configuration file and docs/configuration.md are made of this table; what enforces a limit reads
 * {@link Limits} in limits.ts. What has no entry here has no limit. Two are fixed by gitws.v1 and no
 * matter of one server: the largest message (1 MiB), and 100 uncounted messages in a second.
 */

import { cacheLimits } from './cache-limits.js';
import { arrivalLimits, keptLimits } from './connection-limits.js';
import { KiB, MiB, minute, second, type Limit } from './limit.js';
import { upstreamLimits } from './upstream-limits.js';

export type { Limit } from './limit.js';

/** All of them, in the order of a session's life. */
export const limitTable = {
  ...arrivalLimits,
  maxSessions: {
    unit: 'count',
    default: 100,
    meaning: 'sessions at once, upgrades under way included; above it 4503',
    reason: 'Each is a git process, and up to window + maxReplay of memory.',
  },
  maxSessionsPerAddress: {
    unit: 'count',
    default: 32,
    meaning: 'of those, from one address (one /64 of IPv6); above it 4429',
    reason: 'One machine must not take every place; an office behind one address needs many.',
  },
  maxSessionsPerUser: {
    unit: 'count',
    default: 16,
    meaning: 'of those, of one signed-in user; above it 4429',
    reason: "A user's tools and CI jobs run side by side, but not by the hundred.",
  },
  maxRefusals: {
    unit: 'count',
    default: 200,
    meaning:
      'refused sockets that wait for the end of their closing handshake; above it a refusal is a bare HTTP answer',
    reason: 'A flood of refusals must not hold more sockets than sessions do.',
  },
  maxRefusalsPerAddress: {
    unit: 'count',
    default: 50,
    minimum: 1,
    meaning:
      'of those, of clients at one address (one /64 of IPv6); one more takes the place of the oldest of them, which was told why',
    reason:
      'Whoever keeps refused sockets open must not leave others without a reason; a client that is told why closes at once.',
  },
  accessTime: {
    unit: 'ms',
    default: 10 * second,
    minimum: 1,
    meaning: 'time for authenticate and authorize together; above it 4503',
    reason: 'They may ask a database, and a hanging one must not hold every session.',
  },
  maxChildren: {
    unit: 'count',
    default: 64,
    minimum: 1,
    meaning: 'git services at once; further sessions wait in the queue',
    reason:
      'Processes are what a server runs out of first: a shallow clone can cost more than a full one.',
  },
  maxQueue: {
    unit: 'count',
    default: 32,
    meaning: 'sessions that wait for one of maxChildren; above it 4429',
    reason: 'A short queue smooths a burst; a long one only makes everybody late.',
  },
  queueTime: {
    unit: 'ms',
    default: 5 * second,
    meaning: 'time in that queue; above it 4429',
    reason: 'Far below the 30 s in which clients expect the session to open.',
  },
  startTime: {
    unit: 'ms',
    default: 10 * second,
    meaning:
      'time to look for a repository, and again to start git in it, protectedRefs and hooks included; above it 4503',
    reason: 'A file system or a function that does not answer must not hold a place for ever.',
  },
  openingTime: {
    unit: 'ms',
    default: 10 * second,
    minimum: 1,
    meaning: "time until the client's first message; above it 4408",
    reason: 'A gitws.v1 client acknowledges open at once, so whoever says nothing is none.',
  },
  firstByteTime: {
    unit: 'ms',
    default: 60 * second,
    minimum: 1,
    meaning: 'time until the first byte of upload-pack or receive-pack; above it 4408',
    reason: 'They begin with the refs: a minute is enough for millions, on a slow disk.',
  },
  idleTime: {
    unit: 'ms',
    default: 10 * minute,
    minimum: 1,
    meaning: 'time in which nothing is sent, received or acknowledged; above it 4408',
    reason: 'git itself sends a keep-alive every 5 s while it computes (uploadpack.keepAlive).',
  },
  totalTime: {
    unit: 'ms',
    default: 4 * 60 * minute,
    minimum: 1,
    meaning:
      'time of a whole session; above it 4408. A push that has arrived whole has as long again, then its hooks are ended',
    reason: 'A clone of 10 GB at 1 MB/s takes three hours; nothing honest takes much longer.',
  },
  window: {
    unit: 'bytes',
    default: 4 * MiB,
    minimum: 64 * KiB,
    maximum: 16 * MiB,
    meaning: 'receive window: what a client may send that git has not taken yet',
    reason: "Bounds a session's memory for a push, and keeps a 100 ms round trip at 40 MiB/s.",
  },
  maxReplay: {
    unit: 'bytes',
    default: 4 * MiB,
    minimum: 64 * KiB,
    meaning: 'bytes sent and not acknowledged, whatever window the client asks for',
    reason: "Bounds a session's memory for a clone.",
  },
  maxPushSize: {
    unit: 'bytes',
    default: 1024 * MiB,
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    meaning: 'pack of one push (receive.maxInputSize); above it git refuses the push',
    reason: 'One push must not fill the disk; more than that goes in several.',
  },
  maxRequestSize: {
    unit: 'bytes',
    default: 64 * MiB,
    minimum: 1 * KiB,
    maximum: Number.MAX_SAFE_INTEGER,
    meaning:
      'what a client may send to git, beside maxPushSize for the pack of a push; above it 4413',
    reason:
      'git keeps wants, haves and commands in memory, without a bound of its own; half a million refs fit.',
  },
  maxPushMemory: {
    unit: 'bytes',
    default: 640 * MiB,
    minimum: 16 * MiB,
    maximum: Number.MAX_SAFE_INTEGER,
    meaning:
      'one piece of memory that git takes for a push, such as an unpacked object (GIT_ALLOC_LIMIT); above it git refuses the push',
    reason:
      'A delta of some bytes can stand for gigabytes; git makes none of files above 512 MiB (core.bigFileThreshold).',
  },
  resumeTime: {
    unit: 'ms',
    default: minute,
    meaning:
      'time that a session is kept whose connection was lost, so that its client can go on; 0 (anything below a second): it ends at once, and nothing that was sent is kept',
    reason: 'A tunnel, a lift or another Wi-Fi takes less; a git process waits so long.',
  },
  maxDetached: {
    unit: 'count',
    default: 48,
    meaning: 'sessions that are kept so; one more ends at once',
    reason: 'Each may hold a git process; some of maxChildren stay for those who are there.',
  },
  maxDetachedPerAddress: {
    unit: 'count',
    default: 16,
    meaning:
      'of those, of clients at one address (one /64 of IPv6); one more ends at once, and new sessions from there get 4429 while there are so many',
    reason: 'Whoever opens sessions and drops them must not fill the server with what is left.',
  },
  maxUnaskedPerAddress: {
    unit: 'count',
    default: 4,
    meaning:
      'sessions without a connection whose clients have asked nothing yet, of one address; they are kept for openingTime, count for no other limit of an address or user, and one more ends the oldest',
    reason:
      'There is nothing in them to lose: a program that wanted the refs alone may have ended.',
  },
  maxDetachedPerUser: {
    unit: 'count',
    default: 8,
    meaning:
      'of those, of one signed-in user; one more ends at once, and new sessions of that user get 4429 while there are so many',
    reason: 'Half of what a user may have at once.',
  },
  maxDetachedBytes: {
    unit: 'bytes',
    default: 256 * MiB,
    maximum: Number.MAX_SAFE_INTEGER,
    meaning:
      'what those may hold together, counted as the most that each may; a session for which there is no room ends at once',
    reason: '64 windows of 4 MiB.',
  },
  ...keptLimits,
  ...upstreamLimits,
  ...cacheLimits,
  pingInterval: {
    unit: 'ms',
    default: 15 * second,
    minimum: 1,
    meaning:
      'time between two WebSocket pings; a peer that has not answered one when the next is due is given up',
    reason: 'Below the idle time of common proxies.',
  },
  closeTime: {
    unit: 'ms',
    default: 5 * second,
    meaning: 'time a peer has for its half of the closing handshake before the socket is destroyed',
    reason: 'Nothing of value is under way any more.',
  },
  settleTime: {
    unit: 'ms',
    default: 60 * second,
    minimum: 1,
    meaning:
      'time after exit in which the client may show no sign of life before the session is closed',
    reason: "On a slow link the window's worth before it takes that long.",
  },
  lingerTime: {
    unit: 'ms',
    default: 2 * second,
    meaning:
      "time that git's output may stay open and silent after git ended, held by what a hook left in the background",
    reason: 'What git wrote is read by then.',
  },
  killDelayUpload: {
    unit: 'ms',
    default: 5 * second,
    meaning: 'time from SIGTERM to SIGKILL for upload-pack',
    reason: 'It changes nothing.',
  },
  killDelayReceive: {
    unit: 'ms',
    default: 30 * second,
    meaning: 'time from the end of its input to SIGKILL for receive-pack',
    reason: 'It may hold locks.',
  },
  termDelayReceive: {
    unit: 'ms',
    default: 2 * second,
    meaning: 'time from the end of its input to SIGTERM for receive-pack',
    reason:
      'The unfinished pack makes it end, and remove its quarantine, by itself; a signal would race with that.',
  },
  drainTime: {
    unit: 'ms',
    default: 30 * second,
    meaning: 'time that a server that closes gives to pushes whose every byte has arrived',
    reason: 'Their hooks finish, and their clients learn the outcome.',
  },
} as const satisfies Readonly<Record<string, Limit>>;
