/** What a repository's configuration says of renames in a merge (git-config(1), `merge.renames` and others). */
import { isYes, numberOf, readConfig, type ConfigAt } from './config.js';

/** How renames are followed. */
export interface RenameSettings {
  readonly isOn: boolean;
  /** Up to this number squared, each file is compared with each. */
  readonly limit: number;
  /** What becomes of files that the other side has put into a folder that was renamed. */
  readonly folders: 'stay' | 'move' | 'conflict';
}

const usualLimit = 7_000;

/** Words that git takes for no (`git_parse_maybe_bool`). */
const no = /^(false|no|off|0+|)$/i;

/** @throws what `fs` throws. */
export async function renameSettings(at: ConfigAt): Promise<RenameSettings> {
  const either = async (name: string): Promise<string | undefined> =>
    (await readConfig(at, `merge.${name}`)) ?? readConfig(at, `diff.${name}`);
  const renames = await either('renames');
  const folders = await readConfig(at, 'merge.directoryRenames');
  return {
    isOn: renames === undefined || !no.test(renames),
    limit: limitOf(await either('renameLimit')),
    folders: isYes(folders)
      ? 'move'
      : folders !== undefined && no.test(folders)
        ? 'stay'
        : 'conflict',
  };
}

/** git's own for none, and for what is no limit. */
function limitOf(value: string | undefined): number {
  const limit = numberOf(value) ?? 0;
  return limit > 0 ? limit : usualLimit;
}
