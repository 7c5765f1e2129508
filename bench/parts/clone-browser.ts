/** A full clone in a page, checkout included, with native clones of the same for scale. */
import { cloneNatively } from '../clients.js';
import { compare, type Comparison, type Measurement, type Metric } from '../compare.js';
import {
  checkClone,
  clientMetrics,
  repositoryUrl,
  serverMetrics,
  withBrowser,
  type Context,
  type Part,
} from '../context.js';
import type { Input } from '../input.js';
import type { RunningServer } from '../servers.js';

const metrics: readonly Metric[] = [
  { key: 'total', label: 'total', unit: 'ms' },
  { key: 'network', label: 'network', unit: 'ms' },
  { key: 'index', label: 'index', unit: 'ms' },
  { key: 'checkout', label: 'checkout', unit: 'ms' },
  { key: 'longestTask', label: 'longest task', unit: 'ms' },
  { key: 'clientCpu', label: 'client CPU', unit: 's' },
  { key: 'clientMemory', label: 'client peak', unit: 'MB' },
  { key: 'serverCpu', label: 'server CPU', unit: 's' },
  { key: 'gitCpu', label: "server's git CPU", unit: 's' },
  { key: 'serverMemory', label: 'server peak', unit: 'MB' },
];

export const cloneInBrowser: Part = {
  name: 'clone-browser',
  about: 'full clone in Chromium: isomorphic-git over gitws and over HTTP; native git beside',
  async run(context, input) {
    if (!context.hasBrowser) return [];
    return [await compareClones(context, input)];
  },
};

function compareClones(context: Context, input: Input): Promise<Comparison> {
  const { servers, rounds } = context;
  const inPage = async (transport: 'gitws' | 'http', server: RunningServer) =>
    withBrowser(context, servers.http.url, async (browser): Promise<Measurement> => {
      const serverCost = await server.watch();
      const browserCost = await browser.watch();
      const task = { transport, url: repositoryUrl(server.url, input), dir: '/clone' };
      const result = await browser.clone(task);
      const measured = {
        ...result.times,
        longestTask: result.longestTask,
        ...clientMetrics(await browserCost()),
        ...serverMetrics(await serverCost()),
      };
      checkClone(input, result, true);
      return measured;
    });
  const native = async (server: RunningServer): Promise<Measurement> => {
    const serverCost = await server.watch();
    const cloned = await cloneNatively(repositoryUrl(server.url, input), context.newDirectory());
    return { total: cloned.total, ...clientMetrics(cloned), ...serverMetrics(await serverCost()) };
  };
  return compare({
    part: cloneInBrowser.name,
    title: 'Full clone in Chromium, LightningFS',
    input: input.name,
    metrics,
    rounds,
    reference: 'isomorphic-git over HTTP',
    peers: [
      { name: 'isomorphic-git over gitws', measure: () => inPage('gitws', servers.gitws) },
      { name: 'isomorphic-git over HTTP', measure: () => inPage('http', servers.http) },
      { name: 'native git over HTTP', measure: () => native(servers.http) },
      { name: 'native git over git://', measure: () => native(servers.git) },
    ],
  });
}
