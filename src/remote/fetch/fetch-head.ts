/** `FETCH_HEAD`: what the last fetch has brought, a line for each ref (builtin/fetch.c, `store_updated_refs`). */
import type { PromiseFileSystem } from '../../storage/file-system.js';
import { expectWhole } from '../../storage/whole-file.js';
import type { FetchedRef, NamedObject } from './selection.js';

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

/**
 * @param head what is to be merged.
 * @param url without a password.
 * @throws what the file system throws.
 */
export async function writeFetchHead(
  fs: PromiseFileSystem,
  gitdir: string,
  head: NamedObject,
  fetched: readonly FetchedRef[],
  url: string,
): Promise<void> {
  const others = fetched.filter(({ name }) => name !== head.name);
  const lines = [
    `${head.oid}\t\t${describeRef(head.name, url)}\n`,
    ...others.map(({ name, oid }) => `${oid}\tnot-for-merge\t${describeRef(name, url)}\n`),
  ];
  const bytes = new TextEncoder().encode(lines.join(''));
  await fs.writeFile(`${gitdir}/FETCH_HEAD`, bytes);
  await expectWhole(fs, `${gitdir}/FETCH_HEAD`, bytes.length);
}
