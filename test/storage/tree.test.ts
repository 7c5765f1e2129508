/** The names and facts of files in memory, against Node's own file system, and as what is stored of them. */
import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { convert } from '../../src/storage/lightning/convert.js';
import type { Row } from '../../src/storage/lightning/node.js';
import { normalize } from '../../src/storage/lightning/path.js';
import { Tree } from '../../src/storage/lightning/tree.js';
import { temporaryDirectory } from '../helpers/temp.js';

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'done';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
};

/** All of a tree: paths, types, where links lead to. */
function listTree(tree: Tree, path = ''): string[] {
  const { children } = tree.lookup(path || '/');
  return [...(children ?? [])].flatMap(([name, { type, target = '' }]) => [
    `${path}/${name} ${type} ${target}`,
    ...(type === 'dir' ? listTree(tree, `${path}/${name}`) : []),
  ]);
}

function listDisk(root: string, path = ''): string[] {
  return fs.readdirSync(root + path).flatMap((name) => {
    const inner = `${path}/${name}`;
    const stat = fs.lstatSync(root + inner);
    if (stat.isSymbolicLink()) return [`${inner} symlink ${fs.readlinkSync(root + inner)}`];
    return [
      `${inner} ${stat.isDirectory() ? 'dir' : 'file'} `,
      ...(stat.isDirectory() ? listDisk(root, inner) : []),
    ];
  });
}

/** Stores what has changed, as the database does. */
function store(tree: Tree, stored: Map<number, readonly Row[]>): number[] {
  const changed = tree.takeDirty();
  for (const [block, rows] of changed) {
    if (rows.length === 0) stored.delete(block);
    else stored.set(block, JSON.parse(JSON.stringify(rows)) as Row[]);
  }
  return [...changed.keys()];
}

function apply(tree: Tree, blocks: readonly (readonly [number, readonly Row[]])[]): void {
  const steps = tree.applying(blocks);
  while (steps.next().done !== true);
}

