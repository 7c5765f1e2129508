/** Credentials in a remote's URL: where they are kept, as by native git, and that nothing says them. */
import * as fs from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { inspect } from 'node:util';
import * as isomorphicGit from 'isomorphic-git';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import git from '../../src/git/index.js';
import { bindRepository } from '../../src/index.js';
import { git as realGit, makeRepository } from '../helpers/git.js';
import { nativeEnvironment } from '../helpers/native.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const password = 'open%20sesame';

let root: string;
let server: TestServer;
/** Of the server, with name and password. */
let origin: string;
/** What the server's owner is told. */
const reports: unknown[] = [];

beforeAll(async () => {
  root = await temporaryDirectory();
  await makeRepository(join(root, 'site.git'));
  await realGit(['config', 'uploadpack.allowFilter', 'true'], { cwd: join(root, 'site.git') });
  const report = (one: unknown): unknown => reports.push(one);
  server = await startServer({
    ...{ root, smartHttp: true, allowPush: true },
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'basic' && credentials.password === 'open sesame'
        ? { name: 'ada' }
        : null,
    authorize: ({ user, access }) => user !== null && access === 'read',
    ...{ onSession: report, onRefusal: report, onError: report },
  });
  origin = server.url.replace('//', `//ada:${password}@`);
});

