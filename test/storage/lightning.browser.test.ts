/**
 * `createLightningFS` in a browser: the contract that Node's file system judges, databases of plain
 * LightningFS, several pages at once, no room, and pages that are killed.
 */
import * as nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { beforeAll, describe, expect } from 'vitest';
import { describeLong, it, long } from '../helpers/long.js';
import {
  browserAvailable,
  describeInChromium,
  engine,
  itIn,
  longInChromium,
  type TestPage,
} from '../helpers/engines.js';
import { git, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { fileSystemCases, type CaseFileSystem } from './contract.js';
import { lightningGround } from './lightning-ground.js';
import type { LightningPage } from './lightning-page.js';

declare const lightning: LightningPage;

const ground = lightningGround();
const { openPage } = ground;

describe.skipIf(!browserAvailable)('a file system does what Node’s does', () => {
  let page: TestPage;

  beforeAll(async () => {
    page = await openPage();
  });

  it.each(fileSystemCases.map((each) => [each.name, each] as const))('%s', async (name, each) => {
    const directory = await temporaryDirectory();
    const fs = nodeFs as unknown as CaseFileSystem;
    const expected = JSON.parse(JSON.stringify(await each.run(fs, directory))) as unknown;
    const run = (kind: 'ours' | 'plain') =>
      page.evaluate(
        async ([wanted, which]) => {
          const found = lightning.fileSystemCases.find((one) => one.name === wanted);
          const made =
            which === 'ours'
              ? lightning.create(`ours, ${wanted}`)
              : new lightning.LightningFS(`plain, ${wanted}`);
          await made.promises.mkdir('/case');
          const seen = await found?.run(made.promises, '/case');
          return JSON.parse(JSON.stringify(seen)) as unknown;
        },
        [name, kind] as const,
      );
    expect(await run('ours')).toEqual(expected);
    if (each.notPlain !== true && engine === 'chromium')
      expect(await run('plain')).toEqual(expected);
  });
});

describe.skipIf(!browserAvailable)('a database of plain LightningFS', () => {
  it('is converted with all that is in it, and plain LightningFS refuses it then', async () => {
    const context = await ground.browser.newContext();
    const page = await openPage(context);
    await page.evaluate(async () => {
      // A name that begins as those of our stores do.
      const { promises } = new lightning.LightningFS('gitws-site');
      await promises.mkdir('/one');
      for (let at = 0; at < 300; at++) await promises.writeFile(`/one/${at}`, `text ${at}`);
      await promises.writeFile('/large', new Uint8Array(3_000_000).fill(7));
      await promises.symlink('one/5', '/link');
      await promises.writeFile('/mode', 'x', { mode: 0o755 });
      // Plain LightningFS gives this one the inode of what the link leads to.
      await promises.writeFile('/link', 'text 5');
      await promises.flush();
    });
    await page.close();
    const after = await openPage(context);
    const seen = await after.evaluate(async () => {
      const fs = lightning.create('gitws-site', { lockTimeout: 5000 });
      const { promises } = fs;
      const names = await promises.readdir('/one');
      const texts = await Promise.all(
        names.map((name) => promises.readFile(`/one/${name}`, 'utf8')),
      );
      const large = await promises.readFile('/large');
      const file = await promises.open('/large', 'r+');
      const part = new Uint8Array(10);
      await file.read(part, 0, 10, 2_000_000);
      await file.write(new Uint8Array([1, 2]), 0, 2, 2_999_999);
      await file.close();
      await promises.writeFile('/one/5', 'new');
      const grown = await promises.readFile('/large');
      const result = {
        right: names.every((name, at) => texts[at] === `text ${name}`),
        count: names.length,
        large: large.length === 3_000_000 && large.every((byte) => byte === 7),
        part: part.every((byte) => byte === 7),
        grown: [grown.length, ...grown.subarray(2_999_998)],
        link: await promises.readFile('/link', 'utf8'),
        mode: ((await promises.stat('/mode')) as { mode: number }).mode,
      };
      await promises.writeFile('/new', 'new');
      await promises.close();
      return result;
    });
    expect(seen).toEqual({
      ...{ right: true, count: 300, large: true, part: true, grown: [3_000_001, 7, 1, 2] },
      ...{ link: 'text 5', mode: 0o755 },
    });
    const refused = await after.evaluate(async () => {
      const { promises } = new lightning.LightningFS('gitws-site', { defer: true });
      return promises.writeFile('/one/1', 'lost?').then(
        () => 'done',
        (error: unknown) => (error as Error).name,
      );
    });
    expect(refused).toBe('NotFoundError');
    // It keeps the lock that it took, as long as its page is there.
    await after.close();
    const left = await openPage(context);
    expect(
      await left.evaluate(async () =>
        lightning.create('gitws-site').promises.readFile('/one/1', 'utf8'),
      ),
    ).toBe('text 1');
    await context.close();
  });

  it('that is open elsewhere is waited for', async () => {
    const context = await ground.browser.newContext();
    const [plain, ours] = [await openPage(context), await openPage(context)];
    await plain.evaluate(() =>
      new lightning.LightningFS('busy').promises.writeFile('/a', 'from plain'),
    );
    expect(
      await ours.evaluate(() => lightning.create('busy').promises.readFile('/a', 'utf8')),
    ).toBe('from plain');
    await context.close();
  });
});

describe.skipIf(!browserAvailable)('several at once', () => {
  const expectAll = async (page: TestPage, name: string, prefixes: string[], count: number) => {
    const seen = await page.evaluate(async (shared) => {
      const { promises } = lightning.create(shared);
      const names = await promises.readdir('/shared');
      return Promise.all(
        names.map(async (path) => [path, await promises.readFile(`/shared/${path}`, 'utf8')]),
      );
    }, name);
    const expected = prefixes.flatMap((prefix) =>
      Array.from({ length: count }, (_, at) => [
        `${prefix}-${at}${at % 2 === 0 ? '-renamed' : ''}`,
        `${prefix} ${at}`,
      ]),
    );
    expect(seen.sort()).toEqual(expected.sort());
  };

  /** Files that each writes: what is tried is whether they meet, which they do in every engine. */
  const files = engine === 'chromium' ? 220 : 80;
  const withAndWithout = [['with Web Locks'], ['without']];
  longInChromium.each(withAndWithout)('two pages lose nothing (%s)', async (locks) => {
    const context = await ground.browser.newContext();
    const open = async (): Promise<TestPage> => {
      const page = await openPage(context);
      await page.evaluate((how) => {
        if (how === 'without') Object.defineProperty(navigator, 'locks', { value: undefined });
      }, locks);
      return page;
    };
    const pages = [await open(), await open()] as const;
    const name = `shared ${locks}`;
    const write = (page: TestPage, prefix: string) =>
      page.evaluate(
        ([shared, mine, count]) => lightning.writeNamed(lightning.create(shared), mine, count),
        [name, prefix, files] as const,
      );
    await Promise.all([write(pages[0], 'one'), write(pages[1], 'two')]);
    await expectAll(await open(), name, ['one', 'two'], files);
    await expectAll(pages[0], name, ['one', 'two'], files);
    await context.close();
  });

  it('a page and its worker lose nothing', async () => {
    const page = await openPage();
    const done = await page.evaluate(async (count) => {
      const worker = new Worker('/page.js');
      const answer = new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
      });
      worker.postMessage({ name: 'shared', count });
      await lightning.writeNamed(lightning.create('shared'), 'page', count);
      return answer;
    }, files);
    expect(done).toBe('done');
    await expectAll(page, 'shared', ['page', 'worker'], files);
  });

  it('one that is idle lets the other in at once, and sees what that wrote', async () => {
    const context = await ground.browser.newContext();
    const pages = [await openPage(context), await openPage(context)] as const;
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      times.push(
        await (pages[turn % 2] ?? pages[0]).evaluate(async (count) => {
          const page = globalThis as unknown as { kept?: ReturnType<LightningPage['create']> };
          const { promises } = (page.kept ??= lightning.create('turns'));
          const start = performance.now();
          const before = count === 0 ? '' : await promises.readFile('/turns', 'utf8');
          const time = performance.now() - start;
          const { size } = count === 0 ? { size: 0 } : await promises.stat('/turns');
          if (before.length !== count || size !== count)
            throw new Error(`${before.length} of ${count}`);
          await promises.writeFile('/turns', `${before}x`);
          return time;
        }, turn),
      );
    }
    times.sort((one, other) => one - other);
    // Half of them, in a time that says that no second is waited for: a hidden page's timers do.
    expect(times[10]).toBeLessThan(500);
    console.log(`a hand-over takes ${times[10]?.toFixed(1)} ms, ${times[19]?.toFixed(1)} at most`);
    await context.close();
  });

  it('one that has the lock again loses nothing that is written while it looks what others wrote', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('back');
      await promises.writeFile('/a', 'a');
      // The lock is given up some ms after the last call.
      while ((await navigator.locks.query()).held?.length !== 0)
        await new Promise((resolve) => setTimeout(resolve, 5));
      const writes: Promise<void>[] = [];
      const begin = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, 'transaction')
        ?.value as IDBDatabase['transaction'];
      IDBDatabase.prototype.transaction = function (...given) {
        IDBDatabase.prototype.transaction = begin;
        const transaction = begin.apply(this, given);
        writes.push(promises.writeFile('/b', 'b'));
        // Once the first is being stored.
        queueMicrotask(() => queueMicrotask(() => writes.push(promises.writeFile('/c', 'c'))));
        return transaction;
      };
      await promises.readFile('/a');
      await Promise.all(writes);
      const other = lightning.create('back').promises;
      return [writes.length, await promises.readdir('/'), await other.readdir('/')];
    });
    const names = ['a', 'b', 'c'];
    expect(seen).toEqual([2, names, names]);
  });

  it('one that waits for longer than it may rejects with STORAGE_LOCKED', async () => {
    const page = await openPage();
    const code = await page.evaluate(async () => {
      await new Promise<void>((held) => {
        void navigator.locks.request('held_lock', () => {
          held();
          return new Promise(() => undefined);
        });
      });
      const { promises } = lightning.create('held', { lockTimeout: 100 });
      return promises.readdir('/').then(
        () => 'done',
        (error: unknown) => (error as { code?: string }).code,
      );
    });
    expect(code).toBe('STORAGE_LOCKED');
  });

  it('two that both believe that they have the lock never mix what they write', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      // Everybody gets it, and nobody gives it up.
      navigator.locks.request = (...given: unknown[]) => (given.at(-1) as () => Promise<unknown>)();
      const setTimer = globalThis.setTimeout;
      globalThis.setTimeout = ((run: () => void, ms: number) =>
        ms <= 15 ? 0 : setTimer(run, ms)) as never;
      const [one, two] = [lightning.create('both').promises, lightning.create('both').promises];
      await one.writeFile('/a', 'one');
      await two.writeFile('/b', 'two');
      const codes = await Promise.all(
        [one.writeFile('/c', 'lost'), one.rename('/a', '/lost')].map((call) =>
          call.then(
            () => 'done',
            (error: unknown) => (error as { code?: string }).code,
          ),
        ),
      );
      const names = await one.readdir('/');
      await one.writeFile('/c', 'after');
      return [codes, names, await one.readFile('/a', 'utf8'), await one.readFile('/c', 'utf8')];
    });
    expect(seen).toEqual([['STORAGE_CHANGED', 'STORAGE_CHANGED'], ['a', 'b'], 'one', 'after']);
  });
});

