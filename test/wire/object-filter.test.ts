/** Filters, held against what git makes of them: `git rev-list` reads the same words as clone and fetch. */
import { beforeAll, describe, expect, it } from 'vitest';
import { objectFilter } from '../../src/wire/object-filter.js';
import { git, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

let dir: string;

beforeAll(async () => {
  dir = await temporaryDirectory();
  await git(['init', '-q', '-b', 'main', dir]);
  await git(['commit', '-q', '--allow-empty', '-m', 'One'], { cwd: dir });
});

const words = [
  ...['blob:none', 'blob:none ', 'Blob:none', 'blob', '', 'tree', 'tree:', 'tree:0', 'tree:12'],
  ...['tree:-1', 'tree:+1', 'tree: 1', 'tree:1 ', 'tree:0x10', 'tree:010', 'tree:08', 'tree:1k'],
  ...['tree:18446744073709551615', 'tree:18446744073709551616', 'tree:1.5', 'tree:1kb'],
  ...['blob:limit=', 'blob:limit=0', 'blob:limit=1k', 'blob:limit=1M', 'blob:limit=2g'],
  ...['blob:limit=1t', 'blob:limit=-1', 'blob:limit=0x1k', 'blob:limit=17179869184g'],
  ...['object:type=blob', 'object:type=commit', 'object:type=tag', 'object:type=', 'object:type=x'],
  ...['sparse:path=x', 'combine:', 'combine:blob:none', 'combine:blob:none+tree:1'],
  ...['combine:blob:none+', 'combine:+blob:none', 'combine:blob:none tree:1', 'combine:tree:1+x'],
  ...['combine:blob%3anone', 'combine:blob%3Anone+tree%3a2', 'combine:blob%3none', 'combine:~'],
  ...['combine:combine:blob:none%2btree:1+tree:3', 'combine:combine:blob:none%20+tree:3'],
];

describe('objectFilter', () => {
  it.each(words)('takes %j where git does', async (filter) => {
    const { code } = await gitStatus(['rev-list', '--objects', `--filter=${filter}`, 'HEAD'], {
      cwd: dir,
    });
    const own = (): string => objectFilter(filter);
    // For rev-list an empty one is none; for clone and fetch there is nothing to leave out.
    if (code === 0 && filter !== '') own();
    else expect(own).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', data: { filter } }));
  });

  it.each([
    ['blob:limit=1k'],
    ['blob:limit=0x1M'],
    ['tree:010'],
    ['combine:blob:limit=1k+tree:1'],
    ['blob:limit=1k', 'tree:3'],
    ['combine:blob:none+tree:1', 'tree:2'],
    ['tree:2', 'combine:blob:none+tree:1', 'blob:limit=1g'],
  ])('makes of %j what git writes into the configuration', async (...filters) => {
    const place = await temporaryDirectory();
    const options = filters.map((filter) => `--filter=${filter}`);
    await git(['clone', '-q', '-n', ...options, `file://${dir}`, place]);
    const written = await git(['config', 'remote.origin.partialclonefilter'], { cwd: place });
    expect(objectFilter(filters)).toBe(written);
  });

  it.each<[unknown]>([[[]], [[undefined]], [7], [['blob:none', 'x']]])('refuses %j', (filter) => {
    expect(() => objectFilter(filter as string)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});
