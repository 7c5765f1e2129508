/**
 * Keeps the pack of a fetch: has it indexed while it comes, and puts it into the repository. Loaded
 * when the first pack comes.
 */
import { indexPack } from '../pack/index-pack.js';
import type { BaseObject, IndexPackOptions, ObjectType, PackProgress } from '../pack/options.js';
import { NewPack } from './new-pack.js';

/** isomorphic-git's `readObject`, as far as it is used. */
export type ReadObject<Fs> = (args: {
  fs: Fs;
  gitdir: string;
  oid: string;
  format: 'content';
  cache: object;
}) => Promise<{ readonly type?: string; readonly object: unknown }>;

/** What {@link keepPack} works with: see `IndexPackOptions` and `BindRepositoryOptions`. */
export interface KeepPackOptions<Fs extends object> extends Pick<
  IndexPackOptions,
  'signal' | 'limits' | 'detectCollisions' | 'packWorker' | 'wasm'
> {
  readonly fs: Fs;
  readonly gitdir: string;
  readonly readObject?: ReadObject<Fs> | undefined;
  /** What it rejects with fails the call. */
  readonly onProgress?: ((progress: PackProgress) => void | Promise<void>) | undefined;
}

/**
 * @param source the bytes of the pack.
 * @throws GitWsError as `indexPack` documents; what `fs`, `readObject` and `onProgress` throw.
 * Nothing of the pack is left then.
 */
export async function keepPack<Fs extends object>(
  source: AsyncIterable<Uint8Array>,
  options: KeepPackOptions<Fs>,
): Promise<void> {
  const { fs, gitdir, readObject, onProgress } = options;
  const { signal, limits, detectCollisions, packWorker, wasm } = options;
  const pack = await NewPack.begin(fs, gitdir);
  let failure: { readonly error: unknown } | undefined;
  try {
    const indexed = await indexPack({
      ...{ source, signal, limits, detectCollisions, packWorker, wasm },
      sink: pack.sink,
      base: readObject && readBases(readObject, fs, gitdir),
      onProgress: (event) => {
        if (failure !== undefined) throw failure.error;
        // The engine does not wait for listeners; what one rejects with is met at the next event.
        Promise.resolve(onProgress?.(event)).catch((error: unknown) => {
          failure = { error };
        });
      },
    });
    if (isFailed(failure)) throw failure.error;
    if (indexed.objects === 0) await pack.discard();
    else await pack.finish(indexed);
  } catch (error) {
    await pack.discard();
    throw error;
  }
}

/** @returns what gives the objects that a thin pack is made from, but those that are not there. */
function readBases<Fs>(
  readObject: ReadObject<Fs>,
  fs: Fs,
  gitdir: string,
): NonNullable<IndexPackOptions['base']> {
  return async (oids) => {
    const bases: BaseObject[] = [];
    // Shared, or each call would read a whole pack.
    const cache = {};
    for (const oid of oids) {
      try {
        const { type, object } = await readObject({ fs, gitdir, oid, format: 'content', cache });
        bases.push({ oid, type: type as ObjectType, bytes: object as Uint8Array });
      } catch (error) {
        if ((error as { code?: unknown } | null)?.code !== 'NotFoundError') throw error;
      }
    }
    return bases;
  };
}

/** Read through a call: the compiler would take the first value for the present one. */
function isFailed(
  failure: { readonly error: unknown } | undefined,
): failure is { readonly error: unknown } {
  return failure !== undefined;
}
