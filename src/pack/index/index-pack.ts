/**
 * Indexes a pack: what `git index-pack` does, in a page. This is the small part that everybody loads;
 * the engine and its worker are loaded when a pack comes.
 */
import { callbackFailure } from '../../base/failure.js';
import { completeLimits } from './limits.js';
import type { IndexPackOptions, IndexedPack } from './index-pack-options.js';
import { startScript } from './start-script.js';

export { defaultPackLimits, type PackLimits } from './limits.js';
export type {
  BaseObject,
  IndexPackOptions,
  IndexedPack,
  ObjectType,
  PackProgress,
  PackSink,
  PackWorker,
} from './index-pack-options.js';

/**
 * Indexes a pack while it comes. The result's `idx` is byte for byte what `git index-pack` writes.
 * Everything in the pack is checked: its checksum, each entry's, all sizes, and that every delta has
 * its base; not what objects say, and not whether those that they name are there.
 *
 * The source is read to its end, or canceled after an error.
 *
 * @throws GitWsError `CORRUPT_PACK`, `PACK_LIMIT`, `PACK_ENGINE_UNAVAILABLE` (nothing was read from
 * the source then), `PACK_ENGINE_FAILED`, `UserCanceledError`, `INVALID_OPTION`; and what the source,
 * the sink, `base` or `onProgress` throw, in CALLBACK_FAILED where that is no error.
 */
export async function indexPack(options: IndexPackOptions): Promise<IndexedPack> {
  const limits = completeLimits(options.limits);
  const { startIndexing } = await startScript.load();
  try {
    return await startIndexing(options, limits);
  } catch (reason) {
    throw callbackFailure(reason, 'The source, the sink, base or onProgress');
  }
}
