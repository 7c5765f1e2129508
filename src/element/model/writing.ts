/** A commit that changes one file, and its push. */
import type { Repository } from './repository.js';
import type { AskCredentials } from './sign-in.js';
import type { TreeEntry } from './objects.js';

/** What is committed. */
export interface Edit {
  /** The commit on top of which it is made. */
  readonly base: string;
  readonly path: string;
  readonly text: string;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
}

/** @returns the oid of the commit, which is in the storage and nowhere else yet. */
export async function commitEdit(repository: Repository, edit: Edit): Promise<string> {
  const git = await repository.git();
  const { dir } = repository;
  const objects = await repository.objects();
  const { tree } = await objects.commit(edit.base);
  const blob = new TextEncoder().encode(edit.text);
  let oid = await git.writeBlob({ dir, blob });
  let mode = (await objects.find(tree, edit.path))?.mode ?? '100644';
  const names = edit.path.split('/');
  while (names.length > 0) {
    const name = names.pop() ?? '';
    const folder = await objects.find(tree, names.join('/'));
    const entries = folder === undefined ? [] : await objects.tree(folder.oid);
    const others = entries.filter((entry) => entry.name !== name);
    oid = await git.writeTree({ dir, tree: [...others.map(asEntry), entryOf(mode, name, oid)] });
    mode = '040000';
  }
  const now = new Date();
  const by = {
    ...{ ...edit.author, timestamp: Math.floor(now.getTime() / 1000) },
    timezoneOffset: now.getTimezoneOffset(),
  };
  const message = `${edit.message.trim()}\n`;
  const commit = { message, tree: oid, parent: [edit.base], author: by, committer: by };
  return git.writeCommit({ dir, commit });
}

const asEntry = ({ mode, name, oid }: TreeEntry) => entryOf(mode, name, oid);

function entryOf(mode: string, path: string, oid: string) {
  const isFolder = /^0?40000$/.test(mode);
  const type = isFolder ? 'tree' : mode === '160000' ? 'commit' : 'blob';
  return { mode: isFolder ? '040000' : mode, path, oid, type } as const;
}

/**
 * Pushes a commit to a branch, and tells all who show it.
 *
 * @throws what `push` throws; an error where the server did not say that the branch has moved.
 */
export async function pushCommit(
  repository: Repository,
  branch: string,
  oid: string,
  ask: AskCredentials,
): Promise<void> {
  const git = await repository.git();
  const remoteRef = `refs/heads/${branch}`;
  const result = await git.push({
    ...{ dir: repository.dir, remote: 'origin', ref: oid, remoteRef },
    ...{ ...repository.signIn.options(ask), ...repository.way() },
  });
  const own = result.refs[remoteRef];
  if (!result.ok || own?.ok !== true) {
    throw new Error(own?.error || 'The server did not say that the branch has moved.');
  }
  await repository.moved({ ref: branch, oid });
}
