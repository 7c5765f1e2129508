/** WebKitGTK's MiniBrowser, on a display that nobody looks at, over WebDriver. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { freePort } from '../listen.js';
import { temporaryDirectory } from '../temp.js';
import type { TestBrowser, TestContext, TestPage } from './browser.js';
import { PageCalls } from './page-calls.js';
import { WebDriver } from './web-driver.js';
import { WebKitPage } from './webkit-page.js';

/** How long each of the programs may take to start, and to end before it is killed, in ms. */
const limits = { start: 60_000, end: 5_000 };

/** The programs, as scripts/engines.mjs finds them. */
export interface WebKitPrograms {
  readonly browser: string;
  readonly driver: string;
  readonly display: string;
}

/** Starts one. Its profile is in memory: MiniBrowser has no other when it is driven. */
export async function launchWebKit(programs: WebKitPrograms): Promise<TestBrowser> {
  const running: ChildProcess[] = [];
  const endAll = async (): Promise<void> => {
    for (const child of running.reverse()) await end(child);
  };
  try {
    const { child, display } = await startDisplay(programs.display);
    running.push(child);
    const home = await temporaryDirectory();
    const port = await freePort();
    const driverProcess = spawn(programs.driver, [`--port=${port}`], {
      stdio: 'ignore',
      env: {
        ...process.env,
        DISPLAY: display,
        ...{ HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home },
        // Its sandbox does not start as root, nor in a container. The pages are the tests' own.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
        // There is no graphics card to look for.
        LIBGL_ALWAYS_SOFTWARE: '1',
      },
    });
    running.push(driverProcess);
    const url = `http://127.0.0.1:${port}`;
    await answers(driverProcess, url);
    const { driver, version } = await WebDriver.begin(url, {
      'webkitgtk:browserOptions': { binary: programs.browser, args: ['--automation'] },
    });
    const calls = await PageCalls.start();
    const newPage = () => WebKitPage.open(driver, calls);
    return {
      version: () => version,
      newPage,
      newContext: async () => contextOf(newPage),
      async close() {
        // What is left of it ends with its driver.
        await driver.end().catch(() => undefined);
        await endAll();
      },
    };
  } catch (error) {
    await endAll();
    throw error;
  }
}

function contextOf(open: () => Promise<TestPage>): TestContext {
  const pages: TestPage[] = [];
  return {
    async newPage() {
      const page = await open();
      pages.push(page);
      return page;
    },
    async close() {
      for (const page of pages.splice(0)) await page.close();
    },
  };
}

/** Starts a display with a number that no other has. */
async function startDisplay(program: string): Promise<{ child: ChildProcess; display: string }> {
  const args = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [number] = (await inTime(program, child, once(child.stdio[3] as Readable, 'data'))) as [
    Buffer,
  ];
  return { child, display: `:${number.toString().trim()}` };
}

async function answers(child: ChildProcess, url: string): Promise<void> {
  let isOver = false;
  const answered = (async () => {
    while (!isOver) {
      const response = await fetch(`${url}/status`).catch(() => undefined);
      if (response?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  try {
    await inTime(child.spawnfile, child, answered);
  } finally {
    isOver = true;
  }
}

/** @throws where a program ends, or takes longer than it may, before `ready`. */
async function inTime<Result>(
  program: string,
  child: ChildProcess,
  ready: Promise<Result>,
): Promise<Result> {
  const given = new AbortController();
  const { signal } = given;
  const failed = async (event: string): Promise<never> => {
    const [reason] = (await once(child, event, { signal })) as unknown[];
    throw new Error(`${program} did not start: ${String(reason)}`);
  };
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${program} did not start within ${limits.start} ms`)),
      limits.start,
    );
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
  try {
    return await Promise.race([ready, failed('exit'), failed('error'), late]);
  } finally {
    given.abort();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), limits.end);
  await ended;
  clearTimeout(timer);
}
