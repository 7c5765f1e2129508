/**
 * What became of a push whose report was lost after its last byte was sent: the server is asked afresh
 * what its refs are. A push is never in doubt silently.
 */
import { errorOfFacts, GitWsError, isGitWsError, type RefInDoubt } from '../base/errors.js';
import type { PushCommand } from '../wire/v0/push-request.js';
import { closeAfterAdvertisement } from './advertisement.js';
import type { AdvertisedRun } from './connection.js';
import { Restarts } from './restart.js';

/** The refs of a server as they are now; undefined where it cannot be asked. */
export type AskRefs = () => Promise<ReadonlyMap<string, string> | undefined>;

/** Time for a server to say what became of a push, in ms. */
const askTime = 10_000;

/**
 * Asks a server what its refs are; again where it cannot be reached, for a while.
 *
 * @param open opens receive-pack, until the signal fires.
 * @param signals each of them ends the asking.
 * @returns undefined where the server does not say. Never rejects.
 */
export async function askRefs(
  open: (signal: AbortSignal) => Promise<AdvertisedRun>,
  signals: readonly (AbortSignal | undefined)[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const giveUp = new AbortController();
  const stop = (): void => {
    giveUp.abort();
  };
  const timer = setTimeout(stop, askTime);
  for (const signal of signals) signal?.addEventListener('abort', stop);
  const ask = (): Promise<AdvertisedRun> => open(giveUp.signal);
  try {
    const { run, advertisement } = await ask().catch((error: unknown) =>
      // A server that has just ended may be there again in a moment.
      new Restarts({ resumeFor: askTime }).again(error, ask, [giveUp.signal]),
    );
    void closeAfterAdvertisement(run);
    if (advertisement.version === 2) return undefined;
    return new Map(advertisement.refs.map(({ name, oid }) => [name, oid]));
  } catch {
    // The server is not there: what it did is not known.
    return undefined;
  } finally {
    clearTimeout(timer);
    for (const signal of signals) signal?.removeEventListener('abort', stop);
  }
}

/**
 * @param failure what ended a push after its last byte was sent.
 * @param commands what the push asked for.
 * @returns the error that says so, with `data.refs`: PUSH_OUTCOME_UNKNOWN, UserCanceledError, or what
 *   the server's git failed with.
 */
export async function inDoubt(
  failure: unknown,
  commands: readonly PushCommand[],
  ask: AskRefs,
): Promise<unknown> {
  if (isGitWsError(failure, 'UserCanceledError')) {
    // Whoever cancels wants an end, and no question to the server.
    const refs = describeRefs(commands, undefined);
    const message = 'The push was canceled after all of it was sent: it may take place.';
    return new GitWsError('UserCanceledError', message, { data: { refs }, cause: failure });
  }
  const refs = describeRefs(commands, await ask());
  if (isGitWsError(failure, 'REMOTE_EXIT') || isGitWsError(failure, 'REMOTE_ERROR')) {
    const { code, message, data, retryable } = failure;
    return errorOfFacts(code, message, { data: { ...data, refs }, cause: failure, retryable });
  }
  const names = refs.map(describeOutcome).join('; ');
  const message = `The push was sent, but the server's report did not arrive: ${names}.`;
  return new GitWsError('PUSH_OUTCOME_UNKNOWN', message, { data: { refs }, cause: failure });
}

function describeRefs(
  commands: readonly PushCommand[],
  current: ReadonlyMap<string, string> | undefined,
): RefInDoubt[] {
  return commands.map(({ ref, oldOid, newOid }) => ({
    ref,
    old: oldOid,
    wanted: newOid,
    current: current === undefined ? undefined : (current.get(ref) ?? '0'.repeat(oldOid.length)),
  }));
}

function describeOutcome({ ref, old, wanted, current }: RefInDoubt): string {
  if (current === undefined) return `nothing is known of ${ref}`;
  if (current === wanted) return `${ref} has the new value`;
  return current === old ? `${ref} has its old value still` : `${ref} has a third value`;
}
