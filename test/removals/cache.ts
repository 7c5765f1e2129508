/**
 * What the cache of a gateway defends with: it has what everybody may read, as its upstream has it, and
 * no more than there is room for. Part of the list in removals.ts. Not here: where git could be led to by
 * an upstream's words, which it does not follow by its own defaults either.
 */
import { against, type Removal } from './removal.js';

const others = ['server/backend/cache-private.test.ts'];
const faults = ['server/backend/cache-faults.test.ts'];

export const cacheRemovals: readonly Removal[] = [
  ...against('a cache that has what is not for everybody', others, [
    {
      defence: 'no credentials go out for what is kept',
      instead:
        "operatorProof: () => Promise.resolve({ authorization: 'Basic b3duOnB3', whose: 'operator' })",
    },
    { defence: 'who shows credentials goes past the cache' },
    { defence: 'what is not for everybody any more is dropped' },
    {
      defence: 'a redirect leads to nothing kept that rules do not allow',
      instead: 'return true;',
    },
    { defence: 'mirrors do not lie where they would be served' },
    { defence: 'the directory of a cache is of its user alone' },
  ]),
  ...against('a cache that is not as its upstream is', faults, [
    {
      defence: 'a mirror is where it is looked for only when it is whole',
      instead: "return mkdtemp(join(this.#options.directory.mirrors, 'new-'));",
      tests: others,
    },
    { defence: 'what was being changed when a process ended is not used', tests: others },
    {
      defence: 'what is kept stands in for an upstream only where the operator says so',
      instead: 'return mirror.seen > 0;',
    },
    {
      defence: 'a cache is of one process',
      instead:
        'await rm(path, { force: true });\n  const mine = await listen(path);\n  if (mine !== undefined) return mine;',
      tests: others,
    },
  ]),
  ...against('an upstream that fills the disk of a gateway', faults, [
    { defence: 'what is too large to be kept is cut off while it comes (cacheRepositorySize)' },
    { defence: 'a cache has a largest size' },
  ]),
];
