/** The index, read and written as git does it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { formatIndex, parseIndex } from '../../src/repository/index-file.js';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

let dir: string;

const run = (...args: string[]) => git(args, { cwd: dir });
const index = () => readFile(join(dir, '.git/index'));

beforeEach(async () => {
  dir = await temporaryDirectory();
  await git(['init', '-q', dir]);
  for (const name of ['a', 'bb', 'ccc', 'dddd']) await writeFile(join(dir, name), name);
  await run('add', 'a', 'bb', 'ccc');
});

describe('an index with flags that are extended', () => {
  beforeEach(async () => {
    await run('add', '--intent-to-add', 'dddd');
    await run('update-index', '--skip-worktree', 'a', 'bb');
    await run('update-index', '--assume-unchanged', 'bb');
  });

  it('is read, and written as version 3 with the same flags', async () => {
    const entries = parseIndex(await index());
    const flags = entries.map(({ skipWorktree, intentToAdd, assumeValid }) =>
      [skipWorktree, intentToAdd, assumeValid].map(Number).join(''),
    );
    expect(flags).toEqual(['100', '101', '000', '010']);
    const before = await run('ls-files', '-v', '-s', '--debug');
    const status = await run('status', '--porcelain');
    const written = formatIndex(entries);
    expect(written[7]).toBe(3);
    expect(parseIndex(written)).toEqual(entries);
    await writeFile(join(dir, '.git/index'), written);
    expect(await run('ls-files', '-v', '-s', '--debug')).toBe(before);
    expect(await run('status', '--porcelain')).toBe(status);
    await run('fsck', '--strict');
  });

  it('of version 4 is read as the same', async () => {
    const entries = parseIndex(await index());
    await run('update-index', '--index-version', '4');
    expect((await index())[7]).toBe(4);
    expect(parseIndex(await index())).toEqual(entries);
  });

  it('is version 2 again when no entry has any', async () => {
    await run('update-index', '--no-skip-worktree', 'a', 'bb');
    const plain = parseIndex(await index()).filter(({ intentToAdd }) => !intentToAdd);
    expect(formatIndex(plain)[7]).toBe(2);
  });

  it.each([0x8000, 0x1000, 0x0001])('that are not known is refused: %i', async (flag) => {
    const bytes = formatIndex(parseIndex(await index()));
    const view = new DataView(bytes.buffer);
    // Of the first entry; the checksum is left out, as with index.skipHash.
    view.setUint16(12 + 62, view.getUint16(12 + 62) | flag);
    bytes.fill(0, bytes.length - 20);
    expect(() => parseIndex(bytes)).toThrow(expect.objectContaining({ code: 'UNREADABLE_INDEX' }));
    await writeFile(join(dir, '.git/index'), bytes);
    await expect(run('-c', 'index.skipHash=true', 'ls-files')).rejects.toThrow();
  });
});
