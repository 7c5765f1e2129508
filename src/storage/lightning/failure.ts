/** What a database fails with, as an error with a code and what is known of the room. */
import { GitWsError, isGitWsError } from '../../base/errors.js';
import { fileSystemFailure } from '../../base/failure.js';

/**
 * @param reason what a transaction failed with.
 * @param needed bytes of contents that it had.
 * @returns QUOTA with `data` (`usage`, `quota`, `needed`, in bytes, where the browser tells) where
 *   there is no room left; else as fileSystemFailure has it.
 */
export async function storageFailure(reason: unknown, needed: number): Promise<Error> {
  const error = fileSystemFailure(reason);
  if (!isGitWsError(error, 'QUOTA')) return error;
  const room = await estimateRoom();
  const used =
    room.usage === undefined || room.quota === undefined
      ? ''
      : ` ${room.usage} of ${room.quota} bytes are used.`;
  const message = `There is no room left for ${needed} bytes of files.${used}`;
  return new GitWsError('QUOTA', message, { data: { ...room, needed }, cause: reason });
}

/** What the browser tells of the room of this origin, in bytes; nothing where it does not. */
export async function estimateRoom(): Promise<{ usage?: number; quota?: number }> {
  const { storage } = (globalThis.navigator ?? {}) as { storage?: Partial<StorageManager> };
  const { usage, quota } = (await storage?.estimate?.().catch(() => undefined)) ?? {};
  return { ...(usage === undefined ? {} : { usage }), ...(quota === undefined ? {} : { quota }) };
}

/**
 * Asks the browser not to remove what is stored when room is short.
 *
 * @returns whether it will not; false where it cannot be asked.
 */
export async function askForPersistence(): Promise<boolean> {
  const { storage } = (globalThis.navigator ?? {}) as { storage?: Partial<StorageManager> };
  return (await storage?.persist?.().catch(() => false)) ?? false;
}
