/** Trees that a hostile server may send: nothing of them is written, and nothing outside of the clone. */
import * as fs from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect } from 'vitest';
import { describeLong, it, long } from '../helpers/long.js';
import git from '../../src/git/index.js';
import { git as realGit } from '../helpers/git.js';
import { readCorpus } from '../corpus/corpus.js';
import { oidOf } from '../isomorphic/smart-bytes.js';
import { advertises, answer, blob, commit, packOf, tree, type Made } from './hostile-objects.js';
import { makePack, oidOf as hash, plain } from '../pack/entries.js';
import { Scene } from './hostile.js';

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.make();
});

const file = blob('evil');
const link = blob('../../../outside');
const up = blob('..');
const inner = tree(['100644', 'config', file.oid]);
const objects = [file, link, up, inner];

type Entries = readonly (readonly [mode: string, name: string, oid: string])[];

/** Has the server send a tree as its `main`. */
function serve(entries: Entries, ...parents: readonly string[]): Made {
  const root = tree(...entries);
  const main = commit(root.oid, ...parents);
  const pack = packOf([...objects, root, main]);
  scene.script = { advertisement: advertises(main.oid), answer: answer(pack) };
  return main;
}

const sound = ['100644', 'a-first.txt', file.oid] as const;

/** What an entry of the corpus is of. */
const oids = { file, link, up, folder: inner, commit: { oid: oidOf('1') } } as const;
type Named = readonly (readonly [mode: string, name: string, of: keyof typeof oids])[];

const made = (entries: Named): Entries =>
  entries.map(([mode, name, of]) => [mode, name, oids[of].oid]);
const trees = readCorpus<Named, string>('trees');
/** Trees that are refused; the names of which no entry may be are tried with each kind of entry. */
const evil: (readonly [string, Entries])[] = [
  ...readCorpus<string, string>('tree-names').flatMap(({ name, input }) => [
    [`${name}, a folder`, [sound, ['40000', input, inner.oid]]] as const,
    [`${name}, a file`, [sound, ['100644', input, file.oid]]] as const,
    [`${name}, a submodule`, [sound, ['160000', input, oidOf('1')]]] as const,
    [`${name}, a symbolic link`, [sound, ['120000', input, link.oid]]] as const,
  ]),
  ...trees
    .filter(({ expected }) => expected === 'UnsafeFilepathError')
    .map(({ name, input }) => [name, made(input)] as const),
];
const takenAsByGit = trees.filter(({ expected }) => expected === 'as git');

describe('a tree', () => {
  it.each(evil)('is not checked out by a clone: %s', async (_, entries) => {
    serve(entries);
    await scene.expectRefusedBut('clone', ['UnsafeFilepathError'], ['clone']);
    expect(await readdir(scene.dir)).toEqual(['.git']);
  });

  long('is not checked out by a pull that goes forward, nor by one that would merge', async () => {
    const [old, , ours] = scene.oids;
    const written = ['repo/.git/FETCH_HEAD', 'repo/.git/refs/remotes'];
    for (const [, entries] of evil.filter((_, at) => at % 9 === 0)) {
      for (const parent of [ours, old]) {
        serve(entries, parent);
        await scene.expectRefusedBut('pull', ['UnsafeFilepathError'], written);
      }
    }
  });

  it('whose objects are something else is not checked out', async () => {
    serve([sound, ['100644', 'a', inner.oid]]);
    await scene.expectRefusedBut('clone', ['OBJECT_UNAVAILABLE'], ['clone']);
    serve([sound, ['40000', 'a', file.oid]]);
    await rm(scene.dir, { recursive: true });
    await scene.expectRefusedBut('clone', ['OBJECT_UNAVAILABLE'], ['clone']);
  });

  it('that is cut is not checked out', async () => {
    const { content } = tree(sound, ['100644', 'b', file.oid]);
    const cut = content.subarray(0, -1);
    const main = commit(hash('tree', cut));
    const pack = makePack([
      plain('tree', cut),
      plain('blob', file.content),
      plain('commit', main.content),
    ]);
    scene.script = { advertisement: advertises(main.oid), answer: answer(pack) };
    await scene.expectRefusedBut('clone', ['OBJECT_UNAVAILABLE'], ['clone']);
    expect(await readdir(scene.dir)).toEqual(['.git']);
  });

  it.each(takenAsByGit)('is what git makes of it: $name', async ({ input }) => {
    const main = serve(made(input));
    await scene.run('clone');
    const bare = join(scene.place, 'bare.git');
    await realGit(['clone', '-q', '--bare', scene.dir, bare]);
    const native = join(scene.place, 'native');
    await realGit(['clone', '-q', bare, native]);
    const files = (cwd: string) => realGit(['ls-files', '-s'], { cwd });
    expect(await files(scene.dir)).toBe(await files(native));
    expect((await lstat(join(scene.dir, 'zero'))).isDirectory()).toBe(true);
    expect(await realGit(['rev-parse', 'HEAD'], { cwd: scene.dir })).toBe(main.oid);
  });

  it('is not written through a link that is there already', async () => {
    const { dir, place, url } = scene;
    await mkdir(join(place, 'outside'));
    const first = serve([['120000', 'a', blob('../outside').oid]]);
    const pack = packOf([blob('../outside'), tree(['120000', 'a', blob('../outside').oid]), first]);
    scene.script = { advertisement: advertises(first.oid), answer: answer(pack) };
    await git.clone({ fs, dir, url });
    expect((await lstat(join(dir, 'a'))).isSymbolicLink()).toBe(true);
    serve([['40000', 'a', inner.oid]], first.oid);
    await git.pull({ fs, dir, author: { name: 'a', email: 'a@example.com' } });
    expect(await readdir(join(place, 'outside'))).toEqual([]);
    expect(await readdir(join(dir, 'a'))).toEqual(['config']);
  });
});

describeLong('few small trees with any number of paths', () => {
  /** @returns trees of ten entries, each ten times the one before. */
  function bomb(depth: number, name: string): Made[] {
    const trees = [tree(['100644', 'f', file.oid])];
    for (let level = 1; level < depth; level += 1) {
      const { oid } = trees.at(-1) ?? file;
      trees.push(
        tree(...Array.from({ length: 10 }, (_, at) => ['40000', `${name}${at}`, oid] as const)),
      );
    }
    return trees;
  }

  long.each<[string, Made[], string]>([
    ['ten billion', bomb(11, ''), 'paths'],
    ['long ones', bomb(8, 'x'.repeat(8_000)), 'pathBytes'],
  ])('are refused by a clone, and by a pull that would merge: %s', async (_, trees, limit) => {
    const [old] = scene.oids;
    const root = trees.at(-1) ?? file;
    for (const [command, parents] of [
      ['clone', []],
      ['pull', [old]],
    ] as const) {
      const main = commit(root.oid, ...parents);
      const pack = packOf([...trees, file, main]);
      scene.script = { advertisement: advertises(main.oid), answer: answer(pack) };
      const written = ['clone', 'repo/.git/FETCH_HEAD', 'repo/.git/refs/remotes'];
      const { data } = await scene.expectRefusedBut(command, ['TREE_LIMIT'], written);
      expect(data).toMatchObject({ limit });
    }
    expect(await readdir(scene.dir)).toEqual(['.git']);
  });
});
