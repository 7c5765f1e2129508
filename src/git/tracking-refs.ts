/** Remote-tracking refs: what is known here of a remote's refs, brought up to date by a push. */
import * as isomorphicGit from 'isomorphic-git';
import type { PushOutcome } from '../remote/push.js';
import { parseRefspec, targetsOf } from '../remote/refspec.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { updateRefs } from '../repository/ref-update.js';
import { ObjectLookup } from '../repository/object-lookup.js';
import { Refs } from '../repository/refs.js';
import { promisesOf } from '../storage/file-system.js';
import { zeroOid } from '../wire/oid.js';
import { isRefName } from '../wire/ref-name.js';

type Common = Pick<Parameters<typeof isomorphicGit.push>[0], 'fs'> & {
  readonly gitdir: string;
};

/** Where a remote's refs are kept. */
export interface TrackingRefs {
  /** @returns the refs here that follow one of the remote. */
  readonly namesOf: (ref: string) => readonly string[];
  /** @returns what was fetched of it last; undefined for nothing. @throws what `fs` throws. */
  readonly find: (ref: string) => Promise<string | undefined>;
}

/**
 * @param remote its name.
 * @param url where the command was given one: another remote's refs are none of this one's.
 * @throws GitWsError INVALID_OPTION for a refspec that is none; what `fs` throws.
 */
export async function trackingRefs(
  common: Common,
  remote: string,
  url: string | undefined,
): Promise<TrackingRefs> {
  const all = async (name: string): Promise<string[]> => {
    const path = `remote.${remote}.${name}`;
    const values: unknown[] = await isomorphicGit.getConfigAll({ ...common, path });
    return values.map(String);
  };
  const urls = [...(await all('url')), ...(await all('pushurl'))];
  const isOther = url !== undefined && urls.length > 0 && !urls.includes(url);
  const configured = await all('fetch');
  const usual = [`+refs/heads/*:refs/remotes/${remote}/*`];
  const refspecs = (configured.length > 0 ? configured : usual).map(parseRefspec);
  const namesOf = (ref: string): readonly string[] => {
    const targets = isOther ? [] : targetsOf(refspecs, ref);
    // They become files' names here.
    return targets
      .map(({ target }) => target)
      .filter((name) => name.startsWith('refs/') && isRefName(name));
  };
  const find = async (ref: string): Promise<string | undefined> => {
    const [name] = namesOf(ref);
    if (name === undefined) return undefined;
    const fs = promisesOf(common.fs);
    return (await new Refs(fs, await findGitDirectory(fs, common.gitdir)).resolve(name))?.oid;
  };
  return { namesOf, find };
}

/**
 * Writes what the remote has now, as far as it has taken it.
 *
 * @throws as `updateRefs`. The push has taken place then.
 */
export async function trackPushed(
  common: Common,
  { updates, report }: PushOutcome,
  tracked: TrackingRefs,
): Promise<void> {
  if (report !== undefined && report.unpack !== 'ok') return;
  const refused = new Set(report?.refs.flatMap((status) => (status.ok ? [] : [status.ref])));
  const oids = new Map<string, string>();
  for (const { ref, newOid } of updates) {
    if (refused.has(ref)) continue;
    // A hook of the server may have made another ref of it (`proc-receive`).
    const status = report?.refs.find((one) => one.ref === ref);
    const made = status?.ok === true ? status : undefined;
    for (const name of tracked.namesOf(made?.refName ?? ref)) {
      oids.set(name, made?.newOid ?? newOid);
    }
  }
  const fs = promisesOf(common.fs);
  const gitdir = await findGitDirectory(fs, common.gitdir);
  const refs = new Refs(fs, gitdir);
  const lookup = new ObjectLookup({ promises: fs }, gitdir);
  const changes = [];
  for (const [name, oid] of oids) {
    const before = await refs.read(name);
    const value = oid === zeroOid ? undefined : { oid };
    // A hook of the server may have made what is not here: a ref of it would be broken.
    if (value !== undefined && (await lookup.locate(oid)) === undefined) continue;
    const isSame = before !== undefined && 'oid' in before && before.oid === value?.oid;
    if (!isSame && (before ?? value) !== undefined) changes.push({ name, value });
  }
  await updateRefs(fs, gitdir, changes);
}
