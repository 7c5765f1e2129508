/** `createLightningFS` at its ends: what `flush` and `close` wait for, and pages that are left. */
import { describe, expect } from 'vitest';
import { it } from '../helpers/long.js';
import { browserAvailable, type TestPage } from '../helpers/engines.js';
import { lightningGround } from './lightning-ground.js';
import type { LightningPage } from './lightning-page.js';

declare const lightning: LightningPage;

const ground = lightningGround();
const { openPage } = ground;

describe.skipIf(!browserAvailable)('flush', () => {
  it('waits for calls that were made before it, and wait for the lock', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('flushed');
      const count = () =>
        new Promise<number>((resolve) => {
          const opening = indexedDB.open('flushed');
          opening.onsuccess = () => {
            const files = opening.result.transaction('gitws-files').objectStore('gitws-files');
            const counting = files.count();
            counting.onsuccess = () => {
              opening.result.close();
              resolve(counting.result);
            };
          };
        });
      const counts: number[] = [];
      for (const path of ['/first', '/second']) {
        void promises.writeFile(path, 'x');
        await promises.flush();
        counts.push(await count());
      }
      return counts;
    });
    expect(seen).toEqual([1, 2]);
  });
});

describe.skipIf(!browserAvailable)('close', () => {
  it('stores what opened files have, and what was called before it', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('closed');
      const file = await promises.open('/opened', 'w');
      await file.write(new Uint8Array(100).fill(1));
      const written = promises.writeFile('/called', 'x').then(() => 'done', lightning.codeOf);
      await promises.close();
      const other = lightning.create('closed').promises;
      return [(await other.readFile('/opened')).length, await written, await other.readdir('/')];
    });
    expect(seen).toEqual([100, 'done', ['opened', 'called']]);
  });

  it('has later calls reject at once, and asks nobody for the lock any more', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const errors: string[] = [];
      addEventListener('error', ({ message }) => errors.push(message));
      const { promises } = lightning.create('rejects', { lockTimeout: 200 });
      await promises.writeFile('/a', 'a');
      await promises.close();
      void navigator.locks.request('rejects_lock', () => new Promise<void>(() => undefined));
      return [await promises.readdir('/').then(() => 'done', lightning.codeOf), errors];
    });
    expect(seen).toEqual(['FILE_SYSTEM_FAILED', []]);
  });
});

describe.skipIf(!browserAvailable)('a page that is left', () => {
  it('stores what opened files have before it gives the lock up', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('left');
      const file = await promises.open('/a', 'w');
      await file.write(new Uint8Array(100).fill(1));
      let asked = 0;
      const request = navigator.locks.request.bind(navigator.locks) as (
        ...given: unknown[]
      ) => Promise<unknown>;
      navigator.locks.request = (...given: unknown[]) => {
        asked += 1;
        return request(...given);
      };
      dispatchEvent(new Event('pagehide'));
      const other = lightning.create('left').promises;
      // The other one's alone: the first had it all the time.
      return [(await other.readFile('/a')).length, asked];
    });
    expect(seen).toEqual([100, 1]);
  });

  it('and shown again goes on, and others have their turn', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const [one, two] = [lightning.create('shown').promises, lightning.create('shown').promises];
      let isDone = false;
      const write = async (fs: typeof one, name: string): Promise<string> => {
        for (let at = 0; at < 40; at++) await fs.writeFile(`/${name}-${at}`, 'x');
        return 'done';
      };
      const leave = async (): Promise<void> => {
        while (!isDone) {
          dispatchEvent(new Event('pagehide'));
          await new Promise((resolve) => setTimeout(resolve, 3));
        }
      };
      const leaving = leave();
      const codes = await Promise.all(
        [write(one, 'a'), write(one, 'b'), write(one, 'c'), write(two, 'd'), write(two, 'e')].map(
          (writing) => writing.catch(lightning.codeOf),
        ),
      );
      isDone = true;
      await leaving;
      return [codes, (await one.readdir('/')).length, (await two.readdir('/')).length];
    });
    expect(seen).toEqual([Array.from({ length: 5 }, () => 'done'), 200, 200]);
  });
});