describe.skipIf(!browserAvailable)('what is removed', () => {
  it('takes no room any more, whatever took its place', async () => {
    const page = await openPage();
    const left = await page.evaluate(async () => {
      const { promises } = lightning.create('room');
      const large = new Uint8Array(2_500_000);
      for (const path of ['/shrinks', '/emptied', '/replaced', '/linked', '/cut', '/gone'])
        await promises.writeFile(path, large);
      await promises.writeFile('/grows', 'small');
      await promises.writeFile('/grows', large);
      await promises.writeFile('/shrinks', 'small');
      await (await promises.open('/emptied', 'w')).close();
      await promises.writeFile('/other', 'small');
      await promises.rename('/other', '/replaced');
      await promises.symlink('cut', '/linked');
      const file = await promises.open('/cut', 'r+');
      await file.truncate(300_000);
      await file.close();
      await promises.unlink('/gone');
      await promises.cp('/cut', '/copy');
      const count = async (): Promise<number[]> => {
        const database = await new Promise<IDBDatabase>((resolve) => {
          const request = indexedDB.open('room');
          request.onsuccess = () => resolve(request.result);
        });
        const counts = ['gitws-files', 'gitws-pieces'].map(
          (name) =>
            new Promise<number>((resolve) => {
              const request = database.transaction(name).objectStore(name).count();
              request.onsuccess = () => resolve(request.result);
            }),
        );
        const result = await Promise.all(counts);
        database.close();
        return result;
      };
      const used = await count();
      for (const name of await promises.readdir('/')) await promises.unlink(`/${name}`);
      return [used, await count()];
    });
    // Small files: shrunk, emptied, the one in a file's place, the copy. Pieces: 10 of what has grown,
    // 2 of what was cut.
    expect(left).toEqual([
      [4, 12],
      [0, 0],
    ]);
  });
});

