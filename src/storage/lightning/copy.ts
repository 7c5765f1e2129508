/** `cp`, with LightningFS's options and answers. */
import type { Contents } from './contents.js';
import { FileError } from './errors.js';
import type { Tree } from './tree.js';
import type { Volume } from './volume.js';

/** As Node.js has them. */
export interface CopyOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly errorOnExist?: boolean;
  readonly dereference?: boolean;
  readonly filter?: (from: string, to: string) => boolean | Promise<boolean>;
}

/** What is copied where. */
interface Copying {
  readonly from: string;
  readonly to: string;
  readonly options: CopyOptions;
}

/** Copies a file, or a directory with all that is in it. @throws FileError. */
export async function copy(volume: Volume, contents: Contents, copying: Copying): Promise<void> {
  const { from, to } = copying;
  if (to === from || to.startsWith(from === '/' ? '/' : `${from}/`))
    throw new Error(`ERR_FS_CP_EINVAL: cannot copy "${from}" into itself "${to}"`);
  await copyOne(volume, contents, copying);
}

async function copyOne(volume: Volume, contents: Contents, copying: Copying): Promise<void> {
  const { from, to, options } = copying;
  if (options.filter !== undefined && !(await options.filter(from, to))) return;
  const follow = options.dereference === true;
  /** Whether what is there is to stay: somebody may make it while it is read what is copied. */
  const isKept = (tree: Tree): boolean => {
    if (options.force !== false || tree.find(to, false) === undefined) return false;
    if (options.errorOnExist === true) throw new FileError('EEXIST', to);
    return true;
  };
  const inner = await volume.use(async (tree) => {
    const node = tree.lookup(from, follow);
    if (node.children !== undefined) {
      if (options.recursive !== true) throw new FileError('EISDIR', from);
      await volume.change((now) => now.makeDirectories(to, node.mode));
      return [...node.children.keys()];
    }
    if (isKept(tree)) return [];
    const { target, mode } = node;
    if (target !== undefined) {
      await volume.change((now, batch) => {
        if (isKept(now)) return;
        const { removed } = now.symlink(target, to);
        if (removed !== undefined) batch.remove(removed);
      });
      return [];
    }
    const bytes = await contents.file(from, follow);
    await volume.change((now, batch) => {
      if (isKept(now)) return;
      now.makeDirectories(to.slice(0, to.lastIndexOf('/')) || '/');
      batch.put(now.write(to, bytes.length, mode), bytes);
    });
    return [];
  });
  for (const name of inner)
    await copyOne(volume, contents, { from: `${from}/${name}`, to: `${to}/${name}`, options });
}
