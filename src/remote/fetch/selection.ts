/**
 * Which of a server's refs a fetch is about, and what becomes of them here: pure, from what the server
 * has advertised and what this repository says of the remote (builtin/fetch.c, `get_ref_map`).
 */
import { GitWsError } from '../../base/errors.js';
import { parseOid } from '../../wire/oid.js';
import type { AdvertisedRef, RefAdvertisement } from '../../wire/v0/advertisement.js';
import { isAskedFor, targetsOf, type Refspec } from '../refspec.js';

/** What of a remote is asked for. */
export interface Asking {
  /** What the configuration says is fetched, and what it is called here. */
  readonly refspecs: readonly Refspec[];
  /** A ref of the remote, in short or in full, or an oid. */
  readonly remoteRef: string;
  /** Whether a merge takes it, as `FETCH_HEAD` says; default true. Not where nothing has named it for this remote. */
  readonly isForMerge?: boolean | undefined;
  /** Whether {@link remoteRef} need not be there. */
  readonly isOptional?: boolean | undefined;
  /** Whether nothing but {@link remoteRef} is fetched. */
  readonly isSingle: boolean;
  /** `all` tags; those that lead to what is here, or comes (`follow`); `none`. */
  readonly tags: 'all' | 'follow' | 'none';
}

/** A ref of the server that is fetched. */
export interface FetchedRef {
  readonly name: string;
  readonly oid: string;
  readonly peeled?: string | undefined;
  /** What is written here. */
  readonly targets: readonly { readonly target: string; readonly isForced: boolean }[];
}

/** A ref, or an oid that was asked for as such, which is its own name. */
export interface NamedObject {
  readonly name: string;
  readonly oid: string;
}

/** What a fetch is about. */
export interface Selection {
  /** What {@link Asking.remoteRef} stands for; undefined where it is not there. */
  readonly head: NamedObject | undefined;
  readonly refs: readonly FetchedRef[];
  /** Tags that are fetched if what they stand for is here in the end. */
  readonly tagsToFollow: readonly AdvertisedRef[];
}

/** What a short name may be short for, in this order: that of gitrevisions(7), but branches before tags. */
const rules = ['', 'refs/', 'refs/heads/', 'refs/tags/', 'refs/remotes/'];

/**
 * @returns undefined for a remote without any refs.
 * @throws GitWsError NotFoundError where it has no such ref.
 */
export function selectRefs(advertisement: RefAdvertisement, asking: Asking): Selection | undefined {
  const { refs: advertised } = advertisement;
  if (advertised.length === 0) return undefined;
  const { refspecs, isSingle, tags } = asking;
  const byName = new Map(advertised.map((ref) => [ref.name, ref]));
  const head = findRef(byName, asking);
  const named = isSingle ? [] : advertised.filter(({ name }) => isAskedFor(refspecs, name));
  const chosen = new Map(named.map((ref) => [ref.name, ref]));
  const asked = byName.get(head?.name ?? '');
  if (asked !== undefined) chosen.set(asked.name, asked);
  // HEAD stands for a branch, which is what is written here.
  const branch = byName.get((head?.name === 'HEAD' && headBranch(advertisement)) || '');
  if (branch !== undefined && isSingle) chosen.set(branch.name, branch);
  const isTag = ({ name }: AdvertisedRef) => name.startsWith('refs/tags/') && !chosen.has(name);
  const tagRefs = advertised.filter(isTag);
  if (tags === 'all') for (const tag of tagRefs) chosen.set(tag.name, tag);
  const fetched = Array.from(chosen.values(), (ref): FetchedRef => {
    const targets = targetsOf(refspecs, ref.name);
    const isOwnTag = ref.name.startsWith('refs/tags/') && targets.length === 0;
    return { ...ref, targets: isOwnTag && tags !== 'none' ? [ownName(ref)] : targets };
  });
  return { head, refs: fetched, tagsToFollow: tags === 'follow' ? tagRefs : [] };
}

/** As git has it: what was asked for, and by which names (fetch-pack.c, `write_promisor_file`). */
export function promisorLines({ refs }: RefAdvertisement, wants: readonly string[]): string {
  const asked = new Set(wants);
  const named = refs.filter(({ oid }) => asked.has(oid));
  return named.map(({ oid, name }) => `${oid} ${name}\n`).join('');
}

/** Tags are called here as they are there. */
function ownName({ name }: AdvertisedRef) {
  return { target: name, isForced: false };
}

function findRef(
  refs: ReadonlyMap<string, AdvertisedRef>,
  { remoteRef: asked, isOptional = false }: Asking,
): NamedObject | undefined {
  for (const rule of rules) {
    const found = refs.get(`${rule}${asked}`);
    if (found !== undefined) return { name: found.name, oid: found.oid };
  }
  const oid = parseOid(asked);
  if (oid !== undefined) return { name: oid, oid };
  if (isOptional) return undefined;
  throw new GitWsError('NotFoundError', `The remote has no ${asked}.`, { data: { what: asked } });
}

/**
 * @returns the branch that a server's HEAD is: what it says, or else one with its commit, `master` before
 *   all others, as git guesses (remote.c, `guess_remote_head`).
 */
export function headBranch({ refs, symrefs }: RefAdvertisement): string | undefined {
  const target = symrefs.get('HEAD');
  if (target !== undefined) return target;
  const head = refs.find(({ name }) => name === 'HEAD');
  const isIt = (ref: AdvertisedRef) => ref.name.startsWith('refs/heads/') && ref.oid === head?.oid;
  const found = refs.filter(isIt).map(({ name }) => name);
  return found.find((name) => name === 'refs/heads/master') ?? found[0];
}
