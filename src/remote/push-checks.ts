/** What git refuses before it pushes: what would lose commits that nobody asked to lose. */
import { GitWsError } from '../base/errors.js';
import type { Commits } from '../repository/commits.js';
import { zeroOid } from '../wire/oid.js';
import type { PushCommand } from '../wire/v0/push-request.js';

/** A ref of the server that is to change. */
export interface WantedUpdate {
  /** Its full name. */
  readonly ref: string;
  /** Zeros to delete it. */
  readonly newOid: string;
  /** Whether it may lose commits. */
  readonly force: boolean;
  /** Whether it is a tag, which is to stay what it is. */
  readonly isTag: boolean;
  /** The oid that it has to have: only then it may lose commits. Zeros: it must not be there. */
  readonly lease?: string | undefined;
}

/**
 * @param refs oids of the server's refs, by their names.
 * @returns what the server is to be asked for: nothing of what is as it should be.
 * @throws GitWsError PushRejectedError (data: `reason`, `ref`); INVALID_OPTION for a ref that is to become
 *   several things; as `Commits.read`.
 */
export async function checkUpdates(
  updates: readonly WantedUpdate[],
  refs: ReadonlyMap<string, string>,
  commits: Commits,
): Promise<PushCommand[]> {
  const commands: PushCommand[] = [];
  const names = new Set<string>();
  for (const update of updates) {
    const { ref, newOid, lease } = update;
    if (names.has(ref)) {
      const message = `${ref} of the remote would have to become several things.`;
      throw new GitWsError('INVALID_OPTION', message, { data: { ref } });
    }
    names.add(ref);
    const oldOid = refs.get(ref) ?? zeroOid;
    if (lease !== undefined && lease !== oldOid) throw rejected(ref, 'stale-info');
    if (newOid === oldOid) continue;
    const mayLose = update.force || lease !== undefined;
    if (!mayLose && oldOid !== zeroOid && newOid !== zeroOid) {
      if (update.isTag) throw rejected(ref, 'tag-exists');
      if (!(await isForward(newOid, oldOid, commits))) throw rejected(ref, 'not-fast-forward');
    }
    commands.push({ ref, oldOid, newOid });
  }
  return commands;
}

/** Both have to be commits: what an annotated tag leads to says nothing of the tag. */
async function isForward(newOid: string, oldOid: string, commits: Commits): Promise<boolean> {
  const [to, from] = [await commits.read(newOid), await commits.read(oldOid)];
  return to?.oid === newOid && from?.oid === oldOid && commits.reaches(newOid, oldOid);
}

const sentences = {
  'not-fast-forward': 'it would lose commits of the remote',
  'tag-exists': 'the remote has a tag of this name',
  'stale-info': 'the remote has changed it meanwhile',
} as const;

function rejected(ref: string, reason: keyof typeof sentences): GitWsError {
  const message = `The push of ${ref} was rejected: ${sentences[reason]}.`;
  return new GitWsError('PushRejectedError', message, { data: { reason, ref } });
}
