/** The tips of a fetch: read out of the pack that brought them, and kept as files of their own. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeLooseObjects } from '../../src/repository/loose-objects.js';
import { PackIndex } from '../../src/pack/format/pack-index.js';
import { readTips } from '../../src/repository/packed-objects.js';
import { FaultyFs, full, type Shape } from '../helpers/faulty-fs.js';
import { git, gitBytes } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { encodeDelta, gitIndex, makePack, ofsDelta, oidOf, plain } from '../pack/packs.js';

let gitDir: string;
let index: PackIndex;
let pack: Buffer;
const oids: Record<string, string> = {};
/** Where objects of the pack begin, and how deep they are in chains of deltas, as git says. */
const places = new Map<string, { offset: number; depth: number }>();

/** A message that has one half in common with the next one alone, which is a little shorter. */
const message = (number: number): string => [number, number + 1].map(halfOf).join('');
const halfOf = (number: number): string => {
  const lines = Array.from(
    { length: 100 - number * 5 },
    (_, line) => 7919 ** 3 * (line + 1) * (number + 1),
  );
  return lines.map((value) => `${value}\n`).join('');
};

async function prepare(byOffset: boolean): Promise<void> {
  places.clear();
  gitDir = await temporaryDirectory();
  const run = (...args: string[]) => git([`--git-dir=${gitDir}`, ...args]);
  await run('init', '-q', '--bare');
  const [tree, blob] = await Promise.all([
    git([`--git-dir=${gitDir}`, 'mktree'], { input: '' }),
    git([`--git-dir=${gitDir}`, 'hash-object', '-w', '--stdin'], { input: 'a blob' }),
  ]);
  const commit = (text: string, ...parents: string[]) =>
    git([`--git-dir=${gitDir}`, 'commit-tree', tree, ...parents.flatMap((one) => ['-p', one])], {
      input: text,
    });
  // git makes each from the one before.
  const chain: string[] = [];
  for (let link = 0; link < 5; link += 1) {
    chain.push(await commit(message(link), ...chain.slice(-1)));
  }
  const short = await commit('short', ...chain.slice(-1));
  const large = await commit('many words '.repeat(10_000), short);
  const tagged = `object ${large}\ntype commit\ntag v1\ntagger A <a@example.com> 0 +0000\n\nOne\n`;
  const tag = await git([`--git-dir=${gitDir}`, 'mktag'], { input: tagged });
  Object.assign(oids, { tree, blob, short, large, tag, delta: chain.at(-1) });
  await Promise.all([
    run('update-ref', 'refs/heads/main', large),
    run('update-ref', 'refs/tags/v1', tag),
    run('update-ref', 'refs/tags/blob', blob),
  ]);
  await run('config', 'repack.useDeltaBaseOffset', String(byOffset));
  await run('repack', '-adfq', '--depth=50');
  const folder = join(gitDir, 'objects/pack');
  const name = (await readdir(folder)).find((file) => file.endsWith('.idx')) ?? '';
  index = new PackIndex(await readFile(join(folder, name)));
  pack = await readFile(join(folder, name.replace(/idx$/, 'pack')));
  for (const line of (await run('verify-pack', '-v', join(folder, name))).split('\n')) {
    const found = /^([0-9a-f]{40}) \w+ +\d+ \d+ (\d+)(?: (\d+) )?/.exec(line);
    if (found === null) continue;
    const [, oid = '', offset, depth = 0] = found;
    places.set(oid, { offset: Number(offset), depth: Number(depth) });
  }
}

const tips = (...names: string[]) =>
  readTips(
    {
      index,
      end: pack.length - 20,
      // As little at once as may be.
      read: (at, length) => pack.subarray(at, at + Math.min(length, 100)),
    },
    names.map((name) => oids[name] ?? name),
  );

