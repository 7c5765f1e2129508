/**
 * The settings that a server, or its operator, sets for all repositories, beside those of one
 * repository: git's answer must be the stricter of both.
 */
import { appendFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, test } from 'vitest';
import type { GitSetting } from '../../server/git/setting.js';
import { RepositoryConfigs } from '../../server/git/repository-config.js';
import { askGit } from '../../server/git/run-git.js';
import { withoutLooser } from '../../server/git/stricter.js';
import { services } from '../../server/services.js';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

let gitDir: string;

beforeAll(async () => {
  gitDir = join(await temporaryDirectory(), 'site.git');
  await git(['init', '-q', '--bare', gitDir]);
});

/** What git takes for a key, started with what is left of ours. */
async function taken(ours: readonly GitSetting[], own: readonly GitSetting[], key: string) {
  const sections = own.map(([name, value]) => {
    const [section, ...rest] = name.split('.');
    const heading = rest.length > 1 ? `${section} "${rest[0]}"` : section;
    return `[${heading}]\n\t${rest.at(-1)} = ${value}\n`;
  });
  await writeFile(join(gitDir, 'config'), ['[core]\n\tbare = true\n', ...sections].join(''));
  const { settings } = await new RepositoryConfigs(askGit).read(gitDir);
  const left = withoutLooser(ours, settings);
  const value = left.findLast(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
  return value ?? own.findLast(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

/** Of each setting: the loose and the strict value. */
const pairs: readonly (readonly [key: string, loose: string, strict: string])[] = [
  ['uploadpack.allowReachableSHA1InWant', 'true', 'false'],
  ['uploadpack.allowTipSHA1InWant', 'true', 'false'],
  ['uploadpack.allowAnySHA1InWant', 'true', 'false'],
  ['uploadpack.allowRefInWant', 'true', 'false'],
  ['uploadpack.allowFilter', 'true', 'false'],
  ['uploadArchive.allowUnreachable', 'yes', 'no'],
  ['receive.fsckObjects', 'false', 'true'],
  ['transfer.fsckObjects', 'off', 'on'],
  ['receive.maxInputSize', '1073741824', '512'],
  ['receive.maxInputSize', '0', '1g'],
  ['core.bigFileThreshold', '32m', '1m'],
  ['receive.denyDeletes', 'false', 'true'],
  ['receive.denyNonFastForwards', 'no', '1'],
  ['receive.denyCurrentBranch', 'ignore', 'refuse'],
  ['receive.denyCurrentBranch', 'false', 'true'],
  ['receive.denyCurrentBranch', 'warn', 'updateInstead'],
  ['receive.denyDeleteCurrent', 'warn', 'refuse'],
  ['receive.shallowUpdate', 'true', 'false'],
  ['receive.fsck.missingEmail', 'ignore', 'error'],
  ['receive.fsck.missingEmail', 'warn', 'error'],
  ['core.protectHFS', 'false', 'true'],
  ['core.protectNTFS', 'false', 'true'],
];

describe.each(pairs)('of %s, %s and %s', (key, loose, strict) => {
  it('the stricter is taken, whoever said it', async () => {
    expect(await taken([[key, loose]], [[key, strict]], key)).toBe(strict);
    expect(await taken([[key, strict]], [[key, loose]], key)).toBe(strict);
    // Ours alone, and whose last word counts.
    expect(await taken([[key, loose]], [], key)).toBe(loose);
    const twice = await taken(
      [
        [key, strict],
        [key, loose],
      ],
      [
        [key, loose],
        [key, strict],
      ],
      key,
    );
    expect(twice).toBe(strict);
  });
});

test('every setting that the server sets itself is one of them, but for what is its own matter', () => {
  const known = new Set(pairs.map(([key]) => key));
  const all = Object.values(services).flatMap(({ settings }) => settings.map(([key]) => key));
  // Off where the server looks after repositories itself: see maintenance.test.ts.
  expect(all.filter((key) => !known.has(key))).toEqual(['receive.autoGC']);
});

test('transfer.fsckObjects counts where a repository says nothing of receive.fsckObjects', async () => {
  const ours: GitSetting[] = [['receive.fsckObjects', 'false']];
  const own: GitSetting[] = [['transfer.fsckObjects', 'true']];
  expect(await taken(ours, own, 'receive.fsckObjects')).toBeUndefined();
});

test('a want of any object is no way around a repository that allows none of them', async () => {
  const any: GitSetting[] = [['uploadpack.allowAnySHA1InWant', 'true']];
  for (const key of ['uploadpack.allowReachableSHA1InWant', 'uploadpack.allowTipSHA1InWant']) {
    const own: GitSetting[] = [[key, 'false']];
    expect(await taken(any, own, 'uploadpack.allowAnySHA1InWant')).toBeUndefined();
  }
});

test.each(['transfer.hideRefs', 'receive.hideRefs', 'uploadpack.hideRefs'])(
  'a ref that a repository hides by %s is not shown by a pattern for all',
  async (key) => {
    const hides: GitSetting[] = [[key, 'refs/secret']];
    expect(await taken([['transfer.hideRefs', '!refs/secret']], hides, key)).toBe('refs/secret');
    expect(await taken([['transfer.hideRefs', 'refs/other']], hides, 'transfer.hideRefs')).toBe(
      'refs/other',
    );
    const shows: GitSetting[] = [['transfer.hideRefs', '!refs/heads']];
    expect(await taken(shows, [], 'transfer.hideRefs')).toBe('!refs/heads');
  },
);

test("an operator's other settings beat a repository's, as ever", async () => {
  expect(
    await taken([['receive.keepAlive', '7']], [['receive.keepAlive', '9']], 'receive.keepAlive'),
  ).toBe('7');
});

describe('the configuration of a repository', () => {
  /** A reader for which every file is old enough, and how often it asked git. */
  function reader() {
    const asked: string[] = [];
    const configs = new RepositoryConfigs(
      (directory, args) => {
        asked.push(directory);
        return askGit(directory, args);
      },
      () => Date.now() + 60_000,
    );
    const value = async (key: string) => {
      const { settings } = await configs.read(gitDir);
      return settings.findLast((setting) => setting.key === key)?.value;
    };
    return { asked, value };
  }

  it('is read once, and again when its file changes', async () => {
    const { asked, value } = reader();
    await git(['config', 'a.b', 'one'], { cwd: gitDir });
    expect([await value('a.b'), await value('a.b')]).toEqual(['one', 'one']);
    expect(asked).toHaveLength(1);
    await git(['config', 'a.b', 'two'], { cwd: gitDir });
    expect(await value('a.b')).toBe('two');
    // Of the same length, at the same time.
    await writeFile(join(gitDir, 'config.worktree'), '');
    expect(await value('a.b')).toBe('two');
    expect(asked).toHaveLength(3);
  });

  it('is read each time while its file is so new that a change might not show', async () => {
    const asked: string[] = [];
    const configs = new RepositoryConfigs((directory, args) => {
      asked.push(directory);
      return askGit(directory, args);
    });
    await utimes(join(gitDir, 'config'), 0, 0);
    await configs.read(gitDir);
    await configs.read(gitDir);
    expect(asked).toHaveLength(2);
  });

  it('is read each time where it includes others: those change without a trace in it', async () => {
    const { value } = reader();
    const included = join(gitDir, 'included');
    await git(['config', 'include.path', 'included'], { cwd: gitDir });
    expect(await value('receive.denydeletes')).toBeUndefined();
    await writeFile(included, '[receive]\n\tdenyDeletes\n');
    expect(await value('receive.denydeletes')).toBe('true');
    await appendFile(included, '\tdenyDeletes = false\n');
    expect(await value('receive.denydeletes')).toBe('false');
  });

  it('must be readable: what it shuts would else be open', async () => {
    const broken = join(await temporaryDirectory(), 'broken.git');
    await git(['init', '-q', '--bare', broken]);
    await appendFile(join(broken, 'config'), '[no\n');
    await expect(new RepositoryConfigs(askGit).read(broken)).rejects.toThrow(broken);
  });
});
