/** The pack engine alone: CPU time beside git's, and what a page feels of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { indexInNode } from '../clients.js';
import { compare, type Comparison, type Measurement } from '../compare.js';
import { clientMetrics, repositoryUrl, withBrowser, type Context, type Part } from '../context.js';
import { gitEnvironment } from '../git.js';
import type { Input } from '../input.js';
import { clientCost, metricsOf } from '../metrics.js';
import { longestTasks, marks, taskCategories } from '../page-tasks.js';
import type { IndexTask } from '../tasks.js';

const inNodeMetrics = metricsOf(['clientCpu', 'total', 'clientMemory'], {
  clientCpu: 'CPU',
  clientMemory: 'peak',
});

const inPageMetrics = metricsOf(['total', 'longestTask', 'longestTaskCpu', ...clientCost], {
  clientCpu: 'CPU',
  clientMemory: 'peak',
});

/** Bytes of a pack from which on isomorphic-git takes minutes, and is left out. */
const slowFrom = 50e6;

export const indexPackPart: Part = {
  name: 'index-pack',
  about: 'index of a pack: the engine in Node and in a page, isomorphic-git, git index-pack',
  async run(context, input) {
    const inNode = await compareInNode(context, input);
    return context.hasBrowser ? [inNode, await compareInPage(context, input)] : [inNode];
  },
};

/** @returns the path of the input's pack, and the index that git made for it. */
async function findPack({ gitDir }: Input): Promise<{ pack: string; idx: Buffer }> {
  const folder = join(gitDir, 'objects/pack');
  const name = (await readdir(folder)).find((file) => file.endsWith('.pack'));
  if (name === undefined) throw new Error(`${gitDir} has no pack`);
  const pack = join(folder, name);
  return { pack, idx: await readFile(pack.replace(/pack$/, 'idx')) };
}

async function compareInNode(context: Context, input: Input): Promise<Comparison> {
  const { out, rounds } = context;
  const { pack, idx } = await findPack(input);
  /** Each time in a directory of its own, with the pack under another name. */
  const inDirectory = async (work: (pack: string) => Promise<Measurement>) => {
    const directory = context.newDirectory();
    await mkdir(directory);
    const linked = join(directory, 'x.pack');
    await link(pack, linked);
    const measured = await work(linked);
    const made = await readFile(join(directory, 'x.idx'));
    if (!made.equals(idx)) throw new Error('the index is not the one that git made');
    return measured;
  };
  const inNode = (engine: IndexTask['engine']) => () =>
    inDirectory(async (path) => {
      const plainEngine = join(out, 'dist/pack/engine-plain.wasm');
      const result = await indexInNode(out, { engine, path, plainEngine });
      return { total: result.total, ...clientMetrics(result) };
    });
  const native = (threads: number) => () =>
    inDirectory((path) => indexNatively(['index-pack', `--threads=${threads}`, path]));
  return compare({
    part: indexPackPart.name,
    title: 'Index of a pack, in a new process',
    input: input.name,
    metrics: inNodeMetrics,
    rounds,
    reference: 'git index-pack --threads=1',
    peers: [
      { name: 'pack engine', measure: inNode('gitws') },
      { name: 'git index-pack --threads=1', measure: native(1) },
      { name: 'pack engine, no search for collisions', measure: inNode('gitws-trusting') },
      { name: 'pack engine without SIMD', measure: inNode('gitws-plain') },
      { name: 'git index-pack --threads=2', measure: native(2) },
      ...(input.shape.packBytes > slowFrom
        ? []
        : [{ name: 'isomorphic-git', measure: inNode('isomorphic-git') }]),
    ],
  });
}

/** CPU time by the shell's own account: finer than the 10 ms of /proc. */
async function indexNatively(args: readonly string[]): Promise<Measurement> {
  const start = performance.now();
  const child = spawn('bash', ['-c', 'TIMEFORMAT=\'%U %S\'; time git "$@"', 'git', ...args], {
    env: { ...gitEnvironment, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const total = performance.now() - start;
  const times = /([\d.]+) ([\d.]+)\s*$/.exec(stderr);
  if (code !== 0 || times === null) throw new Error(`git index-pack ended with ${code}: ${stderr}`);
  return { total, clientCpu: Number(times[1]) + Number(times[2]) };
}

async function compareInPage(context: Context, input: Input): Promise<Comparison> {
  const { servers, rounds } = context;
  const { pack } = await findPack(input);
  const url = repositoryUrl(servers.http.url, input) + pack.slice(input.gitDir.length);
  const inPage = (inWorker: boolean) => () =>
    withBrowser(context, servers.http.url, async (browser): Promise<Measurement> => {
      const cost = await browser.watch();
      const stop = await browser.trace(taskCategories);
      const { objects, total } = await browser.index({ url, inWorker });
      if (objects !== input.shape.objects) throw new Error(`indexed ${objects} objects`);
      const measured = { total, ...clientMetrics(await cost()) };
      const { wall, cpu } = longestTasks(await stop(), marks.start, marks.end);
      return { ...measured, longestTask: wall, longestTaskCpu: cpu };
    });
  return compare({
    part: indexPackPart.name,
    title: 'Download and index of a pack in Chromium',
    input: input.name,
    metrics: inPageMetrics,
    rounds,
    reference: 'in a worker',
    peers: [
      { name: 'in a worker', measure: inPage(true) },
      { name: "on the page's thread, in slices", measure: inPage(false) },
    ],
  });
}
