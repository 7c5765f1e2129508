/** `gitws/worker` in a browser against a real server; native git says what is right. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, onTestFinished } from 'vitest';
import { describeLong, it, long } from '../helpers/long.js';
import {
  browserAvailable,
  engine,
  inChromium,
  launchBrowser,
  type TestBrowser,
  type TestContext,
  type TestPage,
} from '../helpers/engines.js';
import { startProxy } from '../helpers/proxy.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { countConnections, listen } from '../helpers/listen.js';
import { workersOf } from '../helpers/engines/workers.js';
import { bundlePage } from '../helpers/page.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { WorkerPage } from './worker-page.js';

declare const inPage: WorkerPage;

let browser: TestBrowser;
let site: string;
let root: string;
let server: TestServer;

const scripts: Record<string, string> = {
  '/not-ours.js': 'onmessage = () => undefined;',
  '/broken.js': 'this is no script',
  '/old.js': `
    onmessage = ({ data }) => postMessage({ id: data.id, type: 'RAW', value: { protocol: 0 } });`,
};

beforeAll(async () => {
  if (!browserAvailable) return;
  root = await temporaryDirectory();
  scripts['/page.js'] = await bundlePage('./worker-page.ts', import.meta.url);
  const script = new URL('../../dist/worker/script.js', import.meta.url);
  scripts['/script.js'] = await readFile(script, 'utf8');
  const html = '<!doctype html><meta charset="utf-8"><title>gitws</title>';
  const served = await listen(
    createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const script = scripts[pathname];
      const isPage = pathname === '/' || pathname === '/strict';
      if (pathname === '/strict') {
        const policy =
          "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
        response.setHeader('content-security-policy', `${policy}; connect-src *`);
      }
      response.setHeader('content-type', isPage ? 'text/html' : 'text/javascript; charset=utf-8');
      if (isPage) response.end(`${html}<script src="/page.js"></script>`);
      else response.writeHead(script === undefined ? 404 : 200).end(script ?? '');
    }),
  );
  site = served.url;
  server = await startServer({
    ...{ root, allowPush: true, origins: [site] },
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'basic' && credentials.password === 'right' ? { name: 'Ann' } : null,
    authorize: ({ user, repository }) => user !== null || !repository.startsWith('secret'),
  });
  browser = await launchBrowser();
});

async function makeSite(name: string, options?: Parameters<typeof makeRepository>[1]) {
  const { gitDir } = await makeRepository(join(root, `${name}.git`), options);
  return { gitDir, url: `${server.url}/${name}.git` };
}

async function openPage(context?: TestContext, path = '/'): Promise<TestPage> {
  const page = await (context ?? (await browser.newContext())).newPage();
  onTestFinished(() => page.close());
  await page.goto(site + path);
  return page;
}

describe.skipIf(!browserAvailable)('git in a worker', () => {
  it('clones, edits, commits and pushes, and native git finds it right', async () => {
    const { gitDir, url } = await makeSite('whole');
    const page = await openPage();
    const seen = await page.evaluate(async (remote) => {
      const git = await inPage.startGit({ storage: 'whole' });
      const dir = '/site';
      const phases = new Set<string>();
      const onProgress = ({ phase }: { phase: string }): void => void phases.add(phase);
      await git.clone({ dir, url: remote, onProgress });
      await git.fs.promises.writeFile(`${dir}/mine.txt`, 'my words\n');
      await git.add({ dir, filepath: 'mine.txt' });
      const matrix = await git.statusMatrix({ dir, filter: (path) => path.startsWith('mine') });
      const { author } = inPage;
      const oid = await git.commit({ dir, message: 'Add my words', author });
      const { ok } = await git.push({ dir });
      const { blob } = await git.readBlob({ dir, oid, filepath: 'mine.txt' });
      const stat = await git.fs.promises.stat(`${dir}/mine.txt`);
      const result = {
        ...{ oid, ok, matrix, phases: [...phases], text: new TextDecoder().decode(blob) },
        ...{ isFile: stat.isFile(), size: stat.size, version: await git.version() },
      };
      await git.close();
      return result;
    }, url);
    expect(seen).toMatchObject({
      ...{ ok: true, text: 'my words\n', isFile: true, size: 9 },
      matrix: [['mine.txt', 0, 2, 2]],
    });
    expect(seen.version).toMatch(/^\d+\./);
    expect(seen.phases).toEqual(expect.arrayContaining(['Receiving objects', 'Updating workdir']));
    expect(await git(['log', '-1', '--format=%H %s', 'main'], { cwd: gitDir })).toBe(
      `${seen.oid} Add my words`,
    );
    await expectSoundRepository(gitDir);
  });

  inChromium('walks with functions of the page, whatever they return', async () => {
    const { gitDir, url } = await makeSite('walked');
    const page = await openPage();
    const seen = await page.evaluate(async (remote) => {
      const git = await inPage.startGit({ storage: 'walked' });
      const dir = '/site';
      await git.clone({ dir, url: remote });
      await git.fs.promises.writeFile(`${dir}/new.txt`, 'new');
      const trees = [git.TREE({ ref: 'HEAD' }), git.WORKDIR(), git.STAGE()];
      // A function cannot be cloned.
      const asMapped = (path: string, oid: string | undefined) => ({
        tell: () => `${oid} ${path}`,
      });
      const mapped = (await git.walk({
        trees: trees.slice(0, 1),
        dir,
        map: async (path, [entry]) =>
          (await entry?.type()) === 'blob' ? asMapped(path, await entry?.oid()) : undefined,
      })) as ReturnType<typeof asMapped>[];
      const counted = (await git.walk({
        ...{ trees, dir },
        map: async (path, sides) => ({ path, sides: sides.map((side) => side !== null) }),
        reduce: async (parent: { path: string }, children: { all: unknown[] }[]) => ({
          all: [parent, ...children.flatMap(({ all }) => all)],
        }),
        iterate: (walk, children) => Promise.all([...children].map(walk)),
      })) as { all: { path: string; sides: boolean[] }[] };
      const [entries] = (await git.walk({ trees: trees.slice(0, 1), dir })) as [
        [{ oid: () => Promise<string> }],
      ];
      const after = await inPage.failure(entries[0].oid());
      const foreign = { trees: [inPage.isomorphicGit.TREE()], dir };
      const refused = await inPage.failure(git.walk(foreign));
      await git.close();
      return {
        ...{ lines: mapped.map(({ tell }) => tell()), after, refused },
        isNew: counted.all.find(({ path }) => path === 'new.txt')?.sides,
        count: counted.all.length,
      };
    }, url);
    const listed = await git(['ls-tree', '-r', 'main', '--format=%(objectname) %(path)'], {
      cwd: gitDir,
    });
    expect(seen.lines.sort()).toEqual(listed.split('\n').sort());
    expect(seen.isNew).toEqual([false, true, false]);
    expect(seen.count).toBeGreaterThan(seen.lines.length);
    expect(seen.after).toMatchObject({ code: 'INVALID_OPTION' });
    expect(seen.refused).toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('rejects with the classes and codes that git in the page has', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const git = await inPage.startGit({ storage: 'classes' });
      const dir = '/x';
      await git.init({ dir });
      const reason: unknown = await git
        .resolveRef({ dir, ref: 'none' })
        .catch((error: unknown) => error);
      const isClass = reason instanceof git.Errors.NotFoundError;
      const narrowed = reason instanceof git.Errors.NotFoundError ? reason.data.what : '';
      const other = reason instanceof git.Errors.MergeConflictError;
      const { failure } = inPage;
      const result = {
        ...{ isClass, narrowed, other },
        own: await failure(git.clone({ dir: '/y', url: 'gopher://x' })),
        file: await failure(git.fs.promises.readFile('/none')),
        fs: await failure(git.log({ dir, fs: {} } as never)),
        http: await failure(git.fetch({ dir, http: {} } as never)),
        same: await git.listBranches({ dir, fs: git.fs, cache: { f: () => 1 } } as never),
      };
      await git.close();
      return { ...result, closed: await failure(git.log({ dir })) };
    });
    expect(seen).toMatchObject({ isClass: true, narrowed: 'none', other: false, same: [] });
    expect(seen.own).toMatchObject({ isOwn: true, name: 'INVALID_URL', code: 'INVALID_URL' });
    expect(seen.file).toMatchObject({ isError: true, code: 'ENOENT' });
    expect(seen.fs).toMatchObject({ code: 'INVALID_OPTION' });
    expect(seen.http).toMatchObject({ code: 'INVALID_OPTION' });
    expect(seen.closed).toMatchObject({ isOwn: true, code: 'WORKER_CLOSED' });
  });

  inChromium(
    'asks for a password until it is right, in the page, and may be asked meanwhile',
    async () => {
      const { gitDir, url } = await makeSite('secret');
      const page = await openPage();
      const seen = await page.evaluate(async (remote) => {
        const git = await inPage.startGit({ storage: 'secret' });
        const dir = '/site';
        const heard: string[] = [];
        const onAuth = (asked: string) => {
          heard.push(`auth ${asked}`);
          return { username: 'ann', password: 'wrong' };
        };
        const onAuthFailure = async () => {
          heard.push('failure');
          return { username: 'ann', password: 'right' };
        };
        const onAuthSuccess = () => void heard.push('success');
        // This one changes the repository while the clone does.
        const onPostCheckout = () =>
          git
            .setConfig({ dir, path: 'user.name', value: 'Ann' })
            .then(() => void heard.push('checked out'));
        const given = { onAuth, onAuthFailure, onAuthSuccess, onPostCheckout };
        await git.clone({ dir, url: remote, ...given });
        const head = await git.resolveRef({ dir, ref: 'HEAD' });
        const name: unknown = await git.getConfig({ dir, path: 'user.name' });
        const cancel = { onAuth: () => ({ cancel: true }) };
        const canceled = await inPage.failure(git.clone({ dir: '/y', url: remote, ...cancel }));
        const refused = await inPage.failure(git.clone({ dir: '/y', url: remote }));
        const left = await git.fs.promises.readdir('/');
        await git.close();
        return { heard, head, name, canceled, refused, left };
      }, url);
      expect(seen.heard).toEqual([`auth ${url}`, 'failure', 'success', 'checked out']);
      expect(seen.head).toBe(await git(['rev-parse', 'main'], { cwd: gitDir }));
      expect(seen).toMatchObject({ name: 'Ann', left: ['site'] });
      expect(seen.canceled).toMatchObject({ code: 'UserCanceledError' });
      expect(seen.refused).toMatchObject({ code: 'HttpError', data: { statusCode: 401 } });
    },
  );

  inChromium('reads what a partial clone lacks from whoever has promised it', async () => {
    const { gitDir, url } = await makeSite('partial', { commits: 3 });
    const page = await openPage();
    const path = (await git(['ls-tree', '-r', '--name-only', 'main~1'], { cwd: gitDir })).split(
      '\n',
    )[0];
    const given = [url, path ?? ''] as const;
    const text = await page.evaluate(async ([remote, filepath]) => {
      const git = await inPage.startGit({ storage: 'partial' });
      const dir = '/site';
      await git.clone({ dir, url: remote, filter: 'blob:none', noCheckout: true });
      const [, second] = await git.log({ dir });
      const { blob } = await git.readBlob({ dir, oid: second?.oid ?? '', filepath });
      await git.close();
      return new TextDecoder().decode(blob);
    }, given);
    expect(text.trimEnd()).toBe(await git(['show', `main~1:${path}`], { cwd: gitDir }));
  });

  inChromium('asks the page for the credentials of what a partial clone lacks', async () => {
    const { gitDir, url } = await makeSite('secret-part', { commits: 5 });
    const tree = await git(['ls-tree', '-r', '--format=%(objectname)', 'main'], { cwd: gitDir });
    const oids = [...new Set(tree.split('\n'))].slice(0, 3);
    const page = await openPage();
    const seen = await page.evaluate(
      async ([remote, [first = '', second = '', third = '']]) => {
        const dir = '/site';
        const heard: string[] = [];
        const right = { username: 'ann', password: 'right' };
        const cloning = await inPage.startGit({ storage: 'secret-part' });
        const how = { filter: 'blob:none', noCheckout: true, onAuth: () => right };
        await cloning.clone({ dir, url: remote, ...how });
        const refused = await inPage.failure(cloning.readBlob({ dir, oid: first }));
        await cloning.close();
        // A new worker, as after a reload.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- some do
        let answer: () => unknown = () => Promise.reject(null);
        const git = await inPage.startGit({
          storage: 'secret-part',
          promisor: {
            onAuth: (asked) => {
              heard.push(`auth ${asked}`);
              return answer() as object;
            },
            onAuthFailure: () => {
              heard.push('failure');
              return right;
            },
            onAuthSuccess: () => void heard.push('success'),
          },
        });
        const read = (oid: string) => git.readBlob({ dir, oid });
        const rejected = await inPage.failure(read(first));
        answer = () => ({ cancel: true });
        const canceled = await inPage.failure(read(first));
        answer = () => ({ username: 'ann', password: 'wrong' });
        heard.length = 0;
        const { blob } = await read(first);
        await Promise.all([read(second), read(third)]);
        await git.close();
        return { refused, rejected, canceled, heard, text: new TextDecoder().decode(blob) };
      },
      [url, oids] as const,
    );
    expect(seen.refused).toMatchObject({ code: 'OBJECT_UNAVAILABLE', data: { oid: oids[0] } });
    expect(seen.rejected).toMatchObject({ code: 'CALLBACK_FAILED', data: { callback: 'onAuth' } });
    expect(seen.canceled).toMatchObject({ code: 'UserCanceledError' });
    // Once for all that is read.
    expect(seen.heard).toEqual([`auth ${url}`, 'failure', 'success']);
    expect(seen.text.trim()).toBe(await git(['cat-file', '-p', oids[0] ?? ''], { cwd: gitDir }));
  });

  inChromium('refuses a promisor’s options that it cannot use', async () => {
    const page = await openPage();
    const codes = await page.evaluate(async () => {
      const start = (promisor: object | null) =>
        inPage.failure(inPage.startGit({ storage: 'refused', promisor } as never));
      const failures = [
        await start(null),
        await start({ gateway: 'ftp://gateway.example' }),
        await start({ gateway: { url: 'wss://gateway.example', authorization: () => 'x' } }),
      ];
      return failures.map((failed) => failed?.code);
    });
    expect(codes).toEqual(['INVALID_OPTION', 'INVALID_OPTION', 'INVALID_OPTION']);
  });

  it('offers its files to the page, opened ones too', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const { fs, close } = await inPage.startGit({ storage: 'files' });
      const { promises } = fs;
      const large = new Uint8Array(100_000).fill(7);
      // Of these a part is written, and nothing is taken from the page.
      await promises.writeFile('/part', large.subarray(5, 15));
      const file = await promises.open('/opened', 'w+');
      await file.write(new TextEncoder().encode('some words'), 5, 5);
      const buffer = new Uint8Array(8);
      const { bytesRead } = await file.read(buffer, 1, 7, 0);
      const facts = await file.stat();
      await file.close();
      const [written] = await promises.writeMany([{ path: '/a/b', bytes: new Uint8Array(3) }]);
      await promises.symlink('part', '/link');
      const link = await promises.lstat('/link');
      const result = {
        ...{ left: large.length, part: [...(await promises.readFile('/part'))].length, bytesRead },
        ...{ text: new TextDecoder().decode(buffer.subarray(1, 6)), size: facts.size },
        ...{
          isFile: written?.isFile(),
          isLink: link.isSymbolicLink(),
          nodes: (await promises.usage()).nodes,
        },
        ...{ opened: await promises.readFile('/opened', 'utf8'), names: Object.keys(promises) },
        closed: await inPage.failure(file.sync()),
      };
      await close();
      return result;
    });
    expect(seen).toMatchObject({
      ...{ left: 100_000, part: 10, bytesRead: 5, text: 'words', size: 5, opened: 'words' },
      ...{ isFile: true, isLink: true, nodes: 5 },
    });
    expect(seen.names).not.toContain('close');
    expect(seen.closed).toMatchObject({ code: 'FILE_SYSTEM_FAILED' });
  });
});

describe.skipIf(!browserAvailable)('a clone that is ended', () => {
  /** A clone of it begins, and waits for what never comes: the proxy holds it back. */
  async function makeStalled(name: string) {
    const work = join(await temporaryDirectory(), 'work');
    await git(['init', '-q', '-b', 'main', work]);
    await writeFile(join(work, 'large'), randomBytes(3_000_000));
    await git(['add', '-A'], { cwd: work });
    await git(['commit', '-q', '-m', 'Large'], { cwd: work });
    await git(['clone', '-q', '--bare', work, join(root, `${name}.git`)]);
    const strike = { direction: 'down', after: 1_000_000, how: 'mute' } as const;
    const proxy = await startProxy(server.url, { strike });
    return { proxy, url: `${proxy.url}/${name}.git` };
  }

  inChromium('by its signal rejects, and leaves nothing', async () => {
    const { url } = await makeStalled('aborted');
    const page = await openPage();
    const seen = await page.evaluate(async (remote) => {
      const git = await inPage.startGit({ storage: 'aborted' });
      const controller = new AbortController();
      const reason = new Error('enough');
      const { signal } = controller;
      let phase = '';
      const cloning = git
        .clone({
          dir: '/site',
          url: remote,
          signal,
          onProgress: (event) => void ({ phase } = event),
        })
        .catch((error: unknown) => error);
      const { setTimeout } = globalThis;
      while (phase === '') await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort(reason);
      const error = (await cloning) as { code: string; cause: unknown };
      const before = await inPage.failure(git.clone({ dir: '/site', url: remote, signal }));
      const left = await git.fs.promises.readdir('/');
      await git.close();
      return { code: error.code, isSame: error.cause === reason, before, left };
    }, url);
    expect(seen).toMatchObject({ code: 'UserCanceledError', isSame: true, left: [] });
    expect(seen.before).toMatchObject({ code: 'UserCanceledError' });
  });

  it('asks at once whether its connection lives when its page is shown again', async () => {
    const { url, proxy } = await makeStalled('shown');
    const page = await openPage();
    await page.evaluate(async (remote) => {
      const git = await inPage.startGit({ storage: 'shown' });
      void inPage.failure(git.clone({ dir: '/site', url: remote }));
    }, url);
    await expect.poll(() => proxy.connections[0]?.down).toBe(1_000_000);
    let up: number | undefined;
    // Says that it has got the last of it, and then nothing for a long time: it asks for nothing yet.
    await expect.poll(() => up === (up = proxy.connections[0]?.up), { interval: 500 }).toBe(true);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    // Of itself it would ask after ten seconds of silence.
    await expect.poll(() => proxy.connections[0]?.up, { timeout: 5_000 }).not.toBe(up);
    await page.close();
  });

  it('by close rejects with a code, leaves nothing, and its socket is closed', async () => {
    const { url } = await makeStalled('closed');
    const page = await openPage();
    const seen = await page.evaluate(async (remote) => {
      const { setTimeout } = globalThis;
      const git = await inPage.startGit({ storage: 'closed' });
      let phase = '';
      const cloning = inPage.failure(
        git.clone({ dir: '/site', url: remote, onProgress: (event) => void ({ phase } = event) }),
      );
      while (phase === '') await new Promise((resolve) => setTimeout(resolve, 5));
      const closing = git.close();
      const failed = await cloning;
      await closing;
      const again = await inPage.startGit({ storage: 'closed' });
      const left = await again.fs.promises.readdir('/');
      await again.close();
      return { failed, left };
    }, url);
    expect(seen.failed).toMatchObject({ isOwn: true, code: 'WORKER_CLOSED' });
    expect(seen.left).toEqual([]);
    await expect.poll(() => countConnections(server.httpServer)).toBe(0);
  });
});

