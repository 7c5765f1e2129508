/** The contract in a browser: the built bundle, LightningFS, a page of another origin. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { contractCases } from './cases.js';
import type { Oracle } from './context.js';
import { createOracle } from './oracle.js';
import type { CopyEntry } from './page.js';
import {
  browserAvailable,
  engineTitle,
  isPageError,
  launchBrowser,
  type TestPage,
} from '../helpers/engines.js';
import { bundlePage, servePage } from '../helpers/page.js';
import { temporaryDirectory } from '../helpers/temp.js';

let page: TestPage;
const pageErrors: Error[] = [];

/**
 * Defines its tests.
 *
 * @param way how isomorphic-git is given the library: its plugin alone, or a bound repository.
 * @param isWanted by a case's topic, and its number there; all of them by default.
 */
export function testInPages(
  way: 'plain' | 'bound',
  title: string,
  topics = Object.keys(contractCases),
  isWanted = (_topic: string, _index: number): boolean => true,
): void {
  beforeAll(begin);
  const casesOf = (topic: string) =>
    (contractCases[topic] ?? []).filter((_, index) => isWanted(topic, index));
  const wanted = topics.filter((topic) => casesOf(topic).length > 0);
  describe.skipIf(!browserAvailable).each(wanted)(`${title} in ${engineTitle}, %s:`, (topic) => {
    it.each(casesOf(topic).map(({ name }) => name))('%s', async (name) => {
      await page.evaluate((args) => (window as unknown as ContractPage).runCase(...args), [
        topic,
        name,
        way,
      ] as const);
      expect(pageErrors.splice(0), 'errors that nobody caught').toEqual([]);
    });
  });
}

interface ContractPage {
  runCase(topic: string, name: string, way: string): Promise<void>;
}

/** Opens the page, whose functions of the test are the oracle's. */
async function begin(): Promise<void> {
  if (!browserAvailable) return;
  const copies = await temporaryDirectory();
  const copyOf = (dir: string): string => join(copies, encodeURIComponent(dir));
  const { url } = await servePage(await bundlePage('./page.ts', import.meta.url));
  const oracle = await createOracle({ materialize: async (dir) => copyOf(dir) }, [url]);
  page = await (await launchBrowser()).newPage();
  page.on('pageerror', (error) => {
    if (isPageError(error)) pageErrors.push(error);
  });
  await page.exposeFunction('callOracle', (method: keyof Oracle, args: never[]) =>
    (oracle[method] as (...args: never[]) => Promise<unknown>)(...args),
  );
  await page.exposeFunction('keepCopy', async (dir: string, entries: CopyEntry[]) => {
    const [before, now] = [`${copyOf(dir)} before`, copyOf(dir)];
    if (existsSync(now)) await rename(now, before);
    for (const [path, content] of entries) {
      const target = join(now, path);
      if (content === undefined) await mkdir(target, { recursive: true });
      else if (content === null) await rename(join(before, path), target);
      else await writeFile(target, Buffer.from(content, 'base64'));
    }
    await rm(before, { recursive: true, force: true });
  });
  await page.goto(url);
}
