import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { closeChapter } from '../../scripts/release.mjs';
import { git, gitEnvironment } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { root, run as runIn } from './consumer.js';

const script = join(root, 'scripts/release.mjs');
const news =
  '# Changes\n\n## Unreleased\n\n- Something new.\n\n## 0.1.0 (2026-01-01)\n\n- First.\n';

describe('a release', () => {
  let directory: string;
  /** Where npm keeps what it has seen. */
  let home: string;

  beforeEach(async () => {
    [directory, home] = [await temporaryDirectory(), await temporaryDirectory()];
    const manifest = { name: 'thing', version: '0.1.0' };
    const lock = { ...manifest, lockfileVersion: 3, packages: { '': manifest } };
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'package.json'), JSON.stringify(manifest, undefined, 2));
    await writeFile(join(directory, 'package-lock.json'), JSON.stringify(lock, undefined, 2));
    await writeFile(join(directory, 'CHANGELOG.md'), news);
    await git(['init', '-q', directory]);
    await git(['add', '.'], { cwd: directory });
    await git(['commit', '-qm', 'Begin'], { cwd: directory });
  });

  const release = (...args: string[]) =>
    runIn(process.execPath, [script, ...args], directory, { ...gitEnvironment, HOME: home });
  const text = (name: string) => readFile(join(directory, name), 'utf8');

  it('sets the version, closes the chapter, and is a commit with a tag', async () => {
    expect(await release('minor')).toMatchObject({ code: 0 });
    expect(JSON.parse(await text('package.json'))).toMatchObject({ version: '0.2.0' });
    expect(JSON.parse(await text('package-lock.json'))).toMatchObject({ version: '0.2.0' });
    expect(await text('CHANGELOG.md')).toMatch(
      /^# Changes\n\n## Unreleased\n\n## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n- Something new\.\n\n## 0\.1\.0/,
    );
    expect(await git(['status', '--porcelain'], { cwd: directory })).toBe('');
    expect(await git(['describe', '--exact-match'], { cwd: directory })).toBe('v0.2.0');
    // There is nothing new any more.
    expect(await release('patch')).toMatchObject({ code: 1, stderr: expect.stringMatching(/new/) });
    expect(await git(['status', '--porcelain'], { cwd: directory })).toBe('');
  });

  it('that is only tried says what it would be, and changes nothing', async () => {
    const tried = await release('1.0.0', '--dry-run');
    expect(tried.code).toBe(0);
    expect(tried.stdout).toContain('+## 1.0.0');
    expect(tried.stdout).toContain('v1.0.0');
    expect(await git(['status', '--porcelain'], { cwd: directory })).toBe('');
    expect(await git(['tag'], { cwd: directory })).toBe('');
  });

  it('is refused with something not committed, and without a version', async () => {
    expect(await release('soon')).toMatchObject({ code: 1 });
    await writeFile(join(directory, 'package.json'), `${await text('package.json')}\n`);
    expect(await release('patch')).toMatchObject({ code: 1 });
    expect(await git(['tag'], { cwd: directory })).toBe('');
  });

  it('finds the chapter of this project', async () => {
    const own = await readFile(join(root, 'CHANGELOG.md'), 'utf8');
    expect(closeChapter(own, '9.9.9', '2030-01-01')).toContain(
      '## Unreleased\n\n## 9.9.9 (2030-01-01)\n',
    );
  });
});
