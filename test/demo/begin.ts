/**
 * How a test of the demo begins: a server with a fresh sample, and a page that shows it. The
 * servers are ended with the file.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { atEnd } from '../helpers/at-end.js';
import { makeSample } from '../../demo/sample/make.js';
import { serveDemo, type Demo } from '../../demo/server/serve.js';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { DemoPage, type PageOptions } from './demo-page.js';

const page = fileURLToPath(new URL('../../dist/demo/', import.meta.url));
const servers = new Set<Demo>();
let sample: Promise<string> | undefined;

atEnd(async () => {
  sample = undefined;
  await Promise.all([...servers].map(end));
});

/** A server that has begun. */
export interface BegunServer {
  readonly url: string;
  /** The sample on the server. */
  readonly gitDir: string;
  /** Runs git there. */
  readonly onServer: (...args: string[]) => Promise<string>;
  /** Ends the server. */
  readonly endServer: () => Promise<void>;
}

/** A demo that has begun. */
export interface Begun extends BegunServer {
  readonly demo: DemoPage;
}

/** Begins. @param options of the page. */
export async function begin(browser: Browser, options?: PageOptions): Promise<Begun> {
  const server = await beginServer();
  return { ...server, demo: await DemoPage.open(browser, server.url, options) };
}

/** Begins without a page. */
export async function beginServer(): Promise<BegunServer> {
  const data = await temporaryDirectory();
  const gitDir = join(data, 'sample.git');
  // Made once a file: it is the same each time.
  await cp(await (sample ??= makeOne()), gitDir, { recursive: true });
  const server = await serveFolder(data);
  return {
    ...{ url: server.url, gitDir },
    onServer: (...args) => git(['-C', gitDir, ...args]),
    endServer: () => end(server),
  };
}

/** Serves the page and a folder of repositories, as `npm start` does. */
export async function serveFolder(root: string): Promise<Demo> {
  const where = { host: '127.0.0.1', port: 0, allowPush: true, publicUrl: undefined };
  const server = await serveDemo({ ...where, root, page });
  servers.add(server);
  return server;
}

/** Makes what git takes for a repository, as fast as can be. */
export async function makeSkeleton(gitDir: string): Promise<void> {
  for (const name of ['refs', 'objects']) await mkdir(join(gitDir, name), { recursive: true });
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/main\n');
}

/** Somebody else pushes: a commit on the server that no clone has yet. @returns its oid. */
export async function commitOnServer(gitDir: string, path: string, text: string): Promise<string> {
  const copy = await temporaryDirectory();
  await git(['clone', '-q', gitDir, copy]);
  await writeFile(join(copy, path), text);
  await git(['add', '-A'], { cwd: copy });
  await git(['commit', '-q', '-m', 'Somebody else’s commit'], { cwd: copy });
  await git(['push', '-q'], { cwd: copy });
  return git(['rev-parse', 'HEAD'], { cwd: copy });
}

async function end(server: Demo): Promise<void> {
  servers.delete(server);
  await server.close();
}

async function makeOne(): Promise<string> {
  const directory = join(await temporaryDirectory(), 'sample.git');
  await makeSample(directory);
  return directory;
}
