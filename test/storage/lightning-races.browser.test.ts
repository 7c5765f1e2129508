/**
 * `createLightningFS` where calls meet: what one call does while another waits, fails, or has lost the
 * lock. What is to happen in between is made to happen just then.
 */
import { beforeAll, describe, expect } from 'vitest';
import { it } from '../helpers/long.js';
import {
  browserAvailable,
  launchBrowser,
  type TestBrowser,
  type TestPage,
} from '../helpers/engines.js';
import { bundlePage, servePage } from '../helpers/page.js';
import type { LightningPage } from './lightning-page.js';

declare const lightning: LightningPage;

let url: string;
let browser: TestBrowser;

beforeAll(async () => {
  if (!browserAvailable) return;
  ({ url } = await servePage(await bundlePage('./lightning-page.ts', import.meta.url)));
  browser = await launchBrowser();
});

async function openPage(): Promise<TestPage> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  return page;
}

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
