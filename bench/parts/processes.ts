/** What a second process of the server is good for: the same transfers, through HAProxy. */
import { transferInNode } from '../clients.js';
import { compare, type Comparison, type Measurement } from '../compare.js';
import { repositoryUrl, type Context, type Part } from '../context.js';
import { findProgram } from '../find-program.js';
import { startHAProxy } from '../haproxy.js';
import type { Input } from '../input.js';
import { metricsOf } from '../metrics.js';
import { startGitWs, type RunningServer } from '../servers.js';

const metrics = metricsOf(['total'], { total: 'until all are done' });

const names = ['one process', 'two processes'] as const;

export const processes: Part = {
  name: 'processes',
  about: '20 raw transfers at once through HAProxy, with one process of the server and with two',
  async run(context, input) {
    const program = findProgram('haproxy');
    if (program !== undefined) return [await compareCounts(context, input, program)];
    process.stderr.write('There is no HAProxy: nothing is measured through it.\n');
    return [];
  },
};

async function compareCounts(context: Context, input: Input, program: string): Promise<Comparison> {
  const { out, serverRoot, rounds, quick } = context;
  const concurrency = quick ? 3 : 20;
  const started: RunningServer[] = [];
  try {
    for (const node of ['1', '2']) {
      started.push(await startGitWs(out, serverRoot, [], ['--node', node]));
    }
    const servers = started.slice();
    const proxies: RunningServer[] = [];
    for (const count of [1, 2]) {
      const proxy = await startHAProxy(program, context.newDirectory(), servers.slice(0, count));
      proxies.push(proxy);
      started.unshift(proxy);
    }
    const over = async (proxy: RunningServer | undefined): Promise<Measurement> => {
      const url = repositoryUrl(proxy?.url ?? '', input);
      const task = { transport: 'gitws', url, repeats: 1, concurrency } as const;
      const { total } = await transferInNode(out, task, () => Promise.resolve());
      return { total };
    };
    return await compare({
      part: processes.name,
      title: `Raw transfers to Node through HAProxy, ${concurrency} at once`,
      input: input.name,
      ...{ metrics, rounds, reference: names[0] },
      peers: names.map((name, index) => ({ name, measure: () => over(proxies[index]) })),
    });
  } finally {
    for (const server of started) await server.close();
  }
}
