/** `shallow`: the commits at which a repository is cut off (gitrepository-layout(5), shallow.c). */
import { GitWsError } from '../base/errors.js';
import { isMissing, type PromiseFileSystem } from '../storage/file-system.js';
import { holdFile } from '../storage/lock-file.js';

/** @returns oids in lower case; none where the repository is whole. @throws what the file system throws. */
export async function readShallow(fs: PromiseFileSystem, gitdir: string): Promise<Set<string>> {
  const text = await fs.readFile(`${gitdir}/shallow`, 'utf8').catch(isMissing);
  const lines = typeof text === 'string' ? text.split('\n') : [];
  return new Set(
    lines.flatMap((line) => (/^[0-9a-f]{40}$/i.test(line) ? [line.toLowerCase()] : [])),
  );
}

/**
 * @param change says what it is to be, of what it is.
 * @throws GitWsError REF_LOCKED where somebody else changes it; what the file system throws.
 */
export async function changeShallow(
  fs: PromiseFileSystem,
  gitdir: string,
  change: (before: ReadonlySet<string>) => ReadonlySet<string>,
): Promise<void> {
  const path = `${gitdir}/shallow`;
  await holdFile(fs, path, locked, async (held) => {
    const before = await readShallow(fs, gitdir);
    const after = change(before);
    if (after.size === 0) {
      if (before.size > 0) await fs.unlink(path);
      return;
    }
    const lines = [...after].sort().map((oid) => `${oid}\n`);
    await held.replace(new TextEncoder().encode(lines.join('')));
  });
}

function locked(path: string): GitWsError {
  const message =
    'Another program is changing shallow, or was interrupted while it did: in the latter case ' +
    `remove ${path}.`;
  return new GitWsError('REF_LOCKED', message, { data: { ref: 'shallow', path } });
}
