/** Fetches what a partial clone lacks, and keeps it as a promisor's pack (git's promisor-remote.c). */
import type { Fetcher } from '../repository/promisor.js';
import type { keepPack, KeepPackOptions } from '../repository/keep-pack.js';
import type { ObjectSource } from './object-source.js';

/**
 * What of a wanted object's own is left out: all that it names, so that nothing comes but what was asked
 * for. (Of a commit that is not here, its ancestors come as well.)
 */
const nothingElse = 'tree:0';

/** Where packs are kept, and by what. */
export interface KeepsPacks extends Pick<
  KeepPackOptions<object>,
  'fs' | 'gitdir' | 'packWorker' | 'wasm' | 'limits' | 'detectCollisions' | 'onProgress'
> {
  /** Loaded when the first pack comes. */
  readonly load: () => Promise<{ readonly keepPack: typeof keepPack }>;
}

/** @param remote asked for all of it; whoever opened it closes it. */
export function promisedFetcher(remote: ObjectSource, { load, ...keeping }: KeepsPacks): Fetcher {
  return {
    fetch: async (oids, { signal }) => {
      const asked = () => ({
        ...{ wants: oids, haves: new Set<string>(), hasFilter: true },
        ...{ shallow: new Set<string>(), cutOff: new Set<string>() },
      });
      await remote.fetchObjects(oids, {
        ...{ signal, filter: nothingElse },
        onPack: async (pack) => {
          const { keepPack: keep } = await load();
          // As git names what it fetches so: each by itself.
          const promisor = oids.map((oid) => `${oid} ${oid}\n`).join('');
          await keep(pack, { ...keeping, signal, asked, promisor });
        },
      });
    },
  };
}

/** @returns what asks one promisor after the other, as git does, until one has what is asked for. */
export function firstOf(fetchers: readonly Fetcher[]): Fetcher {
  return {
    fetch: async (oids, how) => {
      let failure: { readonly error: unknown } | undefined;
      for (const fetcher of fetchers) {
        try {
          await fetcher.fetch(oids, how);
          return;
        } catch (error) {
          if (how.signal.aborted) throw error;
          failure ??= { error };
        }
      }
      if (failure !== undefined) throw failure.error;
    },
  };
}
