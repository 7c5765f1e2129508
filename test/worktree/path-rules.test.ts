/** Paths that must not be written, with git's own word: what `git update-index --cacheinfo` refuses. */
import { describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { isSafePath } from '../../src/worktree/path-rules.js';
import { git, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

const letters = ['.git', '.GIT', '.giT', 'git~1', 'GIT~1', 'git~2', '.gitmodules', '.GitModules'];
const paths = [
  ...letters,
  ...letters.flatMap((name) => [`${name}/x`, `a/${name}`, `a/${name}/b`, `${name} `, `${name}.`]),
  ...letters.flatMap((name) => [`${name}::$INDEX_ALLOCATION`, `${name}:x`, `a\\${name}`]),
  ...letters.flatMap((name) => [`${name}\\x`, `${name}x`, `x${name}`, `${name}. . .`]),
  ...['\u200c.git', '.g\u200dit', '.git\ufeff', '.\u206agit/config', '.gi\u202et', 'a/.gi\u200ft'],
  ...['.g\u200eitmodules', 'gitmod~1', 'gitmod~4', 'gitmod~5', 'GITMOD~1', 'gi7eba~1', 'gi7eb~10'],
  ...[
    'gi7eb~9',
    'gi7e~123',
    'g~123456',
    '~1234567',
    'gi7eba~0',
    'gi7ebb~1',
    'gi7eba~1 .',
    'gi7d29~1',
  ],
  ...[
    'a',
    'a/b',
    '..',
    'a/../b',
    '.',
    'a/./b',
    'a//b',
    '/a',
    'a/',
    '...',
    'a\\b',
    '..\\x',
    'a\\..\\b',
  ],
  ...[
    '.gitignore',
    '.gitattributes',
    '.gitx',
    'git',
    'gitmodules',
    '.gi',
    'a:b',
    'con',
    'é',
    'ä/.git',
  ],
];

describe('paths of a tree', () => {
  for (const [kind, mode, test] of [
    ['files', '100644', it],
    ['symbolic links', '120000', long],
  ] as const) {
    test(`are refused where git refuses them, and only there: ${kind}`, async () => {
      const cwd = await temporaryDirectory();
      await git(['init', '-q'], { cwd });
      const oid = await git(['hash-object', '-w', '--stdin'], { cwd, input: 'x' });
      const isTaken = async (...those: string[]): Promise<boolean> => {
        const protect = ['-c', 'core.protectHFS=true', '-c', 'core.protectNTFS=true'];
        const infos = those.flatMap((path) => ['--cacheinfo', `${mode},${oid},${path}`]);
        const args = [...protect, 'update-index', '--add', '--replace', ...infos];
        return (await gitStatus(args, { cwd })).code === 0;
      };
      const safe = paths.filter((path) => isSafePath(path, mode === '120000'));
      // All at once: git refuses the whole call for one of them.
      expect(await isTaken(...safe)).toBe(true);
      const wrong: string[] = [];
      for (const path of paths) if (!safe.includes(path) && (await isTaken(path))) wrong.push(path);
      expect(wrong).toEqual([]);
    });
  }
});
