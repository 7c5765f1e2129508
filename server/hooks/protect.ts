/**
 * Joins the parts: what git has to be given so that a push obeys the rules for refs.
 */
import type { ProtectedRefs } from '../rules/types.js';
import type { HookDirectories } from './directory.js';
import { findOwnHooks, foldsNames, type AskGit } from './own-hooks.js';
import { formatRefRules } from './ref-rules.js';
import { hookVariables, type ReceiveHook } from './scripts.js';

/** What receive-pack is to be started with. */
export interface PushSettings {
  /** Settings for `-c`; they must come after all others. */
  readonly config: readonly (readonly [key: string, value: string])[];
  /** Variables for the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** For a push that no rule concerns: git then runs the repository's own hooks by itself. */
const unprotected: PushSettings = { config: [], environment: {} };

/**
 * @param gitDir absolute real path of the git directory.
 * @param given what the pusher may do there.
 * @throws GitWsError INVALID_OPTION, or the system's error: the push must not begin then.
 */
export async function protectRefs(
  gitDir: string,
  given: ProtectedRefs,
  { directories, askGit }: { directories: HookDirectories; askGit: AskGit },
): Promise<PushSettings> {
  const rules = formatRefRules(given);
  if (rules === '') return unprotected;
  const own = await findOwnHooks(gitDir, askGit);
  const hooks = new Set<ReceiveHook>([...own.hooks, 'pre-receive', 'update']);
  return {
    config: [['core.hooksPath', await directories.directoryFor(hooks)]],
    environment: {
      [hookVariables.ownHooks]: own.directory,
      [hookVariables.rules]: rules,
      [hookVariables.fold]: (await foldsNames(gitDir)) ? '1' : '0',
    },
  };
}
