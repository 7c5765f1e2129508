/**
 * From the text of a JSON configuration file to a checked value, with errors that an operator can
 * act on: each names the place in the file by index and field. It reads no file.
 */
import type { z } from 'zod';
import { GitWsError } from '../../src/base/errors.js';
import { quoteForLog } from '../text/log-text.js';

/** Most faults that one error names. */
const maxFaults = 5;

/**
 * @param text of the file.
 * @param path of the file, for the sentence of an error.
 * @param schema what it must be.
 * @param how whether the file has secrets in it, of which an error must quote nothing.
 * @throws GitWsError INVALID_OPTION, for example "rules.json: rules[2].allow[0]: must be …".
 */
export function parseJson<T>(
  text: string,
  path: string,
  schema: z.ZodType<T>,
  { isSecret = false }: { readonly isSecret?: boolean } = {},
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // It quotes what it stumbled over.
    // Defence: what is wrong in a file of secrets is told without quoting it.
    const why = isSecret ? '' : `: ${(error as SyntaxError).message}`;
    throw faultsOf(path, [`it is not JSON${why}`]);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw faultsOf(path, result.error.issues.flatMap(describe));
}

/** For faults that a schema cannot express. */
export function faultsOf(path: string, faults: readonly string[]): GitWsError {
  const named = faults.slice(0, maxFaults);
  const more = faults.length - named.length;
  // Control characters come from the file, and would come to a log or a terminal.
  const clean = named.map((fault) => quoteForLog(fault, 400).slice(1, -1).replaceAll('\\"', '"'));
  const sentence = `${path}: ${clean.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`;
  return new GitWsError('INVALID_OPTION', sentence, { data: { faults } });
}

/** `rules[2].allow[0]`, as one would write it in JavaScript; empty for the whole. */
export function formatPlace(keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((place, key) => {
    if (typeof key === 'number') return `${place}[${key}]`;
    return place === '' ? String(key) : `${place}.${String(key)}`;
  }, '');
}

function describe(issue: z.core.$ZodIssue): string[] {
  const place = formatPlace(issue.path);
  const at = place === '' ? '' : `${place}: `;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${at}there is no field ${quoteForLog(key)}`);
  }
  return [`${at}${issue.message}`];
}
