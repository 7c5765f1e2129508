/** `git pull`: a fetch, and then a fast-forward or a merge; branch and HEAD move last. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { promisesOf } from '../storage/file-system.js';
import { useFileSystem } from '../base/failure.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { branchIn, Refs } from '../repository/refs.js';
import { updateRefs } from '../repository/ref-update.js';
import { updateWorkTree } from './checkout.js';
import { readCommit } from './commits.js';
import { fetch, gitdirOf, type FetchArguments } from './fetch.js';
import { repositoryAt } from './index-entries.js';
import { LazyFetch } from './lazy-fetch.js';
import { intoPart } from './merge.js';
import { mergeInto } from './merge-into.js';
import { expectNoMerge } from './merge-state.js';
import { failureOf } from './outcome.js';
import { ownSettings, type RemoteArguments } from './remote-access.js';
import type { SubmoduleArguments } from './submodules/arguments.js';
import { expectWhole, leavesOut } from './whole-tree-commands.js';

type Given = Parameters<typeof isomorphicGit.pull>[0];

/**
 * What isomorphic-git's `pull` takes, and more.
 *
 * @interface
 */
export type PullArguments = Omit<Given, keyof RemoteArguments | 'dir'> &
  RemoteArguments &
  SubmoduleArguments & {
    /** The working tree's directory. */
    dir: string;
    /**
     * Whether a conflict changes nothing. False: it is left to be resolved, as {@link merge} leaves it. Default:
     * true.
     */
    abortOnConflict?: boolean | undefined;
  };

/**
 * What isomorphic-git's `fastForward` takes, and more.
 *
 * @interface
 */
export type FastForwardArguments = Omit<
  Parameters<typeof isomorphicGit.fastForward>[0],
  keyof RemoteArguments | 'dir'
> &
  RemoteArguments & {
    /** The working tree's directory. */
    dir: string;
  };

/**
 * {@link pull} that moves the branch forward only; isomorphic-git's with an `http` of others.
 *
 * @throws what {@link pull} throws; isomorphic-git's FastForwardError.
 */
export async function fastForward(given: FastForwardArguments): Promise<void> {
  try {
    await expectNoMerge('fastForward', await repositoryAt(given));
  } catch (error) {
    throw failureOf(error);
  }
  const isOwn = ownSettings(given) !== undefined;
  if (isOwn || (await leavesOut(given))) await pullOne({ ...given, fastForwardOnly: true });
  else await isomorphicGit.fastForward(given as Parameters<typeof isomorphicGit.fastForward>[0]);
}

/** {@link pull} of the superproject alone. */
export async function pullOne(given: PullArguments): Promise<isomorphicGit.MergeResult> {
  return pullInto(given).catch((reason: unknown) => {
    throw failureOf(reason);
  });
}

async function pullInto(given: PullArguments): Promise<isomorphicGit.MergeResult> {
  await expectNoMerge('pull', await repositoryAt(given));
  const leaves = given.abortOnConflict === false;
  if (ownSettings(given) === undefined) {
    if (leaves) throw cannotLeave('an http of gitws');
    await expectWhole('pull', { ...given, gitdir: gitdirOf(given) });
    await isomorphicGit.pull(given as Given);
    const { fs, dir, ref = 'HEAD' } = given;
    return { oid: await isomorphicGit.resolveRef({ fs, dir, gitdir: gitdirOf(given), ref }) };
  }
  const { fs, dir, ref: asked, onProgress, signal } = given;
  const plain = promisesOf(fs);
  const gitdir = await useFileSystem(() => findGitDirectory(plain, gitdirOf(given)));
  const refs = new Refs(plain, gitdir);
  const head = await useFileSystem(() => refs.read('HEAD'));
  const current = branchIn(head);
  const branch =
    asked === undefined ? current : `refs/heads/${asked.replace(/^refs\/heads\//, '')}`;
  if (branch === undefined) throw new isomorphicGit.Errors.MissingParameterError('ref');
  if (leaves && branch !== current) throw cannotLeave('the branch that is checked out');
  const ref = branch.slice('refs/heads/'.length);
  const { fetchHead, fetchHeadDescription } = await fetch({ ...(given as FetchArguments), ref });
  if (fetchHead === null) throw new isomorphicGit.Errors.NotFoundError(ref);
  const { commit: theirs } = await readCommit({ fs, gitdir }, fetchHead, ref);
  const before = await useFileSystem(() => refs.resolve(branch));
  const ours = before?.oid;
  // A branch may lead to another one, which is then what moves.
  const into = before?.name ?? branch;
  const message = `Merge ${fetchHeadDescription ?? ''}${intoPart(into)}`;
  const lazy = await LazyFetch.of({ fs, gitdir }, given);
  const { promisor } = lazy;
  try {
    const merged =
      ours === undefined
        ? { oid: theirs, fastForward: true }
        : await mergeInto({
            ...{ ...given, gitdir, ours, theirs, message, promisor },
            labels: { ours: 'HEAD', theirs },
            leavesIn: leaves ? dir : undefined,
          });
    const isMoved = branch !== current;
    if (merged.oid === ours && !isMoved) return merged;
    const common = { fs, dir, gitdir, cache: given.cache ?? {} };
    const options = { signal, onProgress, force: false };
    await updateWorkTree(common, merged.oid, options, lazy.promisor);
    await useFileSystem(() =>
      updateRefs(plain, gitdir, [
        {
          name: into,
          old: ours === undefined ? null : { oid: ours },
          value: { oid: merged.oid },
        },
        ...(isMoved ? [{ name: 'HEAD', old: head ?? null, value: { symbolic: branch } }] : []),
      ]),
    );
    return merged;
  } finally {
    lazy.close();
  }
}

function cannotLeave(needs: string): GitWsError {
  const message = `abortOnConflict: false needs ${needs}.`;
  return new GitWsError('INVALID_OPTION', message, { data: { abortOnConflict: false } });
}
