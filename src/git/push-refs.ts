/** Which refs a push is about: what a person calls them, here and on the remote. */
import * as isomorphicGit from 'isomorphic-git';
import { readConfig } from './config.js';
import { isRefName } from '../wire/ref-name.js';

type Common = Pick<Parameters<typeof isomorphicGit.push>[0], 'fs'> & {
  readonly gitdir: string;
  readonly cache: object;
};

/** A ref of this repository, or what is to be deleted on the remote. */
export interface LocalRef {
  /** As it was called. */
  readonly name: string;
  /** Its full name; undefined for an oid, and for what is not here. */
  readonly ref: string | undefined;
  /** The short name of a branch. */
  readonly branch: string | undefined;
  /** Undefined where the remote's is to be deleted. */
  readonly oid: string | undefined;
  /** What the branch's configuration says that it is called on the remote. */
  readonly merge: string | undefined;
}

/** @throws isomorphic-git's MissingParameterError, NotFoundError; what `fs` throws. */
export async function localRef(
  common: Common,
  asked: { readonly ref?: string | undefined; readonly delete?: boolean | undefined },
): Promise<LocalRef> {
  // By its full name: a tag may have the same short one.
  const current = () => isomorphicGit.currentBranch({ ...common, fullname: true });
  const name = asked.ref || (await current()) || undefined;
  if (name === undefined) throw new isomorphicGit.Errors.MissingParameterError('ref');
  const isDeletion = asked.delete === true;
  const ref = await fullRef(common, name).catch((error: unknown) => {
    if (isDeletion && codeOf(error) === 'NotFoundError') return undefined;
    throw error;
  });
  const head = ref === 'HEAD' ? ((await current()) ?? undefined) : ref;
  const isOid = ref !== undefined && /^[0-9a-f]{40}$/.test(ref);
  const branch = head?.startsWith('refs/heads/') === true ? head.slice(11) : undefined;
  const path = `branch.${branch ?? name}.merge`;
  return {
    ...{ name, branch, ref: isOid || head === 'HEAD' ? undefined : head },
    oid: isDeletion ? undefined : await isomorphicGit.resolveRef({ ...common, ref: ref ?? name }),
    merge: await readConfig(common, path),
  };
}

/** A branch before a tag of the same name, as in `checkout`. */
async function fullRef(common: Common, name: string): Promise<string> {
  const branch = `refs/heads/${name}`;
  const isBranch = await isomorphicGit.resolveRef({ ...common, ref: branch }).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'NotFoundError') return false;
      throw error;
    },
  );
  return isBranch ? branch : isomorphicGit.expandRef({ ...common, ref: name });
}

/**
 * @param advertised the server's refs.
 * @returns the full name on the remote.
 * @throws isomorphic-git's MissingParameterError for what has no name, InvalidRefNameError, NotFoundError
 *   for what is to be deleted and is nowhere.
 */
export function fullRemoteRef(
  local: LocalRef,
  asked: { readonly remoteRef?: string | undefined },
  advertised: ReadonlyMap<string, string>,
): string {
  const isDeletion = local.oid === undefined;
  const name = asked.remoteRef || local.merge || local.ref || (isDeletion ? local.name : undefined);
  if (name === undefined) throw new isomorphicGit.Errors.MissingParameterError('remoteRef');
  const isTag = local.ref?.startsWith('refs/tags/') === true;
  const kinds = isTag ? ['refs/tags/', 'refs/heads/'] : ['refs/heads/', 'refs/tags/'];
  const [first = ''] = kinds;
  const candidates = name.startsWith('refs/')
    ? [name]
    : [...kinds.map((kind) => kind + name), `refs/${name}`];
  const found = candidates.find((ref) => advertised.has(ref));
  const isNamedHere = local.ref !== undefined || name.startsWith('refs/');
  if (found === undefined && isDeletion && !isNamedHere) {
    throw new isomorphicGit.Errors.NotFoundError(name);
  }
  const ref = found ?? (name.startsWith('refs/') ? name : first + name);
  if (isRefName(ref)) return ref;
  throw new isomorphicGit.Errors.InvalidRefNameError(ref, ref.replace(/[^\w/-]+/g, '-'));
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
