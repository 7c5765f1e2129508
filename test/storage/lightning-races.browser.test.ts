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
