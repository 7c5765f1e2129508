/** Runs git with the settings it has where nobody changed any, so that figures can be compared. */
import {
  git as gitOfTests,
  gitEnvironment as environmentOfTests,
} from '../test/helpers/run-git.js';

/** What git runs with, the measured processes included. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  ...environmentOfTests,
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** @returns git's stdout, trimmed. @throws Error with git's stderr. */
export function git(args: readonly string[]): Promise<string> {
  return gitOfTests(args, { env: { GIT_CONFIG_GLOBAL: '/dev/null' } });
}
