/** A clone in Node without checkout, into a directory of the disk. */
import { cloneInNode, cloneNatively } from '../clients.js';
import { compare, type Measurement } from '../compare.js';
import {
  checkClone,
  clientMetrics,
  repositoryUrl,
  serverMetrics,
  workTree,
  type Part,
} from '../context.js';
import { git } from '../git.js';
import { clientCost, metricsOf, serverCost } from '../metrics.js';
import type { RunningServer } from '../servers.js';
import type { CloneTransport } from '../tasks.js';

const metrics = metricsOf(['total', 'network', 'index', ...clientCost, ...serverCost]);

export const cloneInNodePart: Part = {
  name: 'clone-node',
  about: 'clone without checkout in Node: isomorphic-git over gitws and over HTTP; native git',
  async run(context, input) {
    const { out, servers, rounds, quick } = context;
    const inNode = async (
      transport: CloneTransport,
      server: RunningServer,
    ): Promise<Measurement> => {
      const { dir, gitDir } = workTree(context);
      const serverCost = await server.watch();
      const task = { transport, url: repositoryUrl(server.url, input), dir, noCheckout: true };
      const result = await cloneInNode(out, task);
      const cost = await serverCost();
      checkClone(input, result.cloned, false);
      if (quick) await git(['--git-dir', gitDir, 'fsck', '--strict']);
      return { ...result.times, ...clientMetrics(result), ...serverMetrics(cost) };
    };
    const native = async (server: RunningServer): Promise<Measurement> => {
      const { dir } = workTree(context);
      const serverCost = await server.watch();
      const cloned = await cloneNatively(repositoryUrl(server.url, input), dir, ['--no-checkout']);
      const { total } = cloned;
      return { total, ...clientMetrics(cloned), ...serverMetrics(await serverCost()) };
    };
    const comparison = await compare({
      part: cloneInNodePart.name,
      title: 'Clone without checkout in Node',
      input: input.name,
      metrics,
      rounds,
      reference: 'isomorphic-git over HTTP',
      peers: [
        {
          name: 'isomorphic-git over gitws, its engine',
          measure: () => inNode('gitws-engine', servers.gitws),
        },
        { name: 'isomorphic-git over gitws', measure: () => inNode('gitws', servers.gitws) },
        { name: 'isomorphic-git over HTTP', measure: () => inNode('http', servers.http) },
        { name: 'native git over HTTP', measure: () => native(servers.http) },
        { name: 'native git over git://', measure: () => native(servers.git) },
      ],
    });
    return [comparison];
  },
};
