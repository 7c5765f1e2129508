/** What becomes of this repository's refs in a fetch (builtin/fetch.c, `update_local_ref`, `prune_refs`). */
import type { Commits } from '../../repository/commits.js';
import type { RefChange } from '../../repository/ref-update.js';
import type { RefValue } from '../../repository/refs.js';
import { isRefName } from '../../wire/ref-name.js';
import { sourcesOf, type Refspec } from '../refspec.js';
import type { FetchedRef } from './selection.js';

/**
 * A ref that stays as it is, against what was asked for.
 *
 * @inline
 */
export interface RejectedRef {
  /** Of this repository. */
  readonly ref: string;
  /** In git's words. */
  readonly reason:
    | 'non-fast-forward'
    | 'would clobber existing tag'
    | 'checked out'
    | 'not a name of a ref'
    | 'not a commit'
    | 'two refs of the remote for one';
}

/** What is changed, and what is not. */
export interface RefChanges {
  readonly changes: readonly RefChange[];
  readonly rejected: readonly RejectedRef[];
}

/** What this repository has. */
export interface LocalRefs {
  readonly refs: ReadonlyMap<string, RefValue>;
  /** The branch that is checked out, whose working tree would not follow; undefined for none. */
  readonly current: string | undefined;
  readonly commits: Commits;
}

/** @throws what reading commits throws. */
export async function planChanges(
  fetched: readonly FetchedRef[],
  { refs, current, commits }: LocalRefs,
): Promise<RefChanges> {
  const changes = new Map<string, RefChange>();
  const rejected: RejectedRef[] = [];
  for (const { oid, peeled, targets } of fetched) {
    for (const { target, isForced } of targets) {
      const value = refs.get(target);
      const old = value && 'oid' in value ? value.oid : undefined;
      const reject = (reason: RejectedRef['reason']): void => {
        rejected.push({ ref: target, reason });
      };
      const planned = changes.get(target)?.value;
      if (planned !== undefined && 'oid' in planned && planned.oid !== oid) {
        reject('two refs of the remote for one');
      } else if (!target.startsWith('refs/') || !isRefName(target)) {
        reject('not a name of a ref');
      } else if (old === oid) {
        continue;
      } else if (target === current) {
        reject('checked out');
      } else if (isBranch(target) && (await commits.read(oid))?.oid !== oid) {
        reject('not a commit');
      } else if (value !== undefined && !isForced && target.startsWith('refs/tags/')) {
        reject('would clobber existing tag');
      } else if (old !== undefined && !isForced && !(await commits.reaches(oid, old))) {
        reject('non-fast-forward');
      } else {
        changes.set(target, { name: target, old: value ?? null, value: { oid }, peeled });
      }
    }
  }
  return { changes: [...changes.values()], rejected };
}

/**
 * @param refspecs those whose refs are looked at.
 * @param advertised names of the server's refs.
 * @returns refs of this repository that stand for refs of the server which are gone.
 */
export function planPruning(
  refspecs: readonly Refspec[],
  advertised: ReadonlySet<string>,
  refs: ReadonlyMap<string, RefValue>,
): readonly RefChange[] {
  const stale: RefChange[] = [];
  for (const [name, value] of refs) {
    // HEAD of a remote follows no ref of its own name.
    if ('symbolic' in value) continue;
    const sources = sourcesOf(refspecs, name);
    if (sources.length === 0 || sources.some((source) => advertised.has(source))) continue;
    stale.push({ name, old: value, value: undefined });
  }
  return stale;
}

/**
 * @param branch the server's HEAD stands for.
 * @returns what makes `refs/remotes/<remote>/HEAD`, which git makes where it is not there.
 */
export function planRemoteHead(
  remote: string,
  branch: string | undefined,
  refspecs: readonly Refspec[],
  refs: ReadonlySet<string>,
): readonly RefChange[] {
  const name = `refs/remotes/${remote}/HEAD`;
  const target = `refs/remotes/${remote}/${branch?.replace(/^refs\/heads\//, '') ?? ''}`;
  const isTracked = refspecs.some((spec) => spec.target === `refs/remotes/${remote}/*`);
  if (branch === undefined || refs.has(name) || !refs.has(target) || !isTracked) return [];
  return [{ name, old: null, value: { symbolic: target } }];
}

/** Of this repository: what else a ref may be, a branch is a commit (refs.c). */
function isBranch(ref: string): boolean {
  return ref.startsWith('refs/heads/');
}
