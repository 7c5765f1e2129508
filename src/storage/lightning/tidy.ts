/**
 * Moves what is left of groups that most files have left: else a file that nobody changes would keep
 * the room of all that were stored with it.
 */
import type { Contents } from './contents.js';
import type { Volume } from './volume.js';

/**
 * Resolves when all groups that have become sparse are gone. Where one cannot be moved, all of it is where it
 * was, and nobody is told: the room that it takes is all that is amiss.
 */
export async function tidy(volume: Volume, contents: Contents): Promise<void> {
  try {
    const sparse = await volume.use((tree) => tree.groups.takeSparse());
    for (const group of sparse) await move(volume, contents, group);
  } catch {
    // The next one that changes a file of it has it moved.
  }
}

async function move(volume: Volume, contents: Contents, group: number): Promise<void> {
  const found = await volume.use(async (tree) => {
    const nodes = tree.groups.of(group);
    return Promise.all(nodes.map(async (node) => ({ node, bytes: await contents.read(node) })));
  });
  await volume.change((tree, batch) => {
    for (const { node, bytes } of found) {
      // Whoever has written it meanwhile has it elsewhere.
      const isSame = tree.byIno(node.ino) === node && node.place?.group === group;
      if (bytes === undefined || !isSame) continue;
      tree.update(node, {});
      batch.put(node, bytes);
    }
  });
}
