/** What comes along with an object that is missed: how many of its folder, which ones, and what that may cost. */
import { describe, expect, it } from 'vitest';
import { mostBytesAhead, Siblings } from '../../src/repository/siblings.js';

const oid = (number: number): string => number.toString(16).padStart(40, '0');
const files = (length: number): number[] => Array.from({ length }, (_, number) => number + 1);

function treeOf(entries: readonly (readonly [mode: string, number: number])[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap(([mode, number]) => [
      Buffer.from(`${mode} name-${number}\0`),
      Buffer.from(oid(number), 'hex'),
    ]),
  );
}

/** Somebody who reads one after the other. */
function reader(siblings: Siblings, here = new Set<string>(), bytes = 10) {
  const requests: (readonly string[])[] = [];
  const read = async (number: number): Promise<void> => {
    const one = oid(number);
    if (!here.has(one)) {
      await siblings.along(
        one,
        (other) => Promise.resolve(!here.has(other)),
        (along) => {
          requests.push(along);
          for (const other of [one, ...along]) here.add(other);
          return Promise.resolve();
        },
      );
    }
    siblings.saw(one, { type: 'blob', bytes: new Uint8Array(bytes) });
  };
  return { requests, read, here };
}

function folderOf(length: number, most?: number): Siblings {
  const siblings = new Siblings(most);
  const bytes = treeOf(files(length).map((number) => ['100644', number] as const));
  siblings.saw(oid(0), { type: 'tree', bytes });
  return siblings;
}

describe('Siblings', () => {
  it('are none of one file that is opened in a large folder', async () => {
    const { requests, read } = reader(folderOf(5000));
    await read(2500);
    expect(requests).toEqual([[]]);
  });

  it('double for whoever goes on, and spare most requests', async () => {
    const { requests, read } = reader(folderOf(200));
    for (const number of files(200)) await read(number);
    expect(requests.map(({ length }) => length)).toEqual([0, 4, 8, 16, 32, 64, 64, 4]);
    // In the order of the folder, each once.
    expect(requests[1]).toEqual([3, 4, 5, 6].map(oid));
    expect(new Set(requests.flat()).size).toBe(requests.flat().length);
  });

  it('are never more than was read, and four', async () => {
    for (const last of files(60)) {
      const { read, here } = reader(folderOf(1000));
      for (const number of files(last)) await read(number);
      expect(here.size).toBeLessThanOrEqual(2 * last + 4);
    }
  });

  it('are none for whoever reads one here and one there', async () => {
    const { requests, read } = reader(folderOf(2000));
    for (const number of files(100)) await read((number * 1237) % 2000);
    expect(requests).toEqual(files(100).map(() => []));
  });

  it('become few again where they are not read', async () => {
    const { requests, read } = reader(folderOf(2000));
    for (const number of [...files(30), 100, 102, 200, 202, 300, 302]) await read(number);
    const lengths = requests.map(({ length }) => length);
    expect(lengths).toEqual([0, 4, 8, 16, 0, 4, 0, 4, 0, 4]);
  });

  it('come for whoever passes some over, too', async () => {
    const { requests, read } = reader(folderOf(200));
    for (const number of files(100)) await read(2 * number - 1);
    expect(requests.length).toBeLessThan(10);
  });

  it('are as many as was said, or none', async () => {
    const few = reader(folderOf(30, 2));
    for (const number of files(30)) await few.read(number);
    expect(Math.max(...few.requests.map(({ length }) => length))).toBe(2);
    const none = reader(folderOf(30, 0));
    for (const number of files(30)) await none.read(number);
    expect(none.requests).toEqual(files(30).map(() => []));
  });

  it('are fewer where those that were read are large', async () => {
    const large = reader(folderOf(100), new Set(), mostBytesAhead / 5);
    for (const number of files(100)) await large.read(number);
    expect(Math.max(...large.requests.map(({ length }) => length))).toBe(5);
    const larger = reader(folderOf(20), new Set(), mostBytesAhead + 1);
    for (const number of files(20)) await larger.read(number);
    expect(larger.requests).toEqual(files(20).map(() => []));
  });

  it('are of the same kind, not here, and no submodules', async () => {
    const siblings = new Siblings();
    const modes = ['100644', '40000', '160000', '100755', '120000'];
    const entries = files(15).map((number) => [modes[number % 5] ?? '', number] as const);
    siblings.saw(oid(0), { type: 'tree', bytes: treeOf(entries) });
    const { requests, read } = reader(siblings, new Set([oid(8)]));
    await read(3);
    await read(4);
    expect(requests[1]).toEqual([5, 9, 10, 13].map(oid));
    await read(1);
    await read(6);
    expect(requests.at(-1)).toEqual([oid(11)]);
  });

  it('begin with those behind the one that is missed, and go round', async () => {
    const { requests, read } = reader(folderOf(8));
    await read(5);
    await read(7);
    expect(requests[1]).toEqual([8, 1, 2, 3].map(oid));
  });

  it('that did not come are not asked for along with others again', async () => {
    const siblings = folderOf(8);
    const requests: (readonly string[])[] = [];
    for (const number of [1, 2, 3, 4, 5]) {
      const get = (along: readonly string[]): Promise<void> => {
        requests.push(along);
        return Promise.resolve();
      };
      await siblings.along(oid(number), () => Promise.resolve(true), get);
      siblings.saw(oid(number), { type: 'blob', bytes: new Uint8Array(1) });
    }
    expect(requests).toEqual([[], [3, 4, 5, 6].map(oid), [7, 8].map(oid), [], []]);
  });

  it('take those who read at once for one', async () => {
    const siblings = folderOf(200);
    const along: (readonly string[])[] = [];
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const get = (others: readonly string[]): Promise<void> => {
      along.push(others);
      return answered;
    };
    const missing = () => Promise.resolve(true);
    await siblings.along(oid(1), missing, () => Promise.resolve());
    siblings.saw(oid(1), { type: 'blob', bytes: new Uint8Array(1) });
    // Each of these follows one that was read.
    const reads = [2, 3, 4].map((number) => siblings.along(oid(number), missing, get));
    await expect.poll(() => along).toHaveLength(3);
    answer();
    await Promise.all(reads);
    expect(along.flat()).toEqual([3, 4, 5, 6].map(oid));
  });

  it('fail no read, whatever is wrong with them', async () => {
    const siblings = folderOf(10);
    siblings.saw(oid(99), { type: 'tree', bytes: Buffer.from('no tree') });
    const along: unknown[] = [];
    const get = (others: readonly string[]) => Promise.resolve(void along.push(others));
    const fails = () => Promise.reject(new Error('No file system.'));
    for (const number of [1, 2, 77]) {
      await siblings.along(oid(number), fails, get);
      siblings.saw(oid(number), { type: 'blob', bytes: new Uint8Array(1) });
    }
    expect(along).toEqual([[], [], []]);
    const failure = new Error('Not this one.');
    await expect(siblings.along(oid(3), fails, () => Promise.reject(failure))).rejects.toBe(
      failure,
    );
  });
});
