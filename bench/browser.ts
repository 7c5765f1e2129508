/** A Chromium for one measurement, with an empty profile, and what it costs. */
import { chromium, type Browser, type Page } from 'playwright-core';
import { findChromium } from '../scripts/chromium.mjs';
import { canMeasure, commandLine, cpuTimeOf, descendants, peakMemory } from './processes.js';
import type { BenchPage } from './tasks.js';

export { findChromium };

/** What a browser cost while it was watched. */
export interface BrowserCost {
  /** CPU time of all its processes, in seconds. */
  readonly cpu: number;
  /** The most memory that the page's process ever had, in bytes. */
  readonly memory: number;
}

/** A browser with one page open. */
export class BenchBrowser {
  readonly version: string;
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #pids: () => Promise<number[]>;

  private constructor(browser: Browser, page: Page, pids: () => Promise<number[]>) {
    this.#browser = browser;
    this.version = browser.version();
    this.#page = page;
    this.#pids = pids;
  }

  /** @param url of the page of the benchmarks. */
  static async open(url: string): Promise<BenchBrowser> {
    const others = new Set(await descendants(process.pid));
    const executablePath = findChromium();
    if (executablePath === undefined) throw new Error('There is no Chromium on this machine.');
    const browser = await chromium.launch({
      executablePath,
      // As root Chromium starts only without it, and the page is our own.
      chromiumSandbox: false,
      args: [
        // Measured alone, and talking to nobody but the servers that are measured.
        ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
        ...['--disable-background-networking', '--disable-component-update'],
      ],
    });
    const page = await browser.newPage();
    await page.goto(url);
    const pids = async (): Promise<number[]> =>
      (await descendants(process.pid)).filter((pid) => !others.has(pid));
    return new BenchBrowser(browser, page, pids);
  }

  /** Starts counting. @returns ends it. */
  async watch(): Promise<() => Promise<BrowserCost | undefined>> {
    const before = await cpuTimeOf(await this.#pids());
    return async () => {
      const pids = await this.#pids();
      const cpu = (await cpuTimeOf(pids)) - before;
      const peaks = await Promise.all(
        pids.map(async (pid) =>
          (await commandLine(pid)).includes('--type=renderer') ? peakMemory(pid) : 0,
        ),
      );
      // Chromium keeps another renderer ready: the page's is the one that has grown.
      return canMeasure ? { cpu, memory: Math.max(...peaks) } : undefined;
    };
  }

  clone(task: Parameters<BenchPage['clone']>[0]): ReturnType<BenchPage['clone']> {
    return this.#page.evaluate((given) => (window as unknown as BenchPage).clone(given), task);
  }

  transfer(task: Parameters<BenchPage['transfer']>[0]): ReturnType<BenchPage['transfer']> {
    return this.#page.evaluate((given) => (window as unknown as BenchPage).transfer(given), task);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