describe.skipIf(!browserAvailable)('a database that somebody deletes', () => {
  it('is made anew, and what was open in it is no file any more', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('deleted');
      await promises.writeFile('/a', 'a');
      const file = await promises.open('/a', 'r+');
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase('deleted');
        request.onsuccess = resolve;
        request.onerror = reject;
      });
      // One that is made before it is seen that the database is another.
      const codes = [await promises.writeFile('/b', 'b').then(() => 'done', String)];
      await promises.writeFile('/b', 'b');
      const failed = await file.read(new Uint8Array(1), 0, 1, 0).then(() => 'done', String);
      const names = await promises.readdir('/');
      const wiped = lightning.create('deleted', { wipe: true });
      const after = await wiped.promises.readdir('/');
      await wiped.promises.close();
      const closed = await wiped.promises.readdir('/').then(() => 'done', String);
      return { codes, failed, names, after, closed };
    });
    expect(seen).toMatchObject({
      codes: [expect.stringMatching(/done|STORAGE_CHANGED/)],
      failed: expect.stringMatching(/EBADF/),
      names: ['b'],
      after: [],
      closed: expect.stringMatching(/closed/),
    });
  });
});

describe.skipIf(!browserAvailable)('many at once', () => {
  it('are written in order with their facts, and removed, in few transactions', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      let transactions = 0;
      const open = indexedDB.open.bind(indexedDB);
      indexedDB.open = (...given) => {
        const request = open(...given);
        request.addEventListener('success', () => {
          const database = request.result;
          const begin = database.transaction.bind(database);
          database.transaction = (names, mode, options) => {
            if (mode === 'readwrite') transactions += 1;
            return begin(names, mode, options);
          };
        });
        return request;
      };
      const { promises } = lightning.create('many');
      const bytes = (text: string) => new TextEncoder().encode(text);
      const files = Array.from({ length: 3000 }, (_, at) => ({
        path: `/deep/${at % 7}/${at}`,
        bytes: bytes(`file ${at}`),
        mode: at === 5 ? 0o755 : 0o644,
      }));
      const link = { path: '/deep/link', bytes: bytes('0/7'), type: 'symlink' } as const;
      const stats = await promises.writeMany([...files, link]);
      const wrote = transactions;
      const inos = new Set(stats.map(({ ino }) => ino));
      const real = await promises.lstat('/deep/5/5');
      const texts = await Promise.all(files.map(({ path }) => promises.readFile(path, 'utf8')));
      const result = {
        right: files.every((_, at) => texts[at] === `file ${at}`),
        facts: stats.every(({ size }, at) => size === texts[at]?.length || at === 3000),
        same:
          stats[5]?.ino === real.ino && real.mode === 0o755 && real.mtimeMs === stats[5]?.mtimeMs,
        inos: inos.size,
        link: [stats[3000]?.isSymbolicLink(), await promises.readFile('/deep/link', 'utf8')],
        ...(await promises.usage().then(({ nodes }) => ({ nodes }))),
        failed: await promises
          .writeMany([
            { path: '/before', bytes: bytes('b') },
            { path: '/deep/0/0/x', bytes: bytes('') },
          ])
          .then(
            () => 'done',
            (error: unknown) => (error as { code: string }).code,
          ),
        before: await promises.readFile('/before', 'utf8'),
        missing: await promises.removeMany([
          '/none',
          ...files.map(({ path }) => path),
          '/deep/none',
        ]),
        left: await promises.readdir('/deep/0'),
        few: wrote > 0 && wrote < 10,
      };
      await promises.flush();
      return result;
    });
    expect(seen).toEqual({
      ...{ right: true, facts: true, same: true, inos: 3001, link: [true, 'file 7'], nodes: 3009 },
      ...{ failed: 'ENOTDIR', before: 'b', missing: ['/none', '/deep/none'], left: [], few: true },
    });
  });
});

