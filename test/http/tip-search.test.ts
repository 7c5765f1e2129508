/** Which commits and tags are found in a pack that passes by: against packs that git makes. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { TipSearch } from '../../src/http/tip-search.js';
import { git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

let gitDir: string;
let pack: Uint8Array;
/** Of all commits and tags. */
let oids: string[];
const absent = 'a'.repeat(40);
const noBase = '0'.repeat(40);

/** A pack with as many deltas as git can find, among commits, too. */
beforeAll(async () => {
  ({ gitDir } = await makeRepository(await temporaryDirectory(), { commits: 80 }));
  await git(['repack', '-adfq', '--window=250', '--depth=50'], { cwd: gitDir });
  const [name = ''] = (await readdir(join(gitDir, 'objects/pack'))).filter((each) =>
    each.endsWith('.pack'),
  );
  pack = await readFile(join(gitDir, 'objects/pack', name));
  const format = '--batch-check=%(objectname) %(objecttype) %(deltabase)';
  const all = await git(['cat-file', '--batch-all-objects', format], { cwd: gitDir });
  const tips = all.split('\n').filter((line) => / (commit|tag) /.test(line));
  expect(tips.some((line) => !line.endsWith(noBase))).toBe(true);
  oids = tips.map((line) => line.slice(0, 40));
});

function search(wanted: readonly string[], bytes: Uint8Array, pieceBytes: number): TipSearch {
  const found = new TipSearch(wanted);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    found.push(bytes.subarray(at, at + pieceBytes));
  }
  return found;
}

describe.each([1, 37, 65_536])('in pieces of %i bytes', (pieceBytes) => {
  it('all commits and tags of a pack are found, deltas or not, and what is not there is missing', () => {
    expect(oids.length).toBeGreaterThan(80);
    expect(search(oids, pack, pieceBytes).missing()).toEqual([]);
    expect(search([...oids, absent], pack, pieceBytes).missing()).toEqual([absent]);
  });
});

it('the newest commit is found in the first bytes of a pack, and the rest goes by unseen', async () => {
  const head = await git(['rev-parse', 'HEAD'], { cwd: gitDir });
  expect(search([head], pack.subarray(0, 4096), 512).isOver).toBe(true);
});

it('nothing is said to be missing of a pack of which too little can be known', () => {
  // Cut, not a pack, and one whose second entry is damaged.
  const damaged = Uint8Array.from(pack).fill(0xff, 400, 420);
  for (const bytes of [pack.subarray(0, -1000), new Uint8Array(5000).fill(0xff), damaged]) {
    expect(search([absent], bytes, 1000).missing()).toEqual([]);
  }
  expect(new TipSearch([absent]).missing()).toEqual([]);
});
