import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findRepository } from '../../server/git/repository.js';
import { canonicalRepository } from '../../server/rules/glob.js';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

let base: string;
let root: string;

const find = async (path: string): Promise<string | undefined> =>
  (await findRepository(root, path.split('/')))?.gitDir;

beforeAll(async () => {
  base = await temporaryDirectory();
  root = join(base, 'repos');
  for (const path of ['bare.git', 'team/plain', 'team/other.git', 'both', 'both.git']) {
    await git(['init', '-q', '--bare', join(root, path)]);
  }
  for (const path of ['work', 'work/vendor/lib', 'tree.git']) {
    await git(['init', '-q', join(root, path)]);
  }
  // As large repositories hold those of their submodules.
  await git(['init', '-q', '--bare', join(root, 'bare.git/modules/sub')]);
  await git(['init', '-q', '--bare', join(root, 'work/.git/modules/sub')]);
  // What a push to a repository with a work tree may write among its files.
  await git(['init', '-q', '--bare', join(root, 'work/planted.git')]);
  await symlink('../bare.git', join(root, 'work/link.git'));
  await symlink('.git', join(root, 'work/self.git'));
  await symlink('work/planted.git', join(root, 'planted.git'));
  // A name that a comparison by prefix would take for a part of root.
  await git(['init', '-q', '--bare', join(base, 'repos-evil/secret.git')]);
  await git(['init', '-q', '--bare', join(base, 'outside.git')]);
  await symlink('../outside.git', join(root, 'out.git'));
  await symlink('../repos-evil', join(root, 'evil'));
  await symlink('/', join(root, 'slash'));
  await symlink('..', join(root, 'up'));
  await symlink('team', join(root, 'crew'));
  await symlink('loop', join(root, 'loop'));
  await mkdir(join(root, 'half'));
  await symlink('../../outside.git', join(root, 'half/.git'));
  await mkdir(join(root, 'empty'));
  await writeFile(join(root, 'file'), 'no directory');
});

describe('a repository is found', () => {
  it.each([
    ['bare.git', 'bare.git'],
    ['bare', 'bare.git'],
    ['team/plain', 'team/plain'],
    ['team/plain.git', 'team/plain'],
    ['team/other', 'team/other.git'],
    ['work', 'work/.git'],
    ['work.git', 'work/.git'],
    ['tree', 'tree.git/.git'],
    ['tree.git', 'tree.git/.git'],
    ['both', 'both'],
    ['both.git', 'both.git'],
    ['work/vendor/lib', 'work/vendor/lib/.git'],
    ['crew/other', 'team/other.git'],
  ])('bare or not, with or without .git: %s is %s', async (path, expected) => {
    expect(await find(path)).toBe(join(root, expected));
  });

  it('where root is a symbolic link itself', async () => {
    const link = join(base, 'link');
    await symlink('repos', link);
    expect(await findRepository(link, ['bare'])).toEqual({ gitDir: join(root, 'bare.git'), root });
  });

  it('whose HEAD is a symbolic link to a branch that has no commit', async () => {
    const gitDir = join(root, 'old.git');
    await git(['init', '-q', '--bare', gitDir]);
    await rm(join(gitDir, 'HEAD'));
    await symlink('refs/heads/main', join(gitDir, 'HEAD'));
    expect(await find('old')).toBe(gitDir);
  });

  it('whose HEAD is detached', async () => {
    const gitDir = join(root, 'detached.git');
    await git(['init', '-q', '--bare', gitDir]);
    await writeFile(join(gitDir, 'HEAD'), `${'1'.repeat(40)}\n`);
    expect(await find('detached')).toBe(gitDir);
  });
});