/** What a command says while it runs, and what it ends with; nothing that is given back to it is among it. */
async function said(
  run: (how: object, dir: string) => Promise<unknown>,
  dir?: string,
): Promise<string> {
  const words: unknown[] = [];
  const hear = (...all: unknown[]): void => void words.push(all);
  const consoles = (['log', 'warn', 'error', 'info', 'debug'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(hear),
  );
  const how = {
    ...{ fs, onMessage: hear, onProgress: hear, onConnection: hear, onPostCheckout: hear },
    onAuth: (url: string) => {
      hear(url);
      return {};
    },
    onAuthFailure: (url: string) => {
      hear(url);
      return { cancel: true };
    },
  };
  try {
    words.push(await run(how, dir ?? join(await temporaryDirectory(), 'clone')));
  } catch (error) {
    words.push(error, (error as Error).stack, String(error));
  }
  for (const each of consoles) each.mockRestore();
  return inspect([words, reports], { depth: Infinity, showHidden: true, maxStringLength: null });
}

/** The lines in which the password stands, in whichever form. */
const linesWithPassword = (text: string): string[] =>
  text.split('\n').filter((line) => /open(%20| )sesame|YWRhOm9wZW4/.test(line));

const clone = (url: string, more: object = {}) =>
  said((how, dir) => git.clone({ ...how, fs, dir, url, ...more }));

/** The files of a repository that have the password in them. */
async function filesWithPassword(gitdir: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(gitdir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    const text = await readFile(path, 'latin1');
    if (linesWithPassword(text).length > 0) found.push(relative(gitdir, path));
  }
  return found;
}

describe('credentials in the URL of a clone', () => {
  it.each([
    ['gitws/git', (given: object) => git.clone(given as Parameters<typeof git.clone>[0])],
    [
      'isomorphic-git with bindRepository',
      ({ dir, url, ...given }: { dir: string; url: string }) =>
        isomorphicGit.clone({ ...given, ...bindRepository({ fs, dir, url }) }),
    ],
  ])('are kept in the configuration by %s as by native git, and nowhere else', async (_, run) => {
    const url = `${origin}/site.git`;
    const [dir, native] = [await temporaryDirectory(), await temporaryDirectory()];
    const words = await said((how) => run({ ...how, ...{ fs, dir, url } }), dir);
    expect(linesWithPassword(words)).toEqual([]);
    await realGit(['clone', '-q', url, native], { env: await nativeEnvironment() });
    const kept = ['config', 'remote.origin.url'];
    expect(await realGit(kept, { cwd: dir })).toBe(await realGit(kept, { cwd: native }));
    for (const at of [dir, native]) {
      expect(await filesWithPassword(join(at, '.git')), at).toEqual(['config']);
    }
    // What is there is used, and still said by nobody.
    expect(linesWithPassword(await said((how) => git.fetch({ ...how, fs, dir }), dir))).toEqual([]);
    expect(await filesWithPassword(join(dir, '.git'))).toEqual(['config']);
  });
});

describe('what fails does not say credentials of a URL', () => {
  it.each([
    ['wrong ones', () => origin.replace('ada:', 'ada:not%20') + '/site.git', /"?401|4401/],
    ['no such repository', () => `${origin}/none.git`, /404/],
    ['no server', () => origin.replace(/:\d+$/, ':9') + '/site.git', /CONNECTION_FAILED/],
    ['no URL of a repository', () => `${origin}/site.git?x=1`, /INVALID_URL/],
    ['a scheme of others', () => `${origin.replace('http', 'ftp')}/site.git`, /INVALID_URL/],
    ['an address over ssh', () => `${origin.replace('http', 'ssh')}/site.git`, /INVALID_URL/],
    ['no port', () => origin.replace(/:\d+$/, ':x') + '/site.git', /INVALID_URL/],
    ['no host', () => `http://ada:${password}@/site.git`, /INVALID_URL/],
    ['no encoding', () => `http://ada:%zz${password}@127.0.0.1/site.git`, /INVALID_URL/],
  ])('%s', async (_what, url, outcome) => {
    for (const more of [{}, { fallback: 'http' }, { filter: 'blob:none', sparse: ['a'] }]) {
      const words = await clone(url(), more);
      expect(words).toMatch(outcome);
      expect(linesWithPassword(words)).toEqual([]);
    }
  });

  it('those of a gateway neither', async () => {
    const gateway = `${origin.replace(/:\d+$/, ':9')}/`;
    for (const url of ['https://git.example/x.git', 'git@git.example:x.git', `${origin}/x.git`]) {
      expect(linesWithPassword(await clone(url, { gateway }))).toEqual([]);
    }
    expect(linesWithPassword(await clone(`${origin}/x.git`, { gateway: `${origin}?x` }))).toEqual(
      [],
    );
  });

  it('nor a push that is refused, or the list of a server’s refs', async () => {
    const dir = await temporaryDirectory();
    await said((how) => git.clone({ ...how, fs, dir, url: `${origin}/site.git` }), dir);
    const pushed = await said((how) => git.push({ ...how, fs, dir, ref: 'main' }), dir);
    expect(pushed).toMatch(/403/);
    const asked = await said((how) => git.listServerRefs({ ...how, url: `${origin}/none.git` }));
    expect(asked).toMatch(/404/);
    for (const words of [pushed, asked]) expect(linesWithPassword(words)).toEqual([]);
  });

  it('nor what a partial clone lacks, once its server is gone', async () => {
    const dir = await temporaryDirectory();
    const url = `${origin}/site.git`;
    await said((how) => git.clone({ ...how, fs, dir, url, filter: 'blob:none', noCheckout: true }));
    await realGit(['config', 'remote.origin.url', url.replace(/:\d+\//, ':9/')], { cwd: dir });
    const words = await said((how) => git.checkout({ ...how, fs, dir, ref: 'main' }), dir);
    expect(words).toMatch(/OBJECT_UNAVAILABLE/);
    expect(linesWithPassword(words)).toEqual([]);
  });

  it('nor a submodule whose URL is relative to them', async () => {
    const work = await temporaryDirectory();
    await realGit(['init', '-q', '-b', 'main', work]);
    const head = await realGit(['rev-parse', 'main'], { cwd: join(root, 'site.git') });
    const section = '[submodule "x"]\n\tpath = x\n\turl = ../none.git\n';
    await fs.promises.writeFile(join(work, '.gitmodules'), section);
    await realGit(['update-index', '--add', '--cacheinfo', `160000,${head},x`], { cwd: work });
    await realGit(['add', '.gitmodules'], { cwd: work });
    await realGit(['commit', '-q', '-m', 'With a submodule'], { cwd: work });
    await realGit(['clone', '-q', '--bare', work, join(root, 'super.git')]);
    const cloned = (more: object) =>
      clone(`${origin}/super.git`, { recurseSubmodules: true, ...more });
    const missing = await cloned({});
    expect(missing).toMatch(/404/);
    const unspoken = await cloned({ onSubmodule: () => `ftp://ada:${password}@127.0.0.1/x.git` });
    expect(unspoken).toMatch(/SUBMODULE_REFUSED/);
    for (const words of [missing, unspoken]) expect(linesWithPassword(words)).toEqual([]);
  });
});