/** Numbers that are the same each time. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('a tree', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'does what a disk does, and is the same when it is read again (%i)',
    async (seed) => {
      const root = await temporaryDirectory();
      const random = randomNumbers(seed);
      const tree = new Tree();
      const follower = new Tree();
      const stored = new Map<number, readonly Row[]>();
      // So that no link leads out of it.
      tree.mkdir('/w');
      fs.mkdirSync(`${root}/w`);
      const pathOf = (): string =>
        '/w' + Array.from({ length: 1 + random(3) }, () => `/${'abcd'.charAt(random(4))}`).join('');
      for (let step = 0; step < 1500; step++) {
        const [path, other] = [pathOf(), pathOf()];
        const [onTree, onDisk] = (
          [
            [() => tree.mkdir(path), () => fs.mkdirSync(root + path)],
            [() => tree.write(path, 1), () => fs.writeFileSync(root + path, 'x')],
            [() => tree.unlink(path), () => fs.unlinkSync(root + path)],
            [() => tree.rmdir(path), () => fs.rmdirSync(root + path)],
            [() => tree.rename(path, other), () => fs.renameSync(root + path, root + other)],
            [() => tree.lookup(path), () => fs.statSync(root + path)],
            [
              () => tree.find(path, false) ?? tree.symlink('../a/b', path),
              () =>
                fs.lstatSync(root + path, { throwIfNoEntry: false }) ??
                fs.symlinkSync('../a/b', root + path),
            ],
          ] as const
        )[random(7)] as readonly [() => unknown, () => unknown];
        expect([step, path, other, codeOf(onTree)]).toEqual([step, path, other, codeOf(onDisk)]);
        if (step % 10 !== 9) continue;
        const changed = store(tree, stored);
        apply(
          follower,
          changed.map((block) => [block, stored.get(block) ?? []] as const),
        );
        expect(listTree(follower).sort()).toEqual(listTree(tree).sort());
      }
      store(tree, stored);
      const again = new Tree();
      apply(again, [...stored]);
      const expected = listDisk(root).sort();
      expect(listTree(tree).sort()).toEqual(expected);
      expect(listTree(again).sort()).toEqual(expected);
      expect(expected.length).toBeGreaterThan(3);
    },
  );

  it('follows what others stored: files that moved, went, and took each other’s names', () => {
    const [one, other] = [new Tree(), new Tree()];
    const stored = new Map<number, readonly Row[]>();
    const follow = (): void => {
      const changed = store(one, stored);
      apply(
        other,
        changed.map((block) => [block, stored.get(block) ?? []] as const),
      );
      expect(listTree(other).sort()).toEqual(listTree(one).sort());
      expect(other.count).toBe(one.count);
    };
    one.mkdir('/a');
    for (let at = 0; at < 600; at++) one.write(`/a/${at}`, at);
    follow();
    // Of two blocks: each has the name of the other's file then.
    one.rename('/a/1', '/temporary');
    one.rename('/a/599', '/a/1');
    one.rename('/temporary', '/a/599');
    one.rename('/a', '/b');
    follow();
    for (let at = 0; at < 600; at++) one.unlink(`/b/${at}`);
    one.rmdir('/b');
    follow();
    expect(other.count).toBe(1);
  });

  it('gives no number twice, and finds the next without a search', () => {
    const tree = new Tree();
    const seen = new Set<number>();
    for (let at = 0; at < 1000; at++) {
      seen.add(tree.write('/a', 1).ino);
      tree.unlink('/a');
    }
    expect(seen.size).toBe(1000);
    expect(tree.count).toBe(1);
  });

  it('makes the directories of a path', () => {
    const tree = new Tree();
    tree.makeDirectories('/a/b/c', 0o700);
    tree.makeDirectories('/a/b/c/d');
    tree.write('/a/file', 1);
    expect(tree.lookup('/a/b/c').mode).toBe(0o700);
    expect(codeOf(() => tree.makeDirectories('/a/file/d'))).toBe('ENOTDIR');
  });

  it('puts a link in the place of a file, as LightningFS does, and of no directory', () => {
    const tree = new Tree();
    const file = tree.write('/a', 1);
    expect(tree.symlink('b', '/a').removed).toBe(file);
    tree.mkdir('/d');
    expect(codeOf(() => tree.symlink('b', '/d'))).toBe('EEXIST');
  });
});

describe('paths', () => {
  it.each([
    ['/a//b/./c', '/a/b/c'],
    ['/a/../b', '/b'],
    ['/../..', '/'],
    ['/', '/'],
    ['/a/', '/a'],
  ])('%s is %s', (path, expected) => {
    expect(normalize(path)).toBe(expected);
  });
});

describe('a superblock of plain LightningFS', () => {
  const file = (ino: number, facts = {}) =>
    new Map([[0, { mode: 0o666, type: 'file', size: 3, ino, mtimeMs: 1, ...facts }]]);
  const root = (entries: [string, unknown][]) =>
    new Map([
      [
        '/',
        new Map<string | 0, unknown>([
          [0, { mode: 0o777, type: 'dir', size: 0, ino: 0, mtimeMs: 1 }],
          ...entries,
        ]),
      ],
    ]);

  it('becomes rows, and two files that share an inode get one each', () => {
    const inner = new Map<string | 0, unknown>([
      [0, { mode: 0o755, type: 'dir', size: 0, ino: 3, mtimeMs: 1 }],
      ['twin', file(2)],
    ]);
    const link = file(2, { type: 'symlink', target: 'inner/twin' });
    const superblock = root([
      ['one', file(2, { uid: 5 })],
      ['inner', inner],
      ['link', link],
    ]);
    const { rows, next, copies } = convert(superblock, 9);
    expect(copies).toEqual([{ from: 2, to: expect.any(Number) as unknown }]);
    expect(next).toBe(12);
    const tree = new Tree();
    apply(tree, [[0, rows]]);
    expect(listTree(tree).sort()).toEqual([
      '/inner dir ',
      '/inner/twin file ',
      '/link symlink inner/twin',
      '/one file ',
    ]);
    expect(tree.lookup('/one')).toMatchObject({ ino: 2, uid: 5, size: 3 });
    const inos = [...tree.all()].map(({ ino }) => ino);
    expect(new Set(inos).size).toBe(inos.length);
  });

  it('that is not there becomes nothing', () => {
    expect(convert(undefined, 0)).toEqual({ rows: [], next: 1, copies: [] });
  });
});
