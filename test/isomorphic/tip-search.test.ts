/** Which commits and tags are found in a pack that passes by: against packs that git makes. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { TipSearch, tipSearchLimits } from '../../src/isomorphic/tip-search.js';
import { git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { appending, entryHead, makePack, ofsDelta, oidOf, plain } from '../pack/entries.js';

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

describe('at its limits', () => {
  const { objectBytes, keptBytes, entryBytes } = tipSearchLimits;
  const wanted = [absent];
  const missing = (...entries: Buffer[]) => search(wanted, makePack(entries), 1 << 20).missing();

  it('a tip of the longest length is looked at, and one that is longer says nothing', () => {
    const longest = Buffer.alloc(objectBytes, 'a tag\n');
    const found = search([oidOf('tag', longest)], makePack([plain('tag', longest)]), 1 << 20);
    expect(found.missing()).toEqual([]);
    expect(missing(plain('tag', longest))).toEqual(wanted);
    expect(missing(plain('tag', Buffer.alloc(objectBytes + 1)))).toEqual([]);
  });

  it('so it is with what a delta makes', () => {
    const base = Buffer.alloc(objectBytes - 1, 'a commit\n');
    const entry = plain('commit', base);
    const longest = ofsDelta(entry.length, appending(base, 'x'));
    const made = oidOf('commit', `${base.toString()}x`);
    expect(search([made], makePack([entry, longest]), 1 << 20).missing()).toEqual([]);
    expect(missing(entry, longest)).toEqual(wanted);
    expect(missing(entry, ofsDelta(entry.length, appending(base, 'xx')))).toEqual([]);
  });

  it('of so many bytes the first can be a base, and of one more they can not', () => {
    const commit = Buffer.alloc(objectBytes, 'a commit\n');
    const first = plain('commit', commit);
    const rest = (last: number) => [
      ...Array.from({ length: keptBytes / objectBytes - 2 }, () => first),
      plain('commit', commit.subarray(0, last)),
    ];
    const withDelta = (entries: readonly Buffer[]) => {
      const distance = entries.reduce((sum, entry) => sum + entry.length, 0);
      // Of the first one's head, nothing more.
      return [...entries, ofsDelta(distance, appending(commit.subarray(0, 0), ''))];
    };
    expect(missing(...withDelta([first, ...rest(objectBytes)]))).toEqual(wanted);
    expect(missing(...withDelta([first, ...rest(objectBytes), plain('tag', 'x')]))).toEqual([]);
  });

  it('an entry of the longest length is waited for, and one that is longer is not', () => {
    // An entry that goes on and on, in stored blocks of the largest size.
    const block = Buffer.alloc(5 + 0xffff);
    block.set([0, 0xff, 0xff, 0, 0]);
    const header = makePack([], 2).subarray(0, 12);
    const start = Buffer.concat([header, entryHead('blob', 2 ** 40), Buffer.from([0x78, 0x01])]);
    const endless = Buffer.concat([start, Buffer.alloc(entryBytes, block)]);
    const found = new TipSearch(wanted);
    found.push(endless.subarray(0, header.length + entryBytes));
    expect(found.isOver).toBe(false);
    found.push(endless.subarray(header.length + entryBytes, header.length + entryBytes + 1));
    expect(found.isOver).toBe(true);
    expect(found.missing()).toEqual([]);
  });
});
