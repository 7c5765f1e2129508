/** Tags: names for commits, without a message of their own. */
import git from 'gitws/git';
import { resolveRef } from './refs.js';
import type { Repository } from './repository.js';

/**
 * Names a commit.
 *
 * @throws isomorphic-git's AlreadyExistsError, InvalidRefNameError, as for a branch.
 */
export async function createTag({
  name,
  oid,
  ...repository
}: Repository & { readonly name: string; readonly oid: string }): Promise<void> {
  const ref = `refs/tags/${name}`;
  // Unlike isomorphic-git's `tag` it looks at the name.
  await git.writeRef({ ...repository, ref, value: oid });
  await expectRef(repository, ref, oid);
}

/** Takes a name away; the commit stays. Beside git's commands it cannot be called `deleteTag`. */
export async function removeTag({
  name,
  ...repository
}: Repository & { readonly name: string }): Promise<void> {
  await git.deleteTag({ ...repository, ref: name });
  await expectRef(repository, `refs/tags/${name}`, undefined);
}

async function expectRef(
  repository: Repository,
  ref: string,
  oid: string | undefined,
): Promise<void> {
  if ((await resolveRef(repository, ref)) === oid) return;
  throw new Error(`${ref} was changed at the same moment, perhaps by another tab. Try again.`);
}
