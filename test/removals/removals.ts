/**
 * Defences, and how to take each away: its name, which a marker in the source has too, what is done to
 * the code marked there, and the tests that must fail then. `npm run removals` tries them, one after the
 * other, in a copy. Not here: what git itself defends (packObjectsHook, names of refs, broken packs), and
 * what another defence stands behind (git gets fixed arguments, a dot and no shell, whatever is asked
 * for).
 */
import { cacheRemovals } from './cache.js';
import { clientRemovals } from './client.js';
import { gatewayRemovals } from './gateway.js';
import type { Removal } from './removal.js';
import { serverRemovals } from './server.js';
import { upstreamRemovals } from './upstreams.js';

/** All of them. */
export const removals: readonly Removal[] = [
  ...serverRemovals,
  ...gatewayRemovals,
  ...upstreamRemovals,
  ...cacheRemovals,
  ...clientRemovals,
];
