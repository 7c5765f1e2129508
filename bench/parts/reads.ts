/** What isomorphic-git's first command takes: all of a pack, or the pieces that it needs. */
import { readInNode } from '../clients.js';
import { compare, type Comparison, type Measurement } from '../compare.js';
import { clientMetrics, type Context, type Part } from '../context.js';
import { git } from '../git.js';
import type { Input } from '../input.js';
import { clientCost, metricsOf } from '../metrics.js';
import type { ReadTask } from '../tasks.js';

const metrics = metricsOf(['total', ...clientCost], {
  clientCpu: 'CPU',
  clientMemory: 'peak',
});

const titles: Readonly<Record<ReadTask['what'], string>> = {
  readBlob: 'First file',
  log: 'Log of 1,000 commits',
  walk: 'Walk of HEAD’s tree',
  contents: 'Walk of HEAD’s tree with all contents',
  checkout: 'Checkout of HEAD',
};

export const reads: Part = {
  name: 'reads',
  about: 'first command of isomorphic-git in Node: over the plain fs, over that of bindRepository',
  async run(context, input) {
    const results: Comparison[] = [];
    for (const what of Object.keys(titles)) {
      results.push(await compareReads(context, input, what as ReadTask['what']));
    }
    return results;
  },
};

async function compareReads(
  context: Context,
  input: Input,
  what: ReadTask['what'],
): Promise<Comparison> {
  const { out, rounds } = context;
  const counts = new Set<number>();
  const over = (kind: ReadTask['over']) => async (): Promise<Measurement> => {
    const dir = context.newDirectory();
    if (what === 'checkout') await git(['clone', '-q', '--no-checkout', input.gitDir, dir]);
    const gitDir = what === 'checkout' ? `${dir}/.git` : input.gitDir;
    const result = await readInNode(out, { what, over: kind, gitDir, dir, file: input.file });
    counts.add(result.count);
    if (counts.size > 1) throw new Error(`${what} found other things over ${kind}`);
    return { total: result.total, ...clientMetrics(result) };
  };
  return compare({
    part: reads.name,
    title: `${titles[what]}, in a new process`,
    input: input.name,
    metrics,
    rounds,
    reference: 'isomorphic-git',
    peers: [
      {
        name: what === 'checkout' ? 'gitws/git' : 'isomorphic-git over bindRepository’s fs',
        measure: over('gitws'),
      },
      { name: 'isomorphic-git', measure: over('plain') },
    ],
  });
}