describe.skipIf(!browserAvailable)('several users of one storage', () => {
  type Started = Awaited<ReturnType<WorkerPage['startGit']>>;
  type Users = Record<'first' | 'second', Started>;

  it('share a worker in one page, until the last one closes', async () => {
    const page = await openPage();
    const workers = workersOf(page);
    await page.evaluate(async () => {
      const [first, second] = [
        await inPage.startGit({ storage: 'shared' }),
        await inPage.startGit({ storage: 'shared' }),
      ];
      await second.init({ dir: '/one' });
      Object.assign(globalThis, { first, second });
    });
    await workers.expectRunning(1);
    const seen = await page.evaluate(async () => {
      const { first: git } = globalThis as unknown as Users;
      const names = await git.fs.promises.readdir('/');
      const pending = inPage.failure(git.fs.promises.writeFile('/two', 'x'));
      await Promise.all([git.close(), git.close()]);
      return {
        names,
        pending: await pending,
        later: await inPage.failure(git.init({ dir: '/x' })),
      };
    });
    expect(seen.names).toEqual(['one']);
    expect(seen.pending).toMatchObject({ code: 'WORKER_CLOSED' });
    expect(seen.later).toMatchObject({ code: 'WORKER_CLOSED' });
    const branch = await page.evaluate(async () => {
      const { second: git } = globalThis as unknown as Users;
      const current = await git.currentBranch({ dir: '/one' });
      await git.close();
      return current;
    });
    expect(branch).toBe('master');
    await workers.expectRunning(0);
    const names = await page.evaluate(async () => {
      const third = await inPage.startGit({ storage: 'shared' });
      return third.fs.promises.readdir('/');
    });
    expect(names).toContain('one');
  });

  it('in two tabs see each other’s commits, and lose none', async () => {
    const context = await browser.newContext();
    const [one, two] = [await openPage(context), await openPage(context)];
    await one.evaluate(async () => {
      const git = await inPage.startGit({ storage: 'tabs' });
      await git.init({ dir: '/site', defaultBranch: 'main' });
      await git.close();
    });
    const commits = engine === 'chromium' ? 15 : 6;
    const work = (page: TestPage, name: string) =>
      page.evaluate(
        async ([mine, count]) => {
          const git = await inPage.startGit({ storage: 'tabs' });
          const dir = '/site';
          for (let at = 0; at < count; at += 1) {
            const filepath = `${mine}-${at}.txt`;
            await git.fs.promises.writeFile(`${dir}/${filepath}`, filepath);
            await git.add({ dir, filepath });
            await git.commit({ dir, message: filepath, author: inPage.author });
            await git.statusMatrix({ dir });
          }
        },
        [name, commits] as const,
      );
    await Promise.all([work(one, 'one'), work(two, 'two')]);
    for (const page of [one, two]) {
      const seen = await page.evaluate(async () => {
        const git = await inPage.startGit({ storage: 'tabs' });
        const log = await git.log({ dir: '/site' });
        const files = await git.listFiles({ dir: '/site', ref: 'HEAD' });
        return { messages: log.map(({ commit }) => commit.message.trim()), files };
      });
      const all = ['one', 'two'].flatMap((name) =>
        Array.from({ length: commits }, (_, at) => `${name}-${at}.txt`),
      );
      expect(seen.messages.sort()).toEqual(all.slice().sort());
      expect(seen.files).toEqual(all.slice().sort());
    }
  });

  it('in two tabs wait for a commit that is being signed, and go on from it', async () => {
    const context = await browser.newContext();
    const [one, two] = [await openPage(context), await openPage(context)];
    type Global = typeof globalThis & { sign?: () => void; done?: Promise<string> };
    await one.evaluate(async () => {
      const git = await inPage.startGit({ storage: 'signed' });
      const common = { dir: '/site', author: inPage.author };
      await git.init({ dir: '/site', defaultBranch: 'main' });
      await git.commit({ ...common, message: 'first' });
      await new Promise<void>((resolve) => {
        // By now the commit has its parent.
        const onSign = () =>
          new Promise<{ signature: string }>((sign) => {
            (globalThis as Global).sign = () => sign({ signature: 'x' });
            resolve();
          });
        const signed = { ...common, message: 'signed', signingKey: 'key', onSign };
        (globalThis as Global).done = git.commit(signed);
      });
    });
    await two.evaluate(async () => {
      const git = await inPage.startGit({ storage: 'signed' });
      const given = { dir: '/site', author: inPage.author, message: 'second' };
      let isOver = false;
      const done = git.commit(given).finally(() => (isOver = true));
      (globalThis as Global).done = done;
      const waits = async (): Promise<boolean> => {
        const { pending = [] } = await navigator.locks.query();
        return pending.some(({ name }) => name === 'gitws:signed:/site/.git');
      };
      const { setTimeout } = globalThis;
      while (!isOver && !(await waits())) await new Promise((resolve) => setTimeout(resolve, 5));
    });
    await one.evaluate(() => {
      (globalThis as Global).sign?.();
      return (globalThis as Global).done;
    });
    const messages = await two.evaluate(async () => {
      await (globalThis as Global).done;
      const git = await inPage.startGit({ storage: 'signed' });
      return (await git.log({ dir: '/site' })).map(({ commit }) => commit.message.trim());
    });
    expect(messages).toEqual(['second', 'signed', 'first']);
  });
});

