/**
 * How a test of the demo begins: a server with a fresh sample, and a page that shows it. Import it
 * at the top of a test file (not dynamically inside a test): the server is ended with the file.
 */
import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { DemoPage, type PageOptions } from './demo-page.js';
import { startDemo } from './start-process.js';

/** A demo that has begun. */
export interface Begun {
  /** The server. */
  readonly child: ChildProcess;
  readonly url: string;
  readonly demo: DemoPage;
  /** The sample on the server. */
  readonly gitDir: string;
  /** Runs git there. */
  readonly onServer: (...args: string[]) => Promise<string>;
}

/** Begins. @param options of the page. */
export async function begin(browser: Browser, options?: PageOptions): Promise<Begun> {
  const data = await temporaryDirectory();
  const { url, child } = await startDemo(data);
  const gitDir = join(data, 'sample.git');
  const demo = await DemoPage.open(browser, url, options);
  return { child, url, demo, gitDir, onServer: (...args) => git(['-C', gitDir, ...args]) };
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