describe('a pack index', () => {
  beforeAll(() => prepare(true));

  it('says where each object begins, as git does', async () => {
    expect(index.count).toBe(places.size);
    const all = [...places];
    const found = all.map(([oid]) => index.find(Buffer.from(oid, 'hex')));
    expect(found).toEqual(all.map(([, { offset }]) => offset));
  });

  it('does not have what is not there', () => {
    expect(index.find(Buffer.alloc(20))).toBeUndefined();
    expect(index.find(Buffer.alloc(20, 255))).toBeUndefined();
  });
});

describe.each([
  ['by their offsets', true],
  ['by their oids', false],
])('the tips, where deltas name their bases %s,', (_how, byOffset) => {
  beforeAll(() => prepare(byOffset));

  it('are what git says, whole or made from deltas', async () => {
    const names = ['short', 'delta', 'tag'];
    expect(places.get(oids['delta'] ?? '')?.depth).toBeGreaterThan(1);
    const read = await tips(...names);
    expect(read.map(({ oid }) => oid)).toEqual(names.map((name) => oids[name]));
    for (const { oid, type, bytes } of read) {
      expect(type).toBe(await git([`--git-dir=${gitDir}`, 'cat-file', '-t', oid]));
      const content = await gitBytes([`--git-dir=${gitDir}`, 'cat-file', type, oid]);
      expect(Buffer.from(bytes).equals(content)).toBe(true);
    }
  });

  it('are not what is no commit or tag, is large, or is not in the pack', async () => {
    const read = await tips('tree', 'blob', 'large', '0'.repeat(40), 'short');
    expect(read.map(({ oid }) => oid)).toEqual([oids['short']]);
  });

  it('are objects to git when they have been written', async () => {
    const directory = await temporaryDirectory();
    await git([`--git-dir=${directory}`, 'init', '-q', '--bare']);
    const read = await tips('short', 'delta', 'tag');
    await writeLooseObjects(new FaultyFs('whole files, no renaming'), directory, read.slice(1));
    await writeLooseObjects(new FaultyFs('open files'), directory, read);
    for (const { oid, type, bytes } of read) {
      const content = await gitBytes([`--git-dir=${directory}`, 'cat-file', type, oid]);
      expect(Buffer.from(bytes).equals(content)).toBe(true);
    }
  });

  it.each<Shape>(['open files', 'whole files, no renaming'])(
    'are not there in part when the disk is full, with %s',
    async (shape) => {
      const directory = await temporaryDirectory();
      await git([`--git-dir=${directory}`, 'init', '-q', '--bare']);
      const read = await tips('short', 'delta');
      const faulty = new FaultyFs(shape, { call: 'writeFile', path: /objects/ });
      await expect(writeLooseObjects(faulty, directory, read)).rejects.toMatchObject({
        code: 'QUOTA',
        cause: full,
      });
      const left = await readdir(join(directory, 'objects'), { recursive: true });
      const files = await Promise.all(
        left.map(async (path) => (await stat(join(directory, 'objects', path))).isFile()),
      );
      expect(left.filter((_, place) => files[place])).toEqual([]);
    },
  );
});

it('are not what a delta of a few bytes makes large', async () => {
  const small = Buffer.alloc(50_000, 'a commit, as far as it matters here\n');
  const twice = [{ copy: [0, 50_000] }, { copy: [0, 50_000] }] as const;
  const first = plain('commit', small);
  const crafted = makePack([first, ofsDelta(first.length, encodeDelta(50_000, 100_000, twice))]);
  const idx = await gitIndex(crafted);
  const of = (content: Buffer) => oidOf('commit', content);
  const read = await readTips(
    {
      index: new PackIndex(idx ?? Buffer.alloc(0)),
      end: crafted.length - 20,
      read: (at, length) => crafted.subarray(at, at + length),
    },
    [of(Buffer.concat([small, small])), of(small)],
  );
  expect(read.map(({ oid }) => oid)).toEqual([of(small)]);
});
