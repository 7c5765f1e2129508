/** Writes objects as files of their own, as `git hash-object -w` does (gitrepository-layout(5)). */
import { concatBytes } from '../base/concat-bytes.js';
import { useFileSystem } from '../base/failure.js';
import type { BaseObject } from '../pack/index/index-pack-options.js';
import { randomName } from '../base/random-name.js';
import { whenAll } from '../base/when-all.js';
import {
  makeDirectory,
  promisesOf,
  storeTogether,
  type PromiseFileSystem,
} from '../storage/file-system.js';
import { expectWhole, moveFile } from '../storage/whole-file.js';
import { headerOf } from './object-hash.js';
import { deflate } from './zlib.js';

/**
 * @param fs isomorphic-git's.
 * @param gitdir the repository, for example `/site/.git`.
 * @param objects whose oids are known to be right.
 * @throws what the file system throws, as {@link useFileSystem} has it; some objects may be there then, none of them in part.
 */
export async function writeLooseObjects(
  fs: object,
  gitdir: string,
  objects: readonly BaseObject[],
): Promise<void> {
  const write = async (
    promises: PromiseFileSystem,
    { oid, type, bytes }: BaseObject,
  ): Promise<void> => {
    const directory = `${gitdir}/objects/${oid.slice(0, 2)}`;
    const path = `${directory}/${oid.slice(2)}`;
    const file = await deflate(concatBytes([headerOf(type, bytes), bytes]));
    await makeDirectory(promises, directory);
    // git's own name for such files: `git gc` and `git prune` remove what a crash has left.
    const temporary = `${directory}/tmp_obj_${randomName()}`;
    // Where nothing can be renamed, half of it may be there for a moment: git has it in a pack, too.
    const target = promises.rename === undefined ? path : temporary;
    try {
      await promises.writeFile(target, file);
      await expectWhole(promises, target, file.length);
      if (target === temporary) await moveFile(promises, temporary, path);
    } catch (error) {
      // Not there: then there is nothing to remove.
      await promises.unlink(target).catch(() => undefined);
      throw error;
    }
  };
  await useFileSystem(() =>
    storeTogether(promisesOf(fs), (together) =>
      whenAll(objects.map((object) => write(together, object))),
    ),
  );
}