describeInChromium.skipIf(!browserAvailable)('where there is no room', () => {
  it('a write rejects with QUOTA and what is known, and all is as it was', async () => {
    const page = (await openPage()) as Page;
    const devtools = await page.context().newCDPSession(page);
    // Before the first write: Chromium remembers for a while what room there was.
    await devtools.send('Storage.overrideQuotaForOrigin', {
      origin: ground.url,
      quotaSize: 2_000_000,
    });
    await page.evaluate(() => lightning.create('full').promises.writeFile('/a', 'kept'));
    const failed = await page.evaluate(async () => {
      const { promises } = lightning.create('full');
      const bytes = crypto.getRandomValues(new Uint8Array(65_536));
      const errors: unknown[] = [];
      const note = (error: unknown) => {
        const { code, data } = error as { code: string; data: Record<string, unknown> };
        errors.push([code, Object.keys(data).sort()]);
      };
      const large = new Uint8Array(6_000_000).map((_, at) => bytes[at & 0xffff] ?? 0);
      // Of what is made with it, nothing is left either.
      await Promise.all([
        promises.writeFile('/large', large).catch(note),
        promises.rename('/a', '/b').catch(() => undefined),
      ]);
      const file = await promises.open('/pack', 'wx+');
      const write = async () => {
        for (let at = 0; at < 100; at++) await file.write(bytes, 0, bytes.length, at * 65_536);
        await file.sync();
      };
      await write().catch(note);
      await file.close().catch(() => undefined);
      return {
        errors,
        names: await promises.readdir('/'),
        a: await promises.readFile('/a', 'utf8'),
      };
    });
    expect(failed).toMatchObject({
      errors: [
        ['QUOTA', ['needed', 'quota', 'usage']],
        ['QUOTA', ['needed', 'quota', 'usage']],
      ],
      a: 'kept',
    });
    expect(failed.names.sort()).toEqual(['a', 'pack']);
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: ground.url });
    const after = await page.evaluate(async () => {
      const { promises } = lightning.create('full');
      await promises.unlink('/pack');
      await promises.writeFile('/b', new Uint8Array(3_000_000));
      return [(await promises.readFile('/b')).length, await promises.readFile('/a', 'utf8')];
    });
    expect(after).toEqual([3_000_000, 'kept']);
  });
});

