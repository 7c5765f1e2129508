/**
 * What one pusher may do to which refs, in the form that the hooks read. Who the pusher is was
 * settled before: no users and no groups here.
 */
import { GitWsError } from '../../src/base/errors.js';
import { maxStars } from '../rules/glob.js';
import type { ProtectedRefs, RefChange } from '../rules/types.js';

/** Longest text of all rules, in bytes: Linux takes 128 KiB as one variable (MAX_ARG_STRLEN). */
const maxRulesLength = 64 * 1024;

const allChanges: readonly RefChange[] = ['create', 'update', 'force', 'delete'];

/**
 * Whether the hooks can match a glob: `*` for any part of a component, `**` for any number of whole
 * ones, and nothing else that is special to anybody.
 *
 * @returns what is wrong with it, completing "the glob …"; undefined if nothing is.
 */
export function refGlobFault(glob: string): string | undefined {
  const components = glob.split('/');
  if (glob !== '**' && !/^refs\/./.test(glob)) return 'does not begin with refs/';
  if (components.includes('')) return 'has an empty component';
  // Braces may stand in a ref name; but they mean something else elsewhere.
  if (/[?[\]{}()|!]/.test(glob))
    return 'has a special character: in names of refs only * and ** are';
  // As git check-ref-format has it.
  if (/[\0-\x20\x7f~^:\\]|\.\.|@\{/.test(glob)) return 'has what no name of a ref may have';
  if (components.some((one) => one !== '**' && one.includes('**'))) {
    return 'has ** beside other characters; between slashes it stands alone';
  }
  // As for repositories: no glob needs more, and whoever pushes chooses how long a name is.
  if (components.some((one) => one !== '**' && one.split('*').length > maxStars + 1)) {
    return `has more than ${maxStars} stars between slashes`;
  }
  // Each further one multiplies the time for a long name.
  if (components.filter((one) => one === '**').length > 1) return 'has ** more than once';
  return undefined;
}

/**
 * @param given what somebody may do. Every protection that matches a ref must allow its change.
 * @returns a line for each glob whose refs have something forbidden: empty if nothing is anywhere.
 * @throws GitWsError INVALID_OPTION for a glob that {@link refGlobFault} finds fault with: what
 *   cannot be matched would protect nothing.
 */
export function formatRefRules(given: ProtectedRefs): string {
  const lines: string[] = [];
  for (const { rule, refs, allowed } of given.protections) {
    if (allChanges.every((change) => allowed.includes(change))) continue;
    for (const glob of refs) {
      const fault = refGlobFault(glob);
      if (fault !== undefined) throw invalid(`${rule}: the glob "${glob}" ${fault}.`);
      lines.push(`${formatRights(allowed)} ${foldCase(glob)}`);
    }
  }
  const text = [...new Set(lines)].join('\n');
  if (Buffer.byteLength(text) > maxRulesLength) {
    throw invalid(`The globs of protected refs are more than ${maxRulesLength} bytes.`);
  }
  return text;
}

function formatRights(allowed: readonly RefChange[]): string {
  const update = allowed.includes('update');
  const rights = [
    allowed.includes('create') ? 'c' : '',
    update ? 'u' : '',
    update && allowed.includes('force') ? 'f' : '',
    allowed.includes('delete') ? 'd' : '',
  ];
  return rights.join('') || '-';
}

/** As the hooks do it: of ASCII letters, since sh knows no others. */
function foldCase(glob: string): string {
  return glob.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function invalid(message: string): GitWsError {
  return new GitWsError('INVALID_OPTION', message, { data: { option: 'protectedRefs' } });
}
