/**
 * Joins the parts: what receive-pack has to be given so that a push obeys the rules for refs, and
 * that the repository's own hooks see nothing of the settings that git was started with.
 */
import { dirname } from 'node:path';
import type { ProtectedRefs } from '../rules/types.js';
import type { HookDirectories } from './directory.js';
import { findOwnHooks, foldsNames, type AskGit } from './own-hooks.js';
import { formatRefRules } from './ref-rules.js';
import { hookVariables } from './scripts.js';

/** What receive-pack is to be started with. */
export interface HookSettings {
  /** Settings for `-c`; they must come after all others. */
  readonly config: readonly (readonly [key: string, value: string])[];
  /** Variables for the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute paths of the directories of hooks: the server's and the repository's own. */
  readonly directories: readonly string[];
  /** To be called when the push is over. The settings are good for one push. */
  readonly release?: () => Promise<void>;
}

/**
 * @param gitDir absolute real path of the git directory.
 * @param given what the pusher may do there.
 * @throws GitWsError INVALID_OPTION, or the system's error: the push must not begin then.
 */
export async function hookSettings(
  gitDir: string,
  given: ProtectedRefs,
  { directories, askGit }: { directories: HookDirectories; askGit: AskGit },
): Promise<HookSettings> {
  const rules = formatRefRules(given);
  const judging = rules !== '';
  const own = await findOwnHooks(gitDir, askGit);
  if (!judging && own.hooks.size === 0) {
    return { config: [], environment: {}, directories: [own.directory] };
  }
  const set = { judging, own: own.hooks };
  const folds = judging && (await foldsNames(gitDir));
  // Last: whoever gets it releases it.
  const directory = judging
    ? await directories.directoryForPush(set)
    : await directories.directoryFor(set);
  const environment: Record<string, string> = { [hookVariables.ownHooks]: own.directory };
  if (judging) {
    environment[hookVariables.rules] = rules;
    environment[hookVariables.fold] = folds ? '1' : '0';
  }
  return {
    // Defence: rules for refs are enforced by hooks of the server (core.hooksPath).
    config: [['core.hooksPath', directory]],
    environment,
    directories: [directory, dirname(directory), own.directory],
    ...(judging ? { release: () => directories.release(directory) } : {}),
  };
}
