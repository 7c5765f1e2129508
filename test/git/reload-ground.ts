/** Pages that clone through a proxy, are loaded again or crash, and what real git says of what they have stored. */
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { GitServerOptions } from '../../server/index.js';
import { launchChromium } from '../helpers/chromium.js';
import { git as realGit, expectSoundRepository, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { bundlePage, servePage } from '../helpers/page.js';
import { startProxy, type Proxy } from '../helpers/proxy.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { ReloadOptions, ReloadPage } from './reload-page.js';

export const mib = 2 ** 20;

/** The window of clients that are not told otherwise, in bytes. */
export const window = 4 * mib;

interface ReloadWindow {
  readonly reload: ReloadPage;
}

/** What a clone came to. */
export type Cloned = Awaited<ReturnType<ReloadPage['clone']>>;

/** A proxy that tells when so many bytes have come down. */
export interface Watched {
  readonly proxy: Proxy;
  readonly url: string;
  /** Bytes that have come down. */
  readonly down: () => number;
  /** Resolves when so many have. */
  readonly reached: (bytes: number) => Promise<void>;
}

/** A server with a repository that no compression shrinks, and pages. */
export class ReloadGround {
  readonly server: TestServer;
  readonly context: BrowserContext;
  /** Of the server, for others of the same repository. */
  readonly options: GitServerOptions;
  readonly #url: string;
  #names = 0;

  private constructor(
    server: TestServer,
    context: BrowserContext,
    options: GitServerOptions,
    url: string,
  ) {
    this.server = server;
    this.options = options;
    this.context = context;
    this.#url = url;
  }

  /** @param blobs of 1 MiB each. */
  static async make(blobs: number): Promise<ReloadGround> {
    const root = await temporaryDirectory();
    const bigBlobs = { count: blobs, bytes: mib };
    await makeRepository(join(root, 'big.git'), { commits: 20, files: 10, bigBlobs });
    const { url } = await servePage(await bundlePage('./reload-page.ts', import.meta.url));
    const options = { root, origins: [url] };
    const server = await startServer(options);
    const context = await (await launchChromium()).newContext();
    return new ReloadGround(server, context, options, url);
  }

  /** A context whose pages share nothing with those of others. */
  async newContext(): Promise<BrowserContext> {
    return (await launchChromium()).newContext();
  }

  async openPage(context = this.context): Promise<Page> {
    const page = await context.newPage();
    await page.goto(this.#url);
    return page;
  }

  /** A name for storage that no other has. */
  newName(): string {
    this.#names += 1;
    return `reload-${this.#names}`;
  }

  async watch(server = this.server): Promise<Watched> {
    let down = 0;
    let look = (): void => undefined;
    const proxy = await startProxy(
      server.url,
      {},
      {
        onDelivery: ({ direction, bytes }) => {
          if (direction === 'down') down += bytes.length;
          look();
        },
      },
    );
    return {
      ...{ proxy, url: `${proxy.url}/big.git`, down: () => down },
      reached: (bytes) =>
        new Promise((resolve) => {
          look = () => {
            if (down >= bytes) resolve();
          };
          look();
        }),
    };
  }
}

/** Clones in a page. Rejects when that is gone. */
export function cloneIn(
  page: Page,
  options: ReloadOptions,
  where: 'clone' | 'cloneInWorker' = 'clone',
): Promise<Cloned> {
  const cloned = page.evaluate(
    ([given, name]) => (globalThis as unknown as ReloadWindow).reload[name](given),
    [options, where] as const,
  );
  cloned.catch(() => undefined);
  return cloned;
}

/** Copies the git directory that a page has stored out of it. @returns where. */
async function copyOut(page: Page, name: string): Promise<string> {
  const dir = await temporaryDirectory();
  const taken: Promise<void>[] = [];
  const sink = await listen(
    createServer((request, response) => {
      const path = new URL(request.url ?? '', 'http://sink').searchParams.get('path') ?? '';
      const take = async (): Promise<void> => {
        const bytes = await buffer(request);
        response.end();
        const target = join(dir, path);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, bytes);
      };
      taken.push(take());
    }),
  );
  await page.evaluate(
    ([storage, url]) => (globalThis as unknown as ReloadWindow).reload.copyOut(storage, url),
    [name, sink.url] as const,
  );
  await Promise.all(taken);
  await sink.close();
  return dir;
}

/** Has real git judge a clone, of which nothing may be missing, or left over. */
export async function expectWholeClone(page: Page, name: string): Promise<void> {
  const dir = await copyOut(page, name);
  await expectSoundRepository(join(dir, '.git'));
  expect(await realGit(['rev-list', '--count', '--all'], { cwd: dir })).toMatch(/^[23]\d$/);
  expect(await readdir(join(dir, '.git'))).not.toContain('gitws-clone');
  const packs = await readdir(join(dir, '.git/objects/pack'));
  expect(packs.filter((file) => !file.startsWith('pack-'))).toEqual([]);
  const unclean = await page.evaluate(
    (storage) => (globalThis as unknown as ReloadWindow).reload.unclean(storage),
    name,
  );
  expect(unclean).toEqual([]);
}

/** @returns what a folder of a page's storage holds; undefined where there is none. */
export function list(page: Page, name: string, path: string): Promise<string[] | undefined> {
  return page.evaluate(
    ([storage, folder]) => (globalThis as unknown as ReloadWindow).reload.list(storage, folder),
    [name, path] as const,
  );
}
