/** Clones by gitws/git with the times of their phases, and how soon a file of one can be read. */
import type { CloneOptions, CloneTimes } from './clone.js';
import { marks } from './page-tasks.js';
import type { FirstFileTask, FirstFileTimes } from './tasks.js';

/** Commands of isomorphic-git, or those of gitws/git, in a page or in its worker. */
export interface Commands {
  clone(options: object): Promise<void>;
  checkout(options: object): Promise<void>;
  resolveRef(options: object): Promise<string>;
  readBlob(options: object): Promise<{ readonly blob: Uint8Array }>;
}

/**
 * Its `http` is its own: with one that is not, gitws/git leaves the clone to isomorphic-git. So phases are told apart by
 * what it says of them.
 *
 * @param common the `fs`, where the commands have none of their own.
 */
export async function timeOwnClone(
  git: Commands,
  common: object,
  { url, dir, depth, noCheckout = false }: CloneOptions,
): Promise<CloneTimes> {
  const startedAt = performance.timeOrigin + performance.now();
  const start = performance.now();
  performance.mark(marks.start);
  let arrived = start;
  let indexed: number | undefined;
  await git.clone({
    ...{ ...common, dir, url, noCheckout },
    ...(depth === undefined ? {} : { depth, singleBranch: true }),
    onProgress: ({ phase }: { readonly phase: string }) => {
      if (phase === 'Receiving objects') arrived = performance.now();
      if (phase !== 'Updating workdir' || indexed !== undefined) return;
      indexed = performance.now();
      performance.mark(marks.received);
    },
  });
  const end = performance.now();
  if (indexed === undefined) performance.mark(marks.received);
  performance.mark(marks.end);
  const received = indexed ?? end;
  return {
    ...{ startedAt, total: end - start, network: arrived - start, received: received - start },
    ...{ index: received - arrived, checkout: end - received },
  };
}

/** Clones, reads one file, and checks all of them out. @param common as of {@link timeOwnClone}, and an `http`. */
export async function timeFirstFile(
  git: Commands,
  common: object,
  { url, dir, depth, filter, file }: FirstFileTask,
): Promise<FirstFileTimes> {
  const start = performance.now();
  await git.clone({
    ...{ ...common, dir, url, noCheckout: true },
    ...(depth === undefined ? {} : { depth, singleBranch: true }),
    ...(filter === undefined ? {} : { filter }),
  });
  const oid = await git.resolveRef({ ...common, dir, ref: 'HEAD' });
  const { blob } = await git.readBlob({ ...common, dir, oid, filepath: file });
  if (blob.length === 0) throw new Error(`There is nothing in ${file}.`);
  const firstFile = performance.now() - start;
  await git.checkout({ ...common, dir });
  return { firstFile, total: performance.now() - start };
}
