/**
 * `createLightningFS` where calls meet: what one call does while another waits, fails, or has lost the
 * lock. What is to happen in between is made to happen just then.
 */
import { describe, expect } from 'vitest';
import { it } from '../helpers/long.js';
import { browserAvailable } from '../helpers/engines.js';
import { lightningGround } from './lightning-ground.js';
import type { LightningPage } from './lightning-page.js';

declare const lightning: LightningPage;

const { openPage } = lightningGround();

describe.skipIf(!browserAvailable)('many files', () => {
  it('of which some cannot be stored leave a file system that goes on', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('goes on');
      await promises.writeFile('/a', 'a');
      lightning.refuse(() => true);
      const end = lightning.pauseSlices((goOn) => void setTimeout(goOn, 100));
      const files = Array.from({ length: 200 }, (_, at) => ({
        path: `/many/${at}`,
        bytes: new Uint8Array(3),
      }));
      const codes = [await promises.writeMany(files).then(() => 'done', lightning.codeOf)];
      end();
      lightning.refuse(undefined);
      codes.push(
        await Promise.race([
          promises.writeFile('/b', 'b').then(() => 'done', lightning.codeOf),
          new Promise<string>((resolve) => setTimeout(() => resolve('hangs'), 3000)),
        ]),
      );
      return [codes, await promises.readdir('/')];
    });
    expect(seen).toEqual([
      ['QUOTA', 'done'],
      ['a', 'b'],
    ]);
  });

  it('are all there when the lock was taken away and had again meanwhile', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('taken away');
      await promises.writeFile('/a', 'a');
      let read: Promise<unknown> | undefined;
      const end = lightning.pauseSlices((goOn) => {
        end();
        void navigator.locks
          .request('taken away_lock', { steal: true }, async () => undefined)
          // What was given is stored by then, and it is known that the lock is lost.
          .then(() => new Promise((resolve) => setTimeout(resolve, 50)))
          .then(() => {
            // While it is read what others have stored, the next files are at hand.
            lightning.atNextTransaction(goOn);
            read = promises.readFile('/a', 'utf8');
          });
      });
      const files = Array.from({ length: 3000 }, (_, at) => ({
        path: `/many/${at}`,
        bytes: new Uint8Array(3),
      }));
      await promises.writeMany(files);
      await promises.writeFile('/b', 'b');
      const other = lightning.create('taken away').promises;
      return [await read, (await other.readdir('/many')).length];
    });
    expect(seen).toEqual(['a', 3000]);
  });
});

describe.skipIf(!browserAvailable)('a large file', () => {
  it('that is removed while it is read is read as it was, or not at all', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('removed');
      const bytes = new Uint8Array(8_000_000).fill(7);
      const isRight = (read: Uint8Array): boolean => read.every((byte) => byte === 7);
      const reads = [
        async () => isRight(await promises.readFile('/a')),
        async () => {
          const file = await promises.open('/a');
          const into = new Uint8Array(bytes.length);
          const read = file.read(into, 0, into.length, 0);
          return isRight(into.subarray(0, (await read).bytesRead));
        },
        async () => {
          await promises.cp('/a', '/copy');
          return isRight(await promises.readFile('/copy'));
        },
      ];
      const results: unknown[] = [];
      for (const read of reads) {
        await promises.writeFile('/a', bytes);
        await promises.writeFile('/b', 'another');
        // Whether it was read before or after: what is false is neither.
        lightning.atNextTransaction(() => void promises.unlink('/a'));
        results.push((await read().catch(lightning.codeOf)) !== false);
      }
      await promises.writeFile('/a', bytes);
      const [replaced] = await Promise.all([
        promises.readFile('/a', 'utf8'),
        promises.rename('/b', '/a'),
      ]);
      return [...results, replaced];
    });
    expect(seen).toEqual([true, true, true, 'another']);
  });

  it('takes the place of none that is made while it is copied, where it must not', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('copied');
      await promises.writeFile('/a', new Uint8Array(2_000_000));
      const made: Promise<unknown>[] = [];
      lightning.atNextTransaction(() => made.push(promises.writeFile('/b', 'made')));
      await promises.cp('/a', '/b', { force: false });
      await Promise.all(made);
      return promises.readFile('/b', 'utf8');
    });
    expect(seen).toBe('made');
  });

  it('that is written all the time is not said not to be there', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('written');
      await promises.writeFile('/a', new Uint8Array(30_000_000));
      const file = await promises.open('/a', 'r+');
      let isRead = false;
      const write = async (): Promise<void> => {
        while (!isRead) {
          await file.write(new Uint8Array(1), 0, 1, 0);
          await file.sync();
        }
      };
      const writing = write();
      const code = await promises.readFile('/a').then(() => 'done', lightning.codeOf);
      isRead = true;
      await writing;
      return code;
    });
    expect(seen).toBe('EBUSY');
  });
});

