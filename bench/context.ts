/** What every part of the benchmarks works with, and the pieces that several of them share. */
import { join } from 'node:path';
import { BenchBrowser } from './browser.js';
import type { ClonedFiles } from './clone.js';
import type { Comparison, Measurement } from './compare.js';
import type { Input } from './input.js';
import type { RunningServer, ServerCost } from './servers.js';

/** The servers, all serving the same directory. */
export interface Servers {
  readonly gitws: RunningServer;
  readonly http: RunningServer;
  readonly git: RunningServer;
}

/** What every part of the benchmarks is given. */
export interface Context {
  /** Where the programs of the benchmarks were built, and what they measure was copied to. */
  readonly out: string;
  /** The directory that the servers serve. */
  readonly serverRoot: string;
  readonly servers: Servers;
  /** Correctness only: everything once, as small as it can be. */
  readonly quick: boolean;
  readonly rounds: number;
  readonly hasBrowser: boolean;
  /** Path of a directory that does not exist yet; removed in the end, and not before. */
  newDirectory(): string;
}

/** One part: compares some peers with one input. */
export interface Part {
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  run(context: Context, input: Input): Promise<Comparison[]>;
}

/** URL of an input's repository. */
export function repositoryUrl(base: string, { name }: Input): string {
  return `${base}/${name}.git`;
}

/** Opens a browser on the page, works with it, and closes it. */
export async function withBrowser<Result>(
  context: Context,
  pageUrl: string,
  work: (browser: BenchBrowser) => Promise<Result>,
): Promise<Result> {
  const browser = await BenchBrowser.open(`${pageUrl}/`, context.newDirectory());
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/** @throws Error unless the clone is one of this input. */
export function checkClone(input: Input, { head, files }: ClonedFiles, checkout: boolean): void {
  const expected = { head: input.head, listed: input.shape.files };
  const found = { head, listed: files.listed };
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`cloned ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  }
  if (checkout && files.present !== files.listed) {
    throw new Error(`checked out ${files.present} of ${files.listed} files`);
  }
}

/** Where a Node or native clone goes. */
export function workTree(context: Context): { dir: string; gitDir: string } {
  const dir = context.newDirectory();
  return { dir, gitDir: join(dir, '.git') };
}

const megabyte = 1e6;

/** @returns the server's cost as values for the metrics `serverCpu`, `gitCpu`, `serverMemory`. */
export function serverMetrics(cost: ServerCost | undefined): Measurement {
  if (cost === undefined) return {};
  const { cpu, gitCpu, memory } = cost;
  return { serverCpu: cpu, gitCpu, serverMemory: memory / megabyte };
}

/** @returns a client's cost as values for the metrics `clientCpu` and `clientMemory`. */
export function clientMetrics(
  cost: { readonly cpu: number | undefined; readonly memory: number | undefined } | undefined,
): Measurement {
  const memory = cost?.memory;
  return {
    clientCpu: cost?.cpu,
    clientMemory: memory === undefined ? undefined : memory / megabyte,
  };
}
