/**
 * Which names a ref may have: git-check-ref-format(1), refs.c. A server chooses the names that end
 * up as files in the caller's repository, so they are checked before anybody else sees them.
 */
import { GitWsError } from '../base/errors.js';
import { quoteText } from './text.js';

// Control characters, DEL, space and ~ ^ : ? * [ \ anywhere; "..", "@{"; an empty component (also
// a slash at either end); a component that begins with a dot or ends in ".lock"; a dot at the end.
const refused = /[\0- \x7f~^:?*[\\]|\.\.|@\{|^\/|\/\/|\/$|(?:^|\/)\.|\.lock(?:\/|$)|\.$/;

/**
 * Answers as `git check-ref-format <name>` does, or `--allow-onelevel <name>`.
 *
 * @param name a full ref name.
 * @param options whether a name without a slash will do. Default no.
 */
export function isRefName(name: string, options: { allowOneLevel?: boolean } = {}): boolean {
  if (name === '' || name === '@' || refused.test(name)) return false;
  return options.allowOneLevel === true || name.includes('/');
}

/**
 * Checks a name that a server advertised: `HEAD`, or a well-formed name below `refs/`. Anything
 * else (`config`, `hooks/post-checkout`) would be written outside of where refs live.
 *
 * @throws GitWsError INVALID_REF_NAME
 */
export function checkRefName(name: string): void {
  if (name === 'HEAD' || (name.startsWith('refs/') && isRefName(name))) return;
  throw new GitWsError(
    'INVALID_REF_NAME',
    `The server advertised a ref with the name ${quoteText(name)}, which git does not allow.`,
    { data: { ref: name } },
  );
}
