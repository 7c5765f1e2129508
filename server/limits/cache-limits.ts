/** Limits of the cache of upstreams' repositories. */
import { MiB, minute, second, type Limit } from './limit.js';

export const cacheLimits = {
  cacheRepositorySize: {
    unit: 'bytes',
    default: 2048 * MiB,
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    meaning:
      'one repository in the cache of upstreams; a larger one is not kept, and its clients go past the cache',
    reason: 'A repository of which a few are all of the cache throws out all others.',
  },
  maxMirrors: {
    unit: 'count',
    default: 1_000,
    minimum: 1,
    meaning: 'repositories in that cache; one more takes the place of the one used longest ago',
    reason: 'Small ones cost files and the time of a start, and hardly any space.',
  },
  maxCacheFetches: {
    unit: 'count',
    default: 4,
    minimum: 1,
    meaning:
      'fetches into that cache at once; where one more would be needed, the client goes past the cache',
    reason: 'They go on when their clients have left, so maxChildren does not bound them.',
  },
  cacheFetchTime: {
    unit: 'ms',
    default: 30 * minute,
    minimum: 1,
    meaning: 'time of one fetch into that cache, checks included; above it it is given up',
    reason: 'cacheRepositorySize at 2 MB/s takes a good quarter of an hour.',
  },
  cacheWait: {
    unit: 'ms',
    default: 4 * second,
    meaning:
      'time that a client waits for a fetch into that cache; then it goes past the cache, and the fetch goes on',
    reason:
      'What comes in that time costs an upstream one fetch for all who ask; with cacheAnswerTime it is below startTime.',
  },
  cacheAnswerTime: {
    unit: 'ms',
    default: 4 * second,
    minimum: 1,
    meaning:
      'time for an upstream to say the refs of a repository in that cache; above it it counts as one that does not answer',
    reason: 'The refs are asked for before each use, so nothing is served without them.',
  },
  cacheRetryTime: {
    unit: 'ms',
    default: 10 * minute,
    meaning:
      'time for which a repository goes past that cache when it could not be kept: too large, broken, not for everybody',
    reason: 'Or each client would cost the upstream a fetch that comes to nothing.',
  },
  cacheUpkeepTime: {
    unit: 'ms',
    default: 30 * minute,
    minimum: 1,
    meaning: 'time for git to repack one repository of that cache; above it it is ended',
    reason: 'One is repacked at a time; what is not repacked is served as well, but slower.',
  },
} as const satisfies Readonly<Record<string, Limit>>;