describe.skipIf(!browserAvailable)('a worker that is no more', () => {
  it('rejects what was asked of it, and another takes its place', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const workers: Worker[] = [];
      const worker = () => {
        workers.push(new Worker('/script.js'));
        return workers.at(-1);
      };
      const git = await inPage.startGit({ storage: 'dead', worker });
      const waiting = inPage.failure(git.fs.promises.writeFile('/x', 'x'));
      workers[0]?.terminate();
      const failed = await waiting;
      const later = await inPage.failure(git.fs.promises.readdir('/'));
      await git.close();
      const again = await inPage.startGit({ storage: 'dead', worker });
      await again.fs.promises.writeFile('/y', 'y');
      const names = await again.fs.promises.readdir('/');
      await again.close();
      return { failed, later, names, count: workers.length };
    });
    expect(seen.failed).toMatchObject({ isOwn: true, code: 'WORKER_FAILED' });
    expect(seen.later).toMatchObject({ isOwn: true, code: 'WORKER_FAILED' });
    expect(seen.names).toContain('y');
    expect(seen.count).toBe(2);
  });

  it.each([
    ['is not there', '/missing.js'],
    ['is no script', '/broken.js'],
    ['is no script of gitws', '/not-ours.js'],
    ['is of another version', '/old.js'],
    ['has an address of another origin', 'http://127.0.0.1:1/x.js'],
    ['has no address', 'http://'],
  ])('or was none rejects at the start: its script %s', async (_, worker) => {
    const page = await openPage();
    const workers = workersOf(page);
    const seen = await page.evaluate(
      (script) =>
        inPage.failure(inPage.startGit({ storage: 'none', worker: script, startTimeout: 1_000 })),
      worker,
    );
    expect(seen).toMatchObject({ isOwn: true, code: 'WORKER_UNAVAILABLE' });
    await workers.expectRunning(0);
    // What failed is forgotten.
    await page.evaluate(async () => (await inPage.startGit({ storage: 'none' })).close());
  });

  inChromium('is refused where an option is none', async () => {
    const page = await openPage();
    const codes = await page.evaluate(async () => {
      const wrong = [
        ...[undefined, {}, { storage: '' }, { storage: 1 }, { storage: 'x', worker: 1 }],
        ...[
          { storage: 'x', startTimeout: 0 },
          { storage: 'x', lockTimeout: -1 },
        ],
        ...[
          { storage: 'x', worker: () => ({}) },
          { storage: 'x', fileStoreName: 'gitws-nodes' },
        ],
      ];
      const failing = wrong.map((options) => inPage.failure(inPage.startGit(options as never)));
      return (await Promise.all(failing)).map((error) => error?.code);
    });
    expect(new Set(codes)).toEqual(new Set(['INVALID_OPTION']));
  });
});

