/** `FETCH_HEAD`: what the last fetch has brought, a line for each ref (builtin/fetch.c, `store_updated_refs`). */
import type { PromiseFileSystem } from '../../storage/file-system.js';
import { expectWhole } from '../../storage/whole-file.js';
import { isAskedFor, targetsOf, type Refspec } from '../refspec.js';
import type { Asking, FetchedRef, NamedObject } from './selection.js';

/** What a fetch was asked for, and has brought. */
interface FetchHead {
  readonly asking: Asking;
  readonly head: NamedObject | undefined;
  readonly fetched: readonly FetchedRef[];
  readonly url: string;
}

/** @returns what a ref of a remote is called in `FETCH_HEAD`, and in the message of a merge. */
export function describeRef(name: string, url: string): string {
  const where = url.replace(/\/+$/, '').replace(/\.git$/, '');
  const [, kind, short] = /^refs\/(heads|tags|remotes)\/(.*)$/s.exec(name) ?? [];
  const nouns: Record<string, string> = {
    heads: 'branch',
    tags: 'tag',
    remotes: 'remote-tracking branch',
  };
  const what = kind === undefined ? `'${name}'` : `${nouns[kind] ?? ''} '${short ?? ''}'`;
  return name === 'HEAD' ? where : `${what} of ${where}`;
}

/** @returns what stands in it, each with whether a merge takes it; those that one takes come first. */
function linesOf(
  { refspecs, isSingle, isForMerge = true }: Asking,
  head: NamedObject | undefined,
  fetched: readonly FetchedRef[],
): readonly (readonly [ref: NamedObject, isForMerge: boolean])[] {
  const negative = refspecs.filter((spec) => spec.isNegative);
  const positive = refspecs.filter((spec) => !spec.isNegative);
  const written = new Set<string>();
  // A ref stands there for each refspec that takes it, unless it is written to the same place again.
  const bySpec = (spec: Refspec): readonly FetchedRef[] =>
    fetched.filter(({ name }) => {
      const isTaken = isAskedFor([spec, ...negative], name);
      const [to] = isTaken ? targetsOf([spec], name) : [];
      const isAgain = to !== undefined && written.has(to.target);
      if (to !== undefined) written.add(to.target);
      return isTaken && !isAgain;
    });
  const taken: NamedObject[] = isSingle ? [] : positive.flatMap(bySpec);
  // What is asked for, or HEAD where nothing says what is; else the first refspec's, if that names one.
  const isAsked = isSingle || isForMerge || positive.length === 0;
  const wanted = isAsked ? head?.name : positive[0]?.source;
  const at = taken.findIndex(({ name }) => name === wanted);
  const merged = taken[at] ?? (isAsked ? head : undefined);
  const named = new Set([...taken, merged].map((ref) => ref?.name));
  const tags = fetched.filter(({ name }) => name.startsWith('refs/tags/') && !named.has(name));
  const others = [...taken.filter((_, index) => index !== at), ...tags];
  return [
    ...(merged === undefined ? [] : [[merged, true] as const]),
    ...others.map((ref) => [ref, false] as const),
  ];
}

/**
 * @param head what was asked for.
 * @param url without a password.
 * @throws what the file system throws.
 */
export async function writeFetchHead(
  fs: PromiseFileSystem,
  gitdir: string,
  { asking, head, fetched, url }: FetchHead,
): Promise<void> {
  const lines = linesOf(asking, head, fetched).map(
    ([{ oid, name }, isForMerge]) =>
      `${oid}\t${isForMerge ? '' : 'not-for-merge'}\t${describeRef(name, url)}\n`,
  );
  const bytes = new TextEncoder().encode(lines.join(''));
  await fs.writeFile(`${gitdir}/FETCH_HEAD`, bytes);
  await expectWhole(fs, `${gitdir}/FETCH_HEAD`, bytes.length);
}
