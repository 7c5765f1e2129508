/** Names that are somebody's for as long as they live: of lock files, which outlive who made them. */
import { webLocks } from '../../base/life-lock.js';

/** Gives a name back. Resolves when others can have it. */
export type LetGo = () => Promise<void>;

/** See `StoragePromises.hold`. */
export type Hold = (path: string, wait?: AbortSignal) => Promise<LetGo | undefined>;

/**
 * @param name of the file system, in whichever page or worker it is open.
 * @returns `hold`, for paths of that file system; nothing where there are no Web Locks.
 */
export function holdOf(name: string): { readonly hold?: Hold } {
  const locks = webLocks();
  if (locks === undefined) return {};
  return { hold: (path, wait) => hold(locks, `${name}_held ${path}`, wait) };
}

/** @throws what the browser refuses Web Locks with; what `wait` does. */
function hold(
  locks: LockManager,
  name: string,
  wait: AbortSignal | undefined,
): Promise<LetGo | undefined> {
  return new Promise((resolve, reject) => {
    const use = (lock: Lock | null): Promise<void> | undefined => {
      if (lock !== null) {
        return new Promise((giveBack) => {
          resolve(async () => {
            giveBack();
            await released;
          });
        });
      }
      resolve(undefined);
      return undefined;
    };
    const released = locks.request(
      name,
      wait === undefined ? { ifAvailable: true } : { signal: wait },
      use,
    );
    released.catch(reject);
  });
}