describe.skipIf(!browserAvailable)('a storage that cannot be opened', () => {
  it('has the start reject with a code, and keeps no worker', async () => {
    const page = await openPage();
    const workers = workersOf(page);
    const seen = await page.evaluate(async () => {
      await new Promise((resolve) => {
        const request = indexedDB.open('newer', 1_000_000);
        request.onsuccess = () => {
          request.result.close();
          resolve(undefined);
        };
      });
      return inPage.failure(inPage.startGit({ storage: 'newer' }));
    });
    expect(seen).toMatchObject({ isOwn: true, code: 'FILE_SYSTEM_FAILED' });
    await workers.expectRunning(0);
  });

  inChromium('or has no room left rejects with QUOTA', async () => {
    const page = (await openPage()) as Page;
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: site, quotaSize: 200_000 });
    const seen = await page.evaluate(async () => {
      const git = await inPage.startGit({ storage: 'full' });
      const failed = await inPage.failure(
        git.fs.promises
          .writeFile('/large', crypto.getRandomValues(new Uint8Array(60_000)))
          .then(async () => {
            for (let at = 0; at < 30; at += 1)
              await git.fs.promises.writeFile(`/${at}`, new Uint8Array(60_000).fill(at));
          }),
      );
      await git.close();
      return failed;
    });
    await session.send('Storage.overrideQuotaForOrigin', { origin: site });
    expect(seen).toMatchObject({ isOwn: true, code: 'QUOTA' });
  });
});

