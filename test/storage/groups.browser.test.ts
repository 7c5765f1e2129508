/** Small files that share values in `createLightningFS`: what is read, what goes, what room they take. */
import { describe, expect } from 'vitest';
import { browserAvailable, type TestPage } from '../helpers/engines.js';
import { it } from '../helpers/long.js';
import { lightningGround } from './lightning-ground.js';
import type { LightningPage } from './lightning-page.js';

declare const lightning: LightningPage;

const ground = lightningGround();

/** How many values a store has, and how many bytes are in them. */
function valuesIn(page: TestPage, name: string, store: string): Promise<[number, number]> {
  return page.evaluate(
    async ([databaseName, storeName]) => {
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open(databaseName);
        request.onsuccess = () => resolve(request.result);
      });
      const values = await new Promise<Uint8Array[]>((resolve) => {
        const request = database.transaction(storeName).objectStore(storeName).getAll();
        request.onsuccess = () => resolve(request.result as Uint8Array[]);
      });
      database.close();
      return [values.length, values.reduce((sum, { length }) => sum + length, 0)];
    },
    [name, store] as const,
  );
}

describe.skipIf(!browserAvailable)('small files that are written together', () => {
  it('are few values, and read in few transactions, by whoever comes later', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('few');
      const files = Array.from({ length: 300 }, (_, number) => ({
        path: `/folder-${number % 7}/file-${number}`,
        // Nothing, little, and what is not kept on its own.
        bytes: new Uint8Array(number === 9 ? 0 : number * 40).fill(number),
      }));
      await promises.writeMany(files);
      const other = lightning.create('few').promises;
      const counted = lightning.countTransactions();
      let wrong = 0;
      // The last one is read twice, from memory then.
      for (const { path, bytes } of [...files, ...files.slice(-1)]) {
        const read = await other.readFile(path);
        if (read.length !== bytes.length || read.some((byte, at) => byte !== bytes[at])) wrong += 1;
        // The reader's own: the next reader sees nothing of it.
        read.fill(1);
      }
      return { wrong, reads: counted().readonly };
    });
    expect(seen.wrong).toBe(0);
    expect(seen.reads).toBeLessThan(40);
    expect((await valuesIn(page, 'few', 'gitws-groups'))[0]).toBeLessThan(20);
    // Nothing is in the empty ones.
    expect(await valuesIn(page, 'few', 'gitws-files')).toEqual([2, 0]);
  });

  it('are changed each on its own, in whatever way', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('changed');
      const names = 'abcdefghijklmnop'.split('');
      const bytes = (name: string) => new TextEncoder().encode(`contents of ${name}`);
      await promises.writeMany(names.map((name) => ({ path: `/${name}`, bytes: bytes(name) })));
      await promises.writeFile('/a', 'anew');
      await promises.unlink('/b');
      await promises.rename('/c', '/d');
      const opened = await promises.open('/e', 'r+');
      await opened.write(new TextEncoder().encode('CON'), 0, 3, 0);
      await opened.close();
      const cut = await promises.open('/f', 'r+');
      await cut.truncate(4);
      await cut.close();
      await promises.writeFile('/g', new Uint8Array(2_000_000).fill(71));
      await promises.cp('/h', '/copy');
      await promises.symlink('/i', '/j');
      await promises.removeMany(['/k', '/l']);
      await promises.chmod('/m', 0o755);
      const other = lightning.create('changed').promises;
      const read = async (name: string): Promise<string> => {
        const text = await other.readFile(`/${name}`, 'utf8');
        return `${name}: ${text.length > 100 ? `${text.length} of ${text.charAt(0)}` : text}`;
      };
      return Promise.all((await other.readdir('/')).sort().map(read));
    });
    expect(seen).toEqual([
      'a: anew',
      'copy: contents of h',
      'd: contents of c',
      'e: CONtents of e',
      'f: cont',
      'g: 2000000 of G',
      'h: contents of h',
      'i: contents of i',
      'j: contents of i',
      ...['m', 'n', 'o', 'p'].map((name) => `${name}: contents of ${name}`),
    ]);
  });

  it('take no room once they are gone, and little once most of them are', async () => {
    const page = await ground.openPage();
    const write = (round: number, step: number) =>
      page.evaluate(
        ([by, every]) => {
          const numbers = Array.from({ length: 400 }, (_, at) => at).filter(
            (at) => at % every !== 0,
          );
          return lightning
            .create('room')
            .promises.writeMany(
              (by === 0
                ? [...numbers, ...Array.from({ length: 400 }, (_, at) => at)]
                : numbers
              ).map((at) => ({ path: `/${at}`, bytes: new Uint8Array(2000).fill(by) })),
            );
        },
        [round, step] as const,
      );
    await write(0, 1);
    expect((await valuesIn(page, 'room', 'gitws-groups'))[1]).toBe(800_000);
    for (let round = 1; round < 6; round += 1) await write(round, 10);
    // A tenth was never written again: it does not keep what was.
    const [, bytes] = await valuesIn(page, 'room', 'gitws-groups');
    expect(bytes).toBeLessThan(900_000);
    const rounds = await page.evaluate(async () => {
      const { promises } = lightning.create('room');
      const first = async (at: number) => (await promises.readFile(`/${at}`))[0];
      return [await first(10), await first(11), await first(390), await first(399)];
    });
    expect(rounds).toEqual([0, 5, 0, 5]);
    await page.evaluate(async () => {
      const { promises } = lightning.create('room');
      await promises.removeMany((await promises.readdir('/')).map((name) => `/${name}`));
    });
    expect(await valuesIn(page, 'room', 'gitws-groups')).toEqual([0, 0]);
    expect(await valuesIn(page, 'room', 'gitws-files')).toEqual([0, 0]);
  });

  it('that are moved while they are written keep what was written', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('moved');
      const files = (from: number, byte: number) =>
        Array.from({ length: 40 - from }, (_, at) => ({
          path: `/${at + from}`,
          bytes: new Uint8Array(9000).fill(byte),
        }));
      await promises.writeMany(files(0, 1));
      const begin = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, 'transaction')
        ?.value as IDBDatabase['transaction'];
      let writing: Promise<void> | undefined;
      // What is left of the first ones is read to be moved.
      IDBDatabase.prototype.transaction = function (...given) {
        if (given[1] !== 'readwrite' && [given[0]].flat().includes('gitws-groups'))
          writing ??= promises.writeFile('/0', 'mine');
        return begin.apply(this, given);
      };
      await promises.writeMany(files(3, 2));
      IDBDatabase.prototype.transaction = begin;
      await writing;
      const other = lightning.create('moved').promises;
      const first = async (path: string) => (await other.readFile(path))[0];
      return [await promises.readFile('/0', 'utf8'), await first('/1'), await first('/20')];
    });
    expect(seen).toEqual(['mine', 1, 2]);
  });

  it('are as two who change them in turns have left them', async () => {
    const page = await ground.openPage();
    const wrong = await page.evaluate(async () => {
      const users = [lightning.create('turns'), lightning.create('turns')];
      let state = 7;
      const random = (below: number): number => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return Math.floor((state / 2147483648) * below);
      };
      const known = new Map<string, string>();
      const name = () => `/${random(60)}`;
      for (let step = 0; step < 150; step += 1) {
        const { promises } = users[random(2)] ?? lightning.create('turns');
        const text = `${step} `.repeat(1 + random(200));
        const path = name();
        const what = random(6);
        if (what < 2) {
          const paths = [...new Set(Array.from({ length: 1 + random(30) }, name))];
          const bytes = new TextEncoder().encode(text);
          await promises.writeMany(paths.map((each) => ({ path: each, bytes })));
          for (const each of paths) known.set(each, text);
        } else if (what === 2) {
          await promises.writeFile(path, text);
          known.set(path, text);
        } else if (what === 3) {
          const paths = Array.from({ length: random(10) }, name);
          await promises.removeMany(paths);
          for (const each of paths) known.delete(each);
        } else if (what === 4 && known.has(path)) {
          const to = name();
          await promises.rename(path, to);
          const moved = known.get(path) ?? '';
          known.delete(path);
          known.set(to, moved);
        } else if (known.has(path)) {
          const file = await promises.open(path, 'r+');
          await file.write(new TextEncoder().encode('####'), 0, 4, 0);
          await file.close();
          known.set(path, `####${(known.get(path) ?? '').slice(4)}`);
        }
      }
      const differing: string[] = [];
      for (const { promises } of [...users, lightning.create('turns')]) {
        const names = (await promises.readdir('/')).map((each) => `/${each}`).sort();
        if (names.join() !== [...known.keys()].sort().join()) differing.push('names');
        for (const each of names)
          if ((await promises.readFile(each, 'utf8')) !== known.get(each)) differing.push(each);
      }
      return differing;
    });
    expect(wrong).toEqual([]);
  });

  it('that cannot be stored are not there, and what was there before is', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('full');
      const files = (byte: number) =>
        Array.from({ length: 40 }, (_, at) => ({
          path: `/${at}`,
          bytes: new Uint8Array(3000).fill(byte),
        }));
      await promises.writeMany(files(1));
      lightning.refuse((value) => value instanceof Uint8Array && value.length > 100_000);
      const code = await promises.writeMany(files(2)).then(() => 'done', lightning.codeOf);
      lightning.refuse(undefined);
      const first = async () => (await promises.readFile('/5'))[0];
      const before = await first();
      await promises.writeMany(files(3));
      return [code, before, await first()];
    });
    expect(seen).toEqual(['QUOTA', 1, 3]);
    expect((await valuesIn(page, 'full', 'gitws-groups'))[1]).toBe(120_000);
  });

  it('are found, and join others, in a database that was made without groups', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      await new Promise((resolve) => {
        const request = indexedDB.open('older', 2);
        request.onupgradeneeded = () => {
          const [files, , nodes, head] = [
            'gitws-files',
            'gitws-pieces',
            'gitws-nodes',
            'gitws-head',
          ].map((store) => request.result.createObjectStore(store));
          files?.put(new TextEncoder().encode('old'), 1);
          nodes?.put(
            [
              [0, 0, '', 1, 0o777, 0, 0],
              [1, 0, 'old', 0, 0o666, 3, 0],
            ],
            0,
          );
          head?.put({ id: 'older', seq: 0, next: 2, recent: [] }, 'head');
        };
        request.onsuccess = () => {
          request.result.close();
          resolve(undefined);
        };
      });
      const { promises } = lightning.create('older');
      const before = await promises.readFile('/old', 'utf8');
      const bytes = new TextEncoder().encode('new');
      const paths = ['/old', ...'123456789'.split('').map((each) => `/${each}`)];
      await promises.writeMany(paths.map((path) => ({ path, bytes })));
      const after = await lightning.create('older').promises.readFile('/old', 'utf8');
      return [before, after];
    });
    expect(seen).toEqual(['old', 'new']);
    expect(await valuesIn(page, 'older', 'gitws-files')).toEqual([1, 3]);
    expect(await valuesIn(page, 'older', 'gitws-groups')).toEqual([1, 27]);
  });
});
