/** `git push`: refs and their names as isomorphic-git has them, the push itself by ours. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { callBack } from '../base/failure.js';
import { push as pushTo, type PushOutcome } from '../remote/push.js';
import type { WantedUpdate } from '../remote/push-checks.js';
import { zeroOid } from '../wire/oid.js';
import { stripControlCharacters } from '../wire/text.js';
import { readConfig } from './config.js';
import { gitdirOf } from './fetch.js';
import { holdConfig } from './held-config.js';
import { LazyFetch } from './lazy-fetch.js';
import { expectList } from './lists.js';
import { failureOf } from './outcome.js';
import { fullRemoteRef, localRef, type LocalRef } from './push-refs.js';
import { ownSettings, RemoteAccess, type RemoteArguments } from './remote-access.js';
import { trackPushed, trackingRefs } from './tracking-refs.js';

type Given = Parameters<typeof isomorphicGit.push>[0];

/** One of the refs of a push. */
export interface RefToPush {
  /** A branch, a tag or any other ref. Default: the current branch. */
  readonly ref?: string | undefined;
  /** What it is called on the remote. Default: as the branch's configuration says, else the same. */
  readonly remoteRef?: string | undefined;
  /** Deletes it on the remote. It need not exist here. */
  readonly delete?: boolean | undefined;
  /** Whether it may lose commits of the remote, or move a tag. */
  readonly force?: boolean | undefined;
  /**
   * The same, but only if the remote's ref is what one thinks that it is: an oid (zeros: not there at
   * all), or `true` for what was fetched of it last.
   */
  readonly forceWithLease?: string | boolean | undefined;
}

/**
 * What isomorphic-git's `push` takes, and more.
 *
 * @interface
 */
export type PushArguments = Omit<Given, 'http' | 'signal' | keyof RemoteArguments | 'ref'> &
  RemoteArguments &
  RefToPush & {
    /** Several refs at once, in place of `ref`, `remoteRef` and `delete`. */
    refs?: readonly RefToPush[] | undefined;
    /** The server changes all of the refs, or none. */
    atomic?: boolean | undefined;
    /** What hooks of the server are told, as with `git push -o`. */
    pushOptions?: readonly string[] | undefined;
  };

/** What every command of isomorphic-git wants. */
interface Common {
  readonly fs: Given['fs'];
  readonly gitdir: string;
  readonly cache: object;
}

/**
 * Pushes as isomorphic-git's `push` does, and sends what `git push` would: only what the remote lacks,
 * as deltas where that is shorter. Where the remote has it already, nothing is sent. The remote is the one
 * that git takes: `remote`, else `branch.<name>.pushRemote`, `remote.pushDefault`, `branch.<name>.remote`,
 * `origin`. Where one of several refs is refused on this side, none is sent.
 *
 * @throws isomorphic-git's PushRejectedError, GitPushError, HttpError, UserCanceledError,
 *   MissingParameterError, NotFoundError and InvalidRefNameError; GitWsError OBJECT_UNAVAILABLE,
 *   PUSH_OUTCOME_UNKNOWN, UNSUPPORTED_CAPABILITY, INVALID_OPTION, INVALID_URL, CONNECTION_LOST and those
 *   of any connection; what `fs` and the callbacks throw.
 */
export async function push(given: PushArguments): Promise<isomorphicGit.PushResult> {
  const settings = ownSettings(given);
  if (settings === undefined) return pushByOthers(given);
  // A ref by its name alone has no `ref`: the current branch would be pushed in its place.
  expectList('refs', given.refs, 'object');
  expectList('pushOptions', given.pushOptions, 'string');
  const { fs, cache = {} } = given;
  const gitdir = gitdirOf(given);
  const common = { fs, gitdir, cache };
  let access: RemoteAccess | undefined;
  let lazy: LazyFetch | undefined;
  try {
    const refs = await localRefs(common, given);
    const { remote, url } = await findRemote(common, given, refs);
    const username = await readConfig(common, `credential.${url}.username`);
    access = new RemoteAccess(url, given, settings, username);
    const tracked = await trackingRefs(common, remote, given.url);
    const chosen = new ChosenRefs(given, { remote, url });
    const { onMessage, onProgress, atomic, pushOptions } = given;
    const isHeard = [onMessage, onProgress, settings.onMessage, settings.onProgress].some(Boolean);
    lazy = await LazyFetch.of(common, given, access);
    const outcome = await pushTo(
      access,
      {
        ...{ fs, gitdir, promisor: lazy.promisor },
        choose: (advertised) => chosen.choose(refs, advertised, tracked.find),
      },
      {
        ...{ atomic, pushOptions, quiet: !isHeard, resumeFor: settings.resumeFor },
        ...{ listeners: access.listeners, retries: settings.retries, signal: access.signal },
      },
    );
    await trackPushed(common, outcome, tracked);
    return resultOf(outcome);
  } catch (error) {
    throw failureOf(error);
  } finally {
    lazy?.close();
    access?.close();
  }
}

