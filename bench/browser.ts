/** A Chromium for one measurement, with an empty profile, and what it costs. */
import { findChromium } from '../scripts/chromium.mjs';
import { DevTools } from './devtools.js';
import { canMeasure, commandLine, cpuTimeOf, descendants, peakMemory } from './processes.js';
import type { Commands } from './library-commands.js';
import type { BenchPage, PageCommandsTask } from './tasks.js';

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
  readonly #devTools: DevTools;

  private constructor(devTools: DevTools) {
    this.#devTools = devTools;
  }

  /**
   * @param url of the page of the benchmarks.
   * @param profile a directory that does not exist yet.
   */
  static async open(url: string, profile: string): Promise<BenchBrowser> {
    const executable = findChromium();
    if (executable === undefined) throw new Error('There is no Chromium on this machine.');
    const devTools = await DevTools.start(executable, profile, url);
    const browser = new BenchBrowser(devTools);
    try {
      await browser.#loaded();
      await browser.#atRest();
    } catch (error) {
      await devTools.close();
      throw error;
    }
    return browser;
  }

  version(): Promise<string> {
    return this.#devTools.version();
  }

  /** Starts counting. @returns ends it. */
  async watch(): Promise<() => Promise<BrowserCost | undefined>> {
    const before = await cpuTimeOf(await this.#processes());
    return async () => {
      const pids = await this.#processes();
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

  trace: DevTools['trace'] = (categories) => this.#devTools.trace(categories);

  clone(task: Parameters<BenchPage['clone']>[0]): ReturnType<BenchPage['clone']> {
    return this.#run(`clone(${JSON.stringify(task)})`) as ReturnType<BenchPage['clone']>;
  }

  firstFile(task: Parameters<BenchPage['firstFile']>[0]): ReturnType<BenchPage['firstFile']> {
    return this.#run(`firstFile(${JSON.stringify(task)})`) as ReturnType<BenchPage['firstFile']>;
  }

  inspect(): ReturnType<BenchPage['inspect']> {
    return this.#run('inspect()') as ReturnType<BenchPage['inspect']>;
  }

  index(task: Parameters<BenchPage['index']>[0]): ReturnType<BenchPage['index']> {
    return this.#run(`index(${JSON.stringify(task)})`) as ReturnType<BenchPage['index']>;
  }

  transfer(task: Parameters<BenchPage['transfer']>[0]): ReturnType<BenchPage['transfer']> {
    return this.#run(`transfer(${JSON.stringify(task)})`) as ReturnType<BenchPage['transfer']>;
  }

  /** Small operations in the page: see {@link BenchPage.startCommands}. */
  commands(task: PageCommandsTask): Commands {
    const call = (what: string) => this.#run(what) as Promise<never>;
    return {
      clone: () => call(`startCommands(${JSON.stringify(task)})`),
      time: (name) => call(`timeCommand('${name}')`),
      commit: () => call('commit()'),
      tip: (ref) => call(`tip('${ref}')`),
    };
  }

  close(): Promise<void> {
    return this.#devTools.close();
  }

  #run(call: string): Promise<unknown> {
    return this.#devTools.evaluate(`window.bench.${call}`);
  }

  async #loaded(): Promise<void> {
    const patience = performance.now() + 30_000;
    // The document of the moment may be the empty one that comes before the page.
    while ((await this.#devTools.evaluate('typeof window.bench').catch(() => '')) !== 'object') {
      if (performance.now() > patience) {
        const state = 'JSON.stringify([location.href, document.readyState, document.title])';
        const seen = await this.#devTools.evaluate(state).catch(String);
        throw new Error(`The page of the benchmarks did not load: ${String(seen)}.`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits until it does nothing any more: what it does after its start is nobody's cost. */
  async #atRest(): Promise<void> {
    if (!canMeasure) return;
    const patience = performance.now() + 15_000;
    let [quiet, before] = [0, await cpuTimeOf(await this.#processes())];
    while (quiet < 3 && performance.now() < patience) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const now = await cpuTimeOf(await this.#processes());
      // 10 ms are the least that is counted.
      quiet = now - before < 0.015 ? quiet + 1 : 0;
      before = now;
    }
  }

  async #processes(): Promise<number[]> {
    const { pid } = this.#devTools;
    return [pid, ...(await descendants(pid))];
  }
}
