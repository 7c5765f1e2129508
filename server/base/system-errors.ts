/**
 * What the system's errors mean, in one place: a file that cannot be looked at for want of
 * descriptors, rights or a sound disk is not one that is not there, and a server that took it for
 * that would say "no such repository" of one that is, or "no" to a question that protects another.
 */
import { access } from 'node:fs/promises';

/** Nothing is there, and nothing can be: by that name no file is ever found. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/** It is there, or what it lies in is, and this user may not do that with it. */
const denied = new Set(['EACCES', 'EPERM']);

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

/**
 * As {@link orAbsent}, where what this user may not look at is as good as nothing: never to decide
 * whether something is protected.
 */
export async function orOutOfReach<T>(looked: Promise<T>): Promise<T | undefined> {
  try {
    return await looked;
  } catch (error) {
    if (isAbsent(error) || denied.has(codeOf(error))) return undefined;
    throw error;
  }
}

/**
 * Whether this user may use a file so, as access(2) has it: that counts a mount's noexec.
 *
 * @returns false where it may not, or there is no such file.
 * @throws every other error: whether it may is not known then.
 */
export async function mayUse(path: string, mode: number): Promise<boolean> {
  const found = await orOutOfReach(access(path, mode).then(() => true));
  return found === true;
}

/** Rejections may be any value. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return String(error.code);
}
