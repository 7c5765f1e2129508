/**
 * What the system's errors mean, in one place: a file that cannot be looked at for want of
 * descriptors, rights or a sound disk is not one that is not there, and a server that took it for
 * that would say "no such repository" of one that is, or "no" to a question that protects another.
 */

/** Nothing is there, and nothing can be: by that name no file is ever found. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/** The machine or the process has no more of something, for the moment. */
const exhausted = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ENOBUFS']);

/** Whether an error of the system says that there is no such file. */
export function isAbsent(error: unknown): boolean {
  return absent.has(codeOf(error));
}

/** Whether an error of the system says that it has no descriptor, process or memory left. */
export function isExhausted(error: unknown): boolean {
  return exhausted.has(codeOf(error));
}

/**
 * @param looked at a file.
 * @returns what was found; undefined where there is no such file.
 * @throws every other error: whether it is there is not known then.
 */
export async function orAbsent<T>(looked: Promise<T>): Promise<T | undefined> {
  try {
    return await looked;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Rejections may be any value. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return String(error.code);
}