function pushByOthers(given: PushArguments): Promise<isomorphicGit.PushResult> {
  for (const name of ['refs', 'atomic', 'pushOptions', 'forceWithLease'] as const) {
    if (given[name] === undefined || given[name] === false) continue;
    const message = `isomorphic-git's push, which this http is for, knows no ${name}.`;
    throw new GitWsError('INVALID_OPTION', message, { data: { [name]: given[name] } });
  }
  return isomorphicGit.push(given as Given);
}

/** A ref to push, and what it is here. */
interface OwnRef {
  readonly asked: RefToPush;
  readonly local: LocalRef;
}

async function localRefs(common: Common, given: PushArguments): Promise<OwnRef[]> {
  const { refs = [given], force } = given;
  const found: OwnRef[] = [];
  for (const one of refs) {
    const asked = { ...one, force: one.force ?? force };
    found.push({ asked, local: await localRef(common, asked) });
  }
  if (found.length > 0) return found;
  throw new isomorphicGit.Errors.MissingParameterError('refs');
}

async function findRemote(
  common: Common,
  given: PushArguments,
  [first]: readonly OwnRef[],
): Promise<{ remote: string; url: string }> {
  const held = holdConfig(common);
  const config = (path: string): Promise<string | undefined> => readConfig(held, path);
  const branch = first?.local.branch ?? '';
  const remote =
    given.remote ||
    (await config(`branch.${branch}.pushRemote`)) ||
    (await config('remote.pushDefault')) ||
    (await config(`branch.${branch}.remote`)) ||
    'origin';
  const url =
    given.url ||
    (await config(`remote.${remote}.pushurl`)) ||
    (await config(`remote.${remote}.url`));
  if (url === undefined) throw new isomorphicGit.Errors.MissingParameterError('remote OR url');
  return { remote, url };
}

/** What of the server's refs is to change; asked of the caller once for the same change. */
class ChosenRefs {
  readonly #given: PushArguments;
  readonly #where: { readonly remote: string; readonly url: string };
  readonly #agreed = new Set<string>();

  constructor(given: PushArguments, where: { readonly remote: string; readonly url: string }) {
    this.#given = given;
    this.#where = where;
  }

  async choose(
    refs: readonly OwnRef[],
    advertised: ReadonlyMap<string, string>,
    tracked: (ref: string) => Promise<string | undefined>,
  ): Promise<WantedUpdate[]> {
    const updates: WantedUpdate[] = [];
    for (const { asked, local } of refs) {
      const ref = fullRemoteRef(local, asked, advertised);
      const { force = false, forceWithLease = false } = asked;
      const newOid = local.oid ?? zeroOid;
      await this.#ask(local, ref, advertised.get(ref) ?? zeroOid);
      const fetched = forceWithLease === true ? ((await tracked(ref)) ?? zeroOid) : forceWithLease;
      const isTag = ref.startsWith('refs/tags/') || local.ref?.startsWith('refs/tags/') === true;
      updates.push({ ref, newOid, force, isTag, ...(fetched === false ? {} : { lease: fetched }) });
    }
    return updates;
  }

  async #ask(local: LocalRef, ref: string, oldOid: string): Promise<void> {
    const { onPrePush } = this.#given;
    const oid = local.oid ?? zeroOid;
    const change = `${ref} ${oldOid} ${oid}`;
    if (onPrePush === undefined || this.#agreed.has(change)) return;
    const isAgreed = await callBack('onPrePush', () =>
      onPrePush({
        ...this.#where,
        localRef: { ref: local.oid === undefined ? '(delete)' : (local.ref ?? ref), oid },
        remoteRef: { ref, oid: oldOid },
      }),
    );
    if (!isAgreed) throw new isomorphicGit.Errors.UserCanceledError();
    this.#agreed.add(change);
  }
}

/** @throws isomorphic-git's GitPushError unless all is well. */
function resultOf({ updates, report }: PushOutcome): isomorphicGit.PushResult {
  const refs: Record<string, { ok: boolean; error: string }> = {};
  // What was as it should be is not in the report.
  for (const { ref } of updates) refs[ref] = { ok: true, error: '' };
  const unpack = stripControlCharacters(report?.unpack ?? 'ok');
  for (const status of report?.refs ?? []) {
    // Nothing of a pack that was not taken has come to be, whatever else is said.
    const isOk = status.ok && unpack === 'ok';
    const error = status.ok ? unpack : stripControlCharacters(status.reason);
    refs[status.ref] = { ok: isOk, error: isOk ? '' : error };
  }
  const result = {
    ...(unpack === 'ok' ? { ok: true } : { ok: false, error: unpack }),
    refs,
    headers: { 'content-type': 'application/x-git-receive-pack-result' },
  } as isomorphicGit.PushResult;
  const refused = Object.entries(refs).filter(([, { ok }]) => !ok);
  if (result.ok && refused.length === 0) return result;
  const details = refused.map(([ref, { error }]) => `\n  - ${ref}: ${error}`).join('');
  throw new isomorphicGit.Errors.GitPushError(details, result);
}
