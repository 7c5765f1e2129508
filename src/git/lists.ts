/** Options that are lists: a text can be gone through as well, and would stand for its letters. */
import { GitWsError } from '../base/errors.js';

const words = { string: 'strings', object: "objects, such as { ref: 'main' }" } as const;

/**
 * @param option its name.
 * @param given what was given for it.
 * @param kind what the list may have in it.
 * @throws GitWsError INVALID_OPTION for anything else.
 */
export function expectList(option: string, given: unknown, kind: keyof typeof words): void {
  const fits = (each: unknown): boolean => typeof each === kind && each !== null;
  if (given === undefined || (Array.isArray(given) && given.every(fits))) return;
  const message = `${option} must be a list of ${words[kind]}.`;
  throw new GitWsError('INVALID_OPTION', message, { data: { [option]: given } });
}