describe.skipIf(!browserAvailable)('the room', () => {
  itIn('firefox')('that all pages share is used up: QUOTA, and what was there is', async () => {
    const page = await openPage(await ground.browser.newContext());
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('used up');
      await promises.writeFile('/a', 'kept');
      const large = new Uint8Array(8 * 2 ** 20);
      let [written, failed] = [0, undefined as { code?: string; data?: object } | undefined];
      while (failed === undefined && written < 100) {
        try {
          // What is the same everywhere is stored small.
          for (let at = 0; at < large.length; at += 2 ** 16)
            crypto.getRandomValues(large.subarray(at, at + 2 ** 16));
          await promises.writeFile(`/${written}`, large);
          written += 1;
        } catch (error) {
          failed = error as { code: string; data: object };
        }
      }
      const names = await promises.readdir('/');
      const kept = await promises.readFile('/a', 'utf8');
      for (let at = 0; at < written; at += 1) await promises.unlink(`/${at}`);
      const { code, data = {} } = failed ?? {};
      return { code, known: Object.keys(data).sort(), kept, left: names.length - written };
    });
    const known = ['needed', 'quota', 'usage'];
    expect(seen).toEqual({ code: 'QUOTA', known, kept: 'kept', left: 1 });
  });

  it('is what the browser tells of it, and nothing where it tells nothing', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('told');
      await promises.writeFile('/a', 'four');
      const { bytes, usage, quota } = await promises.usage();
      return { bytes, told: [typeof usage, typeof quota] };
    });
    const told = engine === 'webkit' ? 'undefined' : 'number';
    expect(seen).toEqual({ bytes: 4, told: [told, told] });
  });
});