it('whatever a path is made of, it is found under the one name by which rules know it', async () => {
  const directory = await temporaryDirectory();
  const layouts = ['a', 'b.git', 'c.git.git', 'team/a', 'team/b.git', 'a/team/a', '.'];
  for (const path of layouts) {
    const bare = /^(b|team\/b)/.test(path) ? ['--bare'] : [];
    await git(['init', '-q', ...bare, join(directory, path)]);
  }
  const words = ['a', 'b', 'c', 'team', '.git', ''].flatMap((word) =>
    ['', '.git', '.GIT', '.git.git'].map((ending) => word + ending),
  );
  const segments = [...new Set(words)].filter((word) => word !== '');
  const longer = (paths: string[][]): string[][] =>
    paths.flatMap((path) => segments.map((segment) => [...path, segment]));
  const paths = [longer([[]]), longer(longer([[]])), longer(longer([['a'], ['team']]))].flat();
  const found = new Set<string>();
  for (const path of paths) {
    const gitDir = (await findRepository(directory, path))?.gitDir;
    if (gitDir === undefined) continue;
    const place = relative(directory, gitDir).replace(/\/?\.git$/, '');
    expect([path.join('/'), canonicalRepository(path.join('/'))]).toEqual([
      path.join('/'),
      canonicalRepository(place),
    ]);
    found.add(relative(directory, gitDir));
  }
  // Root itself, which has a .git, is none of the repositories below it; all of those were met.
  expect([...found].sort()).toEqual([
    ...['a/.git', 'a/team/a/.git', 'b.git', 'c.git.git/.git', 'team/a/.git', 'team/b.git'],
  ]);
});

describe('no repository is found', () => {
  it.each([
    ['where nothing is', 'nothing'],
    ['in an empty directory', 'empty'],
    ['in a directory of repositories', 'team'],
    ['in a file', 'file'],
    ['below a file', 'file/x'],
    ['through a symbolic link out of root', 'out'],
    ['through a symbolic link to a neighbour whose name begins as root’s', 'evil/secret.git'],
    ['through a symbolic link to /', 'slash/etc'],
    ['through a symbolic link to the parent', 'up/outside.git'],
    ['through a loop of symbolic links', 'loop'],
    ['where .git is a symbolic link out of root', 'half'],
    ['inside a bare repository, as its submodules are', 'bare.git/modules/sub'],
    ['inside a .git directory, by its name', 'work/.git'],
    ['inside a .git directory, by its name with .git added', 'work/.git.git'],
    ['inside a .git directory, by its name with .git added in capitals', 'work/.GIT.git'],
    ['inside a .git directory, below it', 'work/.git/modules/sub'],
    ['inside a .git directory, in capitals', 'work/.GIT/modules/sub'],
    ['among the files of a work tree', 'work/planted.git'],
    ['among the files of a work tree, by a symbolic link to it', 'planted.git'],
    ['through a symbolic link among the files of a work tree', 'work/link.git'],
    ['through a symbolic link there to its own .git directory', 'work/self.git'],
    ['under a name too long for the file system', 'x'.repeat(5_000)],
  ])('%s', async (_where, path) => {
    expect(await find(path)).toBeUndefined();
  });

  it('whose HEAD is a link to the HEAD of another', async () => {
    const path = join(root, 'borrowed.git');
    await git(['init', '-q', '--bare', path]);
    expect(await find('borrowed')).toBe(path);
    await rm(join(path, 'HEAD'));
    await symlink(join(root, 'bare.git/HEAD'), join(path, 'HEAD'));
    expect(await find('borrowed')).toBeUndefined();
  });

  it('where it came back as a link after root was looked at', async () => {
    const path = join(root, 'moved.git');
    await git(['init', '-q', '--bare', path]);
    expect(await find('moved')).toBe(path);
    await rename(path, join(base, 'moved.git'));
    await symlink('../moved.git', path);
    expect(await find('moved')).toBeUndefined();
  });
});

describe('whether there is a repository is not known', () => {
  it.skipIf(process.getuid?.() === 0)('where the server may not look', async () => {
    const path = join(root, 'closed');
    await git(['init', '-q', '--bare', join(path, 'a.git')]);
    await chmod(path, 0);
    await expect(find('closed/a')).rejects.toMatchObject({ code: 'EACCES' });
    await chmod(path, 0o700);
  });
});