describe.skipIf(!browserAvailable)('a file that is open', () => {
  it('is one that is stored: what took its number is not it', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('number');
      await promises.writeFile('/a', 'a');
      lightning.refuse((value) => value instanceof Uint8Array && value[0] === 9);
      const failed = promises.writeFile('/failed', new Uint8Array([9])).catch(lightning.codeOf);
      let opening: Promise<unknown> | undefined;
      // While it is being stored.
      lightning.atNextTransaction(() => {
        opening = promises.open('/failed', 'r+').then(async (file) => {
          await failed;
          await promises.writeFile('/b', 'b');
          await file.write(new TextEncoder().encode('overwritten'));
          await file.close();
        }, lightning.codeOf);
      });
      const codes = [await failed, await opening];
      if (codes[1] !== undefined) await promises.writeFile('/b', 'b');
      return [...codes, await promises.readFile('/b', 'utf8')];
    });
    expect(seen).toEqual(['QUOTA', 'ENOENT', 'b']);
  });

  it('is as large as it is, while less of it is written again', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('as large');
      await promises.writeFile('/a', new Uint8Array(10).fill(7));
      const file = await promises.open('/a', 'r+');
      await file.write(new Uint8Array([1]));
      const into = new Uint8Array(20);
      const { bytesRead } = await file.read(into, 0, 20, 0);
      return [bytesRead, (await file.stat()).size, ...into.subarray(0, 3)];
    });
    expect(seen).toEqual([10, 10, 1, 7, 7]);
  });

  it('is changed where it is written, whatever others do with the rest', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('the rest');
      const other = lightning.create('the rest').promises;
      const piece = 262_144;
      const filled = (pieces: number, byte: number) => new Uint8Array(pieces * piece).fill(byte);
      const read = async (path: string, ...positions: number[]) => {
        const bytes = await promises.readFile(path);
        return positions.map((at) => bytes[at]);
      };
      const results: Record<string, unknown> = {};

      const [one, two] = [await promises.open('/two', 'w'), await promises.open('/two', 'r+')];
      await one.write(filled(1, 1), 0, piece, 0);
      await two.write(filled(1, 2), 0, piece, piece);
      await Promise.all([one.sync(), two.sync()]);
      results['two'] = await read('/two', 0, piece);

      await one.write(filled(1, 3), 0, 10, 100);
      await two.write(filled(1, 4), 0, 10, 200);
      await one.close();
      await two.close();
      results['one piece'] = await read('/two', 99, 100, 110, 200, 210);

      for (const [name, before, after] of [
        ['small', 2, 2],
        ['to pieces', 2, 8],
        ['to one value', 8, 2],
        ['in pieces', 8, 8],
      ] as const) {
        const path = `/${name}`;
        await promises.writeFile(path, filled(before, 1));
        const file = await promises.open(path, 'r+');
        await file.write(filled(1, 3), 0, piece, 0);
        await Promise.all([file.close(), promises.writeFile(path, filled(after, 9))]);
        results[name] = (await read(path, piece, after * piece - 1)).join();
      }

      await promises.writeFile('/other', filled(1, 1));
      const file = await promises.open('/other', 'r+');
      await file.write(filled(1, 3), 0, 10, 0);
      await other.writeFile('/other', new Uint8Array(100).fill(9));
      await file.close();
      results['other'] = await read('/other', 9, 10, 99, 100);
      return results;
    });
    expect(seen).toEqual({
      two: [1, 2],
      'one piece': [1, 3, 1, 4, 1],
      small: '9,9',
      'to pieces': '9,9',
      'to one value': '9,9',
      'in pieces': '9,9',
      other: [3, 9, 9, undefined],
    });
  });
});
