/** Runs git with the settings it has where nobody changed any, so that figures can be compared. */
import {
  git as gitOfTests,
  gitEnvironment as environmentOfTests,
  type GitOptions,
} from '../test/helpers/run-git.js';

/** What git runs with, the measured processes included. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  ...environmentOfTests,
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** @returns git's stdout, trimmed. @throws Error with git's stderr. */
export function git(
  args: readonly string[],
  options: Pick<GitOptions, 'input'> = {},
): Promise<string> {
  return gitOfTests(args, { ...options, env: { GIT_CONFIG_GLOBAL: '/dev/null' } });
}
