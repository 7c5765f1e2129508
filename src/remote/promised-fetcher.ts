/** Fetches what a partial clone lacks, and keeps it as a promisor's pack (git's promisor-remote.c). */
import { FetchTurn } from '../repository/fetch-turn.js';
import type { Failures, Fetcher, FetchHow } from '../repository/promisor.js';
import type { keepPack, KeepPackOptions } from '../repository/keep-pack.js';
import { eachOf, isRefusal, type Refusal } from './each-object.js';
import type { ObjectSource } from './object-source.js';

/**
 * What of a wanted object's own is left out: all that it names, so that nothing comes but what was asked
 * for. (Of a commit that is not here, its ancestors come as well.)
 */
const nothingElse = 'tree:0';

/** The same of a tree that comes with all trees below it. */
const noBlobs = 'blob:none';

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
  const ask = async (
    oids: readonly string[],
    { signal, below = false }: FetchHow,
  ): Promise<Answer> => {
    const outcome = { isAnswered: false };
    const asked = () => ({
      ...{ wants: oids, haves: new Set<string>(), hasFilter: true },
      ...{ shallow: new Set<string>(), cutOff: new Set<string>() },
    });
    const onPack = async (pack: AsyncIterable<Uint8Array>): Promise<void> => {
      outcome.isAnswered = true;
      const { keepPack: keep } = await load();
      // As git names what it fetches so: each by itself.
      const promisor = oids.map((oid) => `${oid} ${oid}\n`).join('');
      await keep(pack, { ...keeping, signal, asked, promisor });
    };
    try {
      await remote.fetchObjects(oids, { signal, filter: below ? noBlobs : nothingElse, onPack });
      return undefined;
    } catch (error) {
      if (signal.aborted || !outcome.isAnswered) throw error;
      return { error };
    }
  };
  const each = (oids: readonly string[], how: FetchHow): Promise<Failures> =>
    eachOf(oids, async (some) => {
      const answer = await ask(some, how);
      if (answer !== undefined && !isRefusal(answer.error)) throw answer.error;
      return answer;
    });
  const turn = new FetchTurn(keeping.fs, keeping.gitdir);
  return {
    fetch: async (oids, how) => {
      const { signal, along = [] } = how;
      const failures = await turn.take([...oids, ...along], signal, async (left) => {
        const wanted = new Set(oids);
        const missed = left.filter((oid) => wanted.has(oid));
        if (missed.length === left.length) return each(left, how);
        if (missed.length === 0) return failed(left);
        if ((await ask(left, how)) === undefined) return undefined;
        // With them it may have been too much for this side, too.
        const rest = left.filter((oid) => !wanted.has(oid));
        return new Map([...failed(rest), ...(await each(missed, how))]);
      });
      return failures ?? new Map<string, unknown>();
    },
  };
}

/** What was to come along, and was not asked for by itself. */
function failed(oids: readonly string[]): Map<string, unknown> {
  return new Map(oids.map((oid) => [oid, undefined]));
}

/** Undefined where all has come. */
type Answer = Refusal | undefined;

/** @returns what asks one promisor after the other, as git does, for what those before it have not. */
export function firstOf(fetchers: readonly Fetcher[]): Fetcher {
  return {
    fetch: async (oids, { signal, along, below }) => {
      /** What the first of them said. */
      const reasons = new Map<string, unknown>();
      let left: ReadonlySet<string> = new Set(oids);
      for (const [at, fetcher] of fetchers.entries()) {
        const how = { signal, along: at === 0 ? along : undefined, below };
        const failures = await fetcher.fetch([...left], how).catch((error: unknown): Failures => {
          if (signal.aborted) throw error;
          return new Map([...left, ...(how.along ?? [])].map((oid) => [oid, error]));
        });
        for (const [oid, why] of failures) if (!reasons.has(oid)) reasons.set(oid, why);
        for (const oid of left) if (!failures.has(oid)) reasons.delete(oid);
        left = new Set([...left].filter((oid) => failures.has(oid)));
        if (left.size === 0) break;
      }
      return reasons;
    },
  };
}