describeLong.skipIf(!browserAvailable)('a page with a strict Content-Security-Policy', () => {
  long('is told that the inlined worker cannot start, and starts one of its own', async () => {
    const { gitDir, url } = await makeSite('strict');
    const page = await openPage(undefined, '/strict');
    const seen = await page.evaluate(async (remote) => {
      const { startGit, failure } = inPage;
      const storage = 'strict';
      const blocked = await failure(startGit({ storage }));
      const made = () => new Worker(new URL('/script.js', location.href), { type: 'module' });
      const heads: string[] = [];
      for (const worker of [made, '/script.js', new URL('/script.js', location.href)]) {
        const git = await startGit({ storage, worker });
        const dir = `/${heads.length}`;
        await git.clone({ dir, url: remote });
        heads.push(await git.resolveRef({ dir, ref: 'HEAD' }));
        await git.close();
      }
      return { blocked, heads };
    }, url);
    expect(seen.blocked).toMatchObject({ isOwn: true, code: 'WORKER_UNAVAILABLE' });
    const head = await git(['rev-parse', 'main'], { cwd: gitDir });
    expect(seen.heads).toEqual([head, head, head]);
  });
});

describe.skipIf(!browserAvailable)('a page without a bundler', () => {
  it.each([
    ['a script tag', 'gitws-worker.global.js'],
    ['a module', 'gitws-worker.min.js'],
  ])(
    'starts git by %s of another origin, which loads the worker from beside it',
    async (_, name) => {
      const { gitDir, url } = await makeSite(`cdn-${name}`);
      const asked: string[] = [];
      const cdn = await listen(
        createServer((request, response) => {
          const path = request.url ?? '';
          asked.push(path);
          response.setHeader('access-control-allow-origin', '*');
          response.setHeader('content-type', 'text/javascript; charset=utf-8');
          void readFile(new URL(`../../dist${path}`, import.meta.url)).then((code) =>
            response.end(code),
          );
        }),
      );
      const page = await openPage();
      const isModule = name.endsWith('.min.js');
      if (isModule) {
        const content = `import * as made from '${cdn.url}/${name}'; globalThis.gitwsWorker = made;`;
        await page.addScriptTag({ type: 'module', content });
      } else {
        await page.evaluate((src) => {
          const script = document.createElement('script');
          Object.assign(script, { src, crossOrigin: 'anonymous' });
          document.head.append(script);
        }, `${cdn.url}/${name}`);
      }
      await page.waitForFunction(() => 'gitwsWorker' in globalThis);
      expect(asked).toEqual([`/${name}`]);
      const head = await page.evaluate(async (remote) => {
        const { gitwsWorker } = globalThis as unknown as { gitwsWorker: WorkerPage };
        const git = await gitwsWorker.startGit({ storage: 'cdn' });
        await git.clone({ dir: '/site', url: remote });
        const oid = await git.resolveRef({ dir: '/site', ref: 'HEAD' });
        await git.close();
        return oid;
      }, url);
      expect(head).toBe(await git(['rev-parse', 'main'], { cwd: gitDir }));
      expect(asked).toEqual([`/${name}`, '/gitws-worker-inlined.min.js']);
    },
  );
});