describe.skipIf(!browserAvailable)('a file system that is wiped', () => {
  it('rejects where a program has it open that does not close it', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('open elsewhere');
      await promises.writeFile('/a', 'a');
      await promises.close();
      const opened = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open('open elsewhere');
        request.onsuccess = () => resolve(request.result);
      });
      const wiped = lightning.create('open elsewhere', { wipe: true, lockTimeout: 200 }).promises;
      const names = () => wiped.readdir('/').catch(lightning.codeOf);
      const hangs = new Promise((resolve) => setTimeout(() => resolve('hangs'), 3000));
      const first = await Promise.race([names(), hangs]);
      opened.close();
      let then = await names();
      // On a busy machine the deletion alone takes longer than it may wait.
      while (then === 'STORAGE_LOCKED') then = await names();
      return [first, then];
    });
    expect(seen).toEqual(['STORAGE_LOCKED', []]);
  });

  it('has its lease still, where there are no locks', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      Object.defineProperty(navigator, 'locks', { value: undefined });
      const [wiped, other] = [
        lightning.create('lease', { wipe: true }).promises,
        lightning.create('lease').promises,
      ];
      await wiped.readdir('/');
      const write = async (fs: typeof wiped, name: string): Promise<string> => {
        for (let at = 0; at < 30; at++) await fs.writeFile(`/${name}-${at}`, 'x');
        return 'done';
      };
      const writing = [write(wiped, 'one'), write(other, 'two')];
      return Promise.all(writing.map((each) => each.catch(lightning.codeOf)));
    });
    expect(seen).toEqual(['done', 'done']);
  });
});

describe.skipIf(!browserAvailable)('a call that waits for the lock', () => {
  it('waits as long as it may, though one that came before it has not got it in time', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      let free = (): void => undefined;
      await new Promise<void>((held) => {
        void navigator.locks.request('in time_lock', () => {
          held();
          return new Promise<void>((resolve) => (free = resolve));
        });
      });
      const { promises } = lightning.create('in time', { lockTimeout: 1000 });
      const read = () => promises.readdir('/').then(() => 'done', lightning.codeOf);
      const first = read();
      await new Promise((resolve) => setTimeout(resolve, 700));
      const second = read();
      const codes = [await first];
      free();
      return [...codes, await second];
    });
    expect(seen).toEqual(['STORAGE_LOCKED', 'done']);
  });
});

describe.skipIf(!browserAvailable)('a name that is held', () => {
  it('is one program’s until it gives it back, or is gone', async () => {
    const context = await ground.browser.newContext();
    const holder = await openPage(context);
    const other = await openPage(context);
    const holdIn = (page: TestPage, name: string): Promise<boolean> =>
      page.evaluate(async (fs) => {
        const { promises } = lightning.create(fs);
        const letGo = await promises.hold?.('/a.lock');
        Object.assign(globalThis, { letGo });
        return letGo !== undefined;
      }, name);
    const giveBack = (page: TestPage): Promise<void> =>
      page.evaluate(() => (globalThis as unknown as { letGo(): Promise<void> }).letGo());
    expect(await holdIn(holder, 'one')).toBe(true);
    expect(await holdIn(other, 'one')).toBe(false);
    expect(await holdIn(other, 'another')).toBe(true);
    await giveBack(other);
    // Here, too, and at once.
    expect(
      await holder.evaluate(async () => {
        const { promises } = lightning.create('one');
        const before = await promises.hold?.('/a.lock');
        await (globalThis as unknown as { letGo(): Promise<void> }).letGo();
        return [before === undefined, (await promises.hold?.('/a.lock')) !== undefined];
      }),
    ).toEqual([true, true]);
    await holder.close();
    await expect.poll(() => holdIn(other, 'one')).toBe(true);
  });
});
