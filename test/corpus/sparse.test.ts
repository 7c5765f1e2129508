/** Folders of sparse checkouts as callers name them, and patterns as they lie in repositories. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Cone } from '../../src/worktree/cone.js';
import { coneFolders } from '../../src/worktree/cone-folders.js';
import { git, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { readCorpus } from './corpus.js';

let dir: string;
let file: string;

beforeAll(async () => {
  dir = await temporaryDirectory();
  await git(['init', '-q', dir]);
  await mkdir(join(dir, '.git/info'), { recursive: true });
  file = join(dir, '.git/info/sparse-checkout');
});

interface Folder {
  readonly folder: string;
  readonly isLiteral: boolean;
}

describe('a folder of a sparse checkout', () => {
  it.each(readCorpus<Folder, string | null>('sparse-folders'))(
    '$name',
    async ({ input: { folder, isLiteral }, expected }) => {
      const made = () => Cone.of(coneFolders([folder], isLiteral));
      if (expected === null) {
        const refused: unknown = expect.objectContaining({
          code: 'INVALID_OPTION',
          data: { folder },
        });
        expect(made).toThrow(refused);
        return;
      }
      const bytes = made().format();
      expect(new TextDecoder().decode(bytes).split('\n').at(-2)).toBe(expected);
      await git(['sparse-checkout', 'set', '--cone', '--skip-checks', folder], { cwd: dir });
      expect(await readFile(file, 'latin1')).toBe(Buffer.from(bytes).toString('latin1'));
      // Read again it is the same.
      expect(Cone.parse(bytes)?.format()).toEqual(bytes);
    },
  );
});

describe('the patterns of a sparse checkout', () => {
  it.each(readCorpus<string, string[] | null>('sparse-patterns'))(
    '$name',
    async ({ input, expected }) => {
      const cone = Cone.parse(new TextEncoder().encode(input));
      expect(cone?.folders ?? null).toEqual(expected);
      await git(['sparse-checkout', 'set', '--cone'], { cwd: dir });
      await writeFile(file, input);
      const listed = await gitStatus(['-c', 'core.quotePath=false', 'sparse-checkout', 'list'], {
        cwd: dir,
      });
      // git warns of patterns that are not cone mode's, and lists them.
      expect(listed.stderr.includes('disabling cone pattern matching')).toBe(expected === null);
      const lines = listed.stdout.split('\n').filter((line) => line !== '');
      const quoted = (folder: string) => (folder.includes('\\') ? JSON.stringify(folder) : folder);
      if (expected !== null) expect(lines).toEqual(expected.map(quoted));
    },
  );

  it('that name a folder with two slashes are refused: git finds nothing by them', () => {
    for (const pattern of ['/*\n!/*/\n//docs/\n', '/*\n!/*/\n/docs//\n']) {
      expect(Cone.parse(new TextEncoder().encode(pattern))).toBeUndefined();
    }
  });

  it('are read by bytes: a name need not be UTF-8', () => {
    const bytes = Buffer.from('/*\n!/*/\n/d\xf6cs/\n', 'latin1');
    const cone = Cone.parse(bytes);
    expect(cone?.has(Buffer.from('d\xf6cs/a', 'latin1'))).toBe(true);
    expect(cone?.has(Buffer.from('d\xfccs/a', 'latin1'))).toBe(false);
    expect(Buffer.from(cone?.format() ?? [])).toEqual(bytes);
  });
});