describeLong.skipIf(!browserAvailable)('a page that is killed', () => {
  long('leaves every file that it was told is done, and a sound tree', async () => {
    const context = await ground.browser.newContext();
    const done = new Map<string, string>();
    for (let round = 0; round < 12; round++) {
      const page = (await openPage(context)) as Page;
      await page.exposeFunction('isDone', (path: string, text: string) => {
        done.set(path, text);
      });
      let started = 0;
      await page.exposeFunction('started', () => {
        started += 1;
      });
      void page
        .evaluate(async (nth) => {
          const told = globalThis as unknown as {
            isDone(path: string, text: string): void;
            started(): void;
          };
          const { promises } = lightning.create('killed');
          await promises.mkdir(`/${nth}`);
          const write = async (lane: number): Promise<void> => {
            for (let at = 0; ; at++) {
              const path = `/${nth}/${lane}-${at}`;
              const large = at % 7 === 6;
              const text = `${path} `.repeat(large ? 150_000 : 10);
              await promises.writeFile(path, text);
              if (at % 3 === 0) await promises.rename(path, `${path}-renamed`);
              told.isDone(at % 3 === 0 ? `${path}-renamed` : path, `${path}*${text.length}`);
              told.started();
            }
          };
          await Promise.all([0, 1, 2, 3].map(write));
        }, round)
        .catch(() => undefined);
      await expect.poll(() => started, { interval: 1 }).toBeGreaterThan(round * 5);
      const devtools = await (context as BrowserContext).newCDPSession(page);
      const crashed = new Promise((resolve) => page.once('crash', resolve));
      if (round % 3 === 0) await page.close();
      else {
        void devtools.send('Page.crash').catch(() => undefined);
        await crashed;
        await page.close();
      }
    }
    const page = await openPage(context);
    const found = await page.evaluate(async () => {
      const { promises } = lightning.create('killed');
      const files: [string, string][] = [];
      for (const directory of await promises.readdir('/')) {
        for (const name of await promises.readdir(`/${directory}`)) {
          const path = `/${directory}/${name}`;
          const text = await promises.readFile(path, 'utf8');
          const { size } = await promises.stat(path);
          const first = path.replace('-renamed', '');
          const right =
            text.length === size && text === `${first} `.repeat(size / (first.length + 1));
          files.push([path, right ? `${first}*${size}` : 'wrong']);
        }
      }
      return files;
    });
    const names = new Map(found);
    expect(found.filter(([, text]) => text === 'wrong')).toEqual([]);
    expect(done.size).toBeGreaterThan(100);
    for (const [path, text] of done) expect([path, names.get(path)]).toEqual([path, text]);
    await context.close();
  });
});

describe.skipIf(!browserAvailable)('isomorphic-git', () => {
  it('clones and commits, and git finds all of it in order', async () => {
    const root = await temporaryDirectory();
    const sample = { commits: 30, bigBlobs: { count: 2, bytes: 700_000 } };
    const { head } = await makeRepository(join(root, 'site.git'), sample);
    const server = await startServer({ root, origins: [ground.url] });
    const page = await openPage();
    const made = await page.evaluate(async (remote) => {
      const { git, gitws } = lightning;
      const fs = lightning.create('clone');
      const dir = '/clone';
      const bound = gitws.bindRepository({ fs, dir, url: remote, packWorker: false });
      await git.clone({ ...bound, singleBranch: true });
      const there = { fs, dir };
      const cloned = await git.resolveRef({ ...there, ref: 'HEAD' });
      await fs.promises.writeFile(`${dir}/new file`, 'new');
      await git.add({ ...there, filepath: 'new file' });
      const author = { name: 'A', email: 'a@example.org' };
      const commit = await git.commit({ ...there, message: 'More', author });
      const packs = await fs.promises.readdir(`${dir}/.git/objects/pack`);
      const files: [string, string, string][] = [];
      const walk = async (path: string): Promise<void> => {
        for (const name of await fs.promises.readdir(path)) {
          const inner = `${path}/${name}`;
          const stat = await fs.promises.lstat(inner);
          if (stat.isDirectory()) {
            files.push([inner, 'directory', '']);
            await walk(inner);
          } else if (stat.isSymbolicLink()) {
            files.push([inner, 'link', await fs.promises.readlink(inner)]);
          } else {
            const bytes = await fs.promises.readFile(inner);
            let text = '';
            for (let at = 0; at < bytes.length; at += 8192)
              text += String.fromCharCode(...bytes.subarray(at, at + 8192));
            files.push([inner, 'file', btoa(text)]);
          }
        }
      };
      await walk(dir);
      return { cloned, commit, packs, files };
    }, `${server.url}/site.git`);
    expect(made.cloned).toBe(head);
    expect(made.packs.filter((name) => name.startsWith('tmp'))).toEqual([]);
    const copy = await temporaryDirectory();
    await nodeFs.mkdir(join(copy, 'clone'));
    for (const [path, type, contents] of made.files) {
      if (type === 'directory') await nodeFs.mkdir(join(copy, path));
      else if (type === 'link') await nodeFs.symlink(contents, join(copy, path));
      else await nodeFs.writeFile(join(copy, path), Buffer.from(contents, 'base64'));
    }
    const dir = join(copy, 'clone');
    await git(['fsck', '--strict'], { cwd: dir });
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(made.commit);
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
  });
});
