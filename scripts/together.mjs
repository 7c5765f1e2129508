/** Work that goes on side by side in one folder, and what is left of it where some of it fails. */
import { mkdir, rm } from 'node:fs/promises';

/**
 * `Promise.all` that waits for all of them, also where one fails: the others may be writing still.
 * @template Part
 * @param {readonly Part[]} parts
 * @returns {Promise<Awaited<Part>[]>} Rejects with what failed first.
 */
export async function together(parts) {
  const all = Promise.all(parts);
  // Heard below, once the others have ended.
  all.catch(() => undefined);
  await Promise.allSettled(parts);
  return all;
}

/**
 * Makes a folder, has it filled and taken away, and leaves none of it where that fails.
 * @param {string} folder
 * @param {() => Promise<void>} fill
 */
export async function withFolder(folder, fill) {
  try {
    await mkdir(folder);
    await fill();
  } catch (error) {
    // What failed is what there is to be told, whatever becomes of the folder.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}
