/**
 * Whether each option is of its kind. An option that is misspelt, or a text that stands for a
 * switch, would decide otherwise than whoever wrote it: without `authorize` everybody may read.
 */
import { GitWsError } from '../src/base/errors.js';

/** What an option may be. */
export type Kind = 'a text' | 'a function' | 'true or false' | 'a list' | 'an object';

function kindOf(value: unknown): Kind | undefined {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'object' && value !== null ? 'an object' : undefined;
}

/** @throws GitWsError INVALID_OPTION for an option that there is not, or that is of another kind. */
export function checkKinds(options: object, kinds: Readonly<Record<string, Kind>>): void {
  for (const [option, value] of Object.entries(options)) {
    const kind = kinds[option];
    if (kind === undefined) throw invalid(option, 'is no option of a server');
    if (value === undefined || kindOf(value) === kind) continue;
    throw invalid(option, `must be ${kind}`);
  }
}

function invalid(option: string, why: string): GitWsError {
  return new GitWsError('INVALID_OPTION', `${option}: it ${why}.`, { data: { option } });
}
