import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectSoundRepository, git, gitBytes, gitStatus, makeRepository } from './git.js';
import { temporaryDirectory } from './temp.js';

describe('git in the tests', () => {
  it('knows nothing of the settings of the machine and its user', async () => {
    const list = await git(['config', '--list', '--show-origin', '--name-only'], {
      cwd: await temporaryDirectory(),
    });
    const origins = new Set(list.split('\n').map((line) => line.split('\t')[0]));
    expect([...origins]).toEqual([expect.stringMatching(/test\/helpers\/gitconfig$/)]);
  });

  it('gives the words of a failed call in the error', async () => {
    await expect(git(['rev-parse', '--verify', 'no-such-ref'])).rejects.toThrow(
      /ended with 128.*single revision/s,
    );
  });

  it('gives code and output of a failed call when asked for them', async () => {
    const result = await gitStatus(['hash-object', '--stdin', '--no-such-option'], { input: 'x' });
    expect(result).toMatchObject({ code: 129, stdout: '' });
    expect(result.stderr).toContain('no-such-option');
  });
});

describe('a sample repository', () => {
  let root: string;
  let gitDir: string;
  let head: string;
  const inside = (...args: string[]): Promise<string> => git([`--git-dir=${gitDir}`, ...args]);

  beforeAll(async () => {
    root = await temporaryDirectory();
    ({ gitDir, head } = await makeRepository(join(root, 'team', 'large.git'), { commits: 800 }));
  });

  it('is not sound while a lock is left, and is once git has tidied up', async () => {
    const { gitDir: other } = await makeRepository(join(root, 'locked.git'), { commits: 1 });
    await writeFile(join(other, 'refs/heads/main.lock'), '');
    await expect(expectSoundRepository(other)).rejects.toThrow('left behind: refs/heads/main.lock');
    await rm(join(other, 'refs/heads/main.lock'));
    const maintenance = join(other, 'objects/maintenance.lock');
    await writeFile(maintenance, '');
    const looked = expectSoundRepository(other);
    await setTimeout(300);
    await rm(maintenance);
    await looked;
  });

  it('is sound and has more than 5,000 objects', async () => {
    await expectSoundRepository(gitDir);
    const objects = await inside('rev-list', '--objects', '--all');
    expect(objects.split('\n').length).toBeGreaterThan(5000);
  });

  it('has the object ids that its seed gives, and others with another seed', async () => {
    const again = await makeRepository(join(root, 'again.git'), { commits: 20 });
    const same = await makeRepository(join(root, 'same.git'), { commits: 20 });
    const other = await makeRepository(join(root, 'other.git'), { commits: 20, seed: 2 });
    expect(same.head).toBe(again.head);
    expect(other.head).not.toBe(again.head);
  });

  it('has branches with commits of their own, and main as its HEAD', async () => {
    expect(await inside('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(await inside('rev-parse', 'HEAD')).toBe(head);
    expect(await inside('for-each-ref', '--format=%(refname)', 'refs/heads')).toBe(
      'refs/heads/main\nrefs/heads/release/1.0\nrefs/heads/topic',
    );
    expect(await inside('rev-list', '--count', 'main..topic')).toBe('3');
    expect(await inside('rev-list', '--count', 'topic..main')).not.toBe('0');
  });

  it('has a merge commit', async () => {
    expect(await inside('rev-list', '--merges', '--count', 'main')).toBe('1');
  });

  it('has an annotated tag whose target is no tip, and a lightweight one', async () => {
    expect(await inside('cat-file', '-t', 'v1.0')).toBe('tag');
    expect(await inside('cat-file', '-t', 'checkpoint')).toBe('commit');
    expect(await inside('for-each-ref', '--points-at=v1.0^{commit}')).toContain('refs/tags/v1.0');
    expect(await inside('for-each-ref', '--points-at=v1.0^{commit}', 'refs/heads')).toBe('');
    expect(await inside('merge-base', 'v1.0', 'main')).toBe(await inside('rev-parse', 'v1.0^{}'));
  });

  it('has an executable, a symbolic link, binary files and difficult names', async () => {
    const tree = await inside('ls-tree', '-r', 'main');
    expect(tree).toMatch(/^100755 .*\tbin\/run me\.sh$/m);
    expect(tree).toMatch(/^120000 .*\tlatest$/m);
    expect(tree).toMatch(/\twith space\/file-5\.txt$/m);
    expect(tree).toMatch(/\tgröße\/größte Datei 38\.txt$/m);
    expect(
      await inside(
        'diff',
        '--numstat',
        '--root',
        'main~799',
        '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
      ),
    ).toMatch(/^-\t-\t.*\.bin$/m);
  });

  it('has text that evolves by small edits, which deltas shrink', async () => {
    const blobs = await inside('log', '--format=', '--numstat', '-20', 'main');
    const changes = blobs.split('\n').filter((line) => /^\d/.test(line));
    expect(changes.length).toBeGreaterThan(10);
    for (const change of changes) {
      const [added = NaN, removed = NaN] = change.split('\t').map(Number);
      expect(added + removed).toBeLessThan(10);
    }
    expect(await inside('count-objects', '-v')).toMatch(/^packs: 1$/m);
  });

  it('can be larger than any compression makes it', async () => {
    const big = await makeRepository(join(root, 'big.git'), {
      commits: 5,
      bigBlobs: { count: 3, bytes: 4_000_000 },
    });
    await expectSoundRepository(big.gitDir);
    const pack = await gitBytes([
      `--git-dir=${big.gitDir}`,
      'pack-objects',
      '--all',
      '--stdout',
      '-q',
    ]);
    expect(pack.length).toBeGreaterThan(12_000_000);
  });

  it('can be of SHA-256', async () => {
    const wide = await makeRepository(join(root, 'wide.git'), { objectFormat: 'sha256' });
    expect(wide.head).toMatch(/^[0-9a-f]{64}$/);
    await expectSoundRepository(wide.gitDir);
  });
});

describe('the check of a repository', () => {
  it('accepts an empty one', async () => {
    const directory = await temporaryDirectory();
    await git(['init', '-q', '--bare', directory]);
    await expectSoundRepository(directory);
  });

  it('accepts a work tree', async () => {
    const directory = await temporaryDirectory();
    await git(['init', '-q', directory]);
    await git(['commit', '-q', '--allow-empty', '-m', 'First'], { cwd: directory });
    await expectSoundRepository(directory);
  });

  it('finds a lock, a quarantine and a half-written pack', async () => {
    const directory = await temporaryDirectory();
    await git(['init', '-q', '--bare', directory]);
    for (const path of [
      'refs/heads/x.lock',
      'objects/tmp_objdir-incoming-a1',
      'objects/pack/tmp_pack_q',
    ]) {
      await mkdir(join(directory, path));
      await expect(expectSoundRepository(directory)).rejects.toThrow(`left behind: ${path}`);
      await rm(join(directory, path), { recursive: true });
    }
  });

  it('finds what became of one that was sound', async () => {
    const directory = await temporaryDirectory();
    await git(['init', '-q', directory]);
    await git(['commit', '-q', '--allow-empty', '-m', 'First'], { cwd: directory });
    const head = await git(['rev-parse', 'HEAD'], { cwd: directory });
    await expectSoundRepository(directory);
    await expectSoundRepository(directory);
    const ref = join(directory, '.git/refs/heads/main');
    await writeFile(ref, `${'1'.repeat(40)}\n`);
    await expect(expectSoundRepository(directory)).rejects.toThrow('invalid sha1 pointer');
    await writeFile(ref, `${head}\n`);
    await expectSoundRepository(directory);
  });

  it('finds a missing object', async () => {
    const directory = await temporaryDirectory();
    await git(['init', '-q', directory]);
    await writeFile(join(directory, 'a'), 'a');
    await git(['add', 'a'], { cwd: directory });
    await git(['commit', '-q', '-m', 'First'], { cwd: directory });
    const oid = await git(['rev-parse', 'HEAD:a'], { cwd: directory });
    await rm(join(directory, '.git/objects', oid.slice(0, 2), oid.slice(2)));
    await expect(expectSoundRepository(directory)).rejects.toThrow(`missing blob ${oid}`);
  });
});
