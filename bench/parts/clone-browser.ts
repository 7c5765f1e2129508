/** Clones in a page, without checkout and with it, with native clones of the same for scale. */
import { cloneNatively } from '../clients.js';
import { compare, type Comparison, type Measurement } from '../compare.js';
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
import { clientCost, metricsOf, serverCost } from '../metrics.js';
import type { RunningServer } from '../servers.js';
import type { PageCloneTask } from '../tasks.js';

const metrics = metricsOf(
  [
    'total',
    'network',
    'index',
    'checkout',
    'longestTask',
    'longestTaskAfter',
    ...clientCost,
    ...serverCost,
  ],
  { longestTask: 'longest task until then' },
);

export const cloneInBrowser: Part = {
  name: 'clone-browser',
  about:
    'clones in Chromium: gitws/git, isomorphic-git over gitws and over HTTP, wasm-git; native git',
  async run(context, input) {
    if (!context.hasBrowser) return [];
    return [
      await compareClones(context, input, { noCheckout: true }),
      await compareClones(context, input, { noCheckout: false }),
    ];
  },
};

function compareClones(
  context: Context,
  input: Input,
  { noCheckout }: { noCheckout: boolean },
): Promise<Comparison> {
  const { servers, rounds } = context;
  const inPage = async (transport: PageCloneTask['transport'], server: RunningServer) =>
    withBrowser(context, servers.http.url, async (browser): Promise<Measurement> => {
      const serverCost = await server.watch();
      const browserCost = await browser.watch();
      const url = repositoryUrl(server.url, input);
      const task = { transport, url, dir: '/clone', noCheckout };
      const { times, ...longest } = await browser.clone(task);
      const measured = {
        ...times,
        ...longest,
        ...clientMetrics(await browserCost()),
        ...serverMetrics(await serverCost()),
      };
      checkClone(input, await browser.inspect(), !noCheckout);
      return measured;
    });
  const native = async (server: RunningServer): Promise<Measurement> => {
    const serverCost = await server.watch();
    const cloned = await cloneNatively(
      repositoryUrl(server.url, input),
      context.newDirectory(),
      noCheckout ? ['--no-checkout'] : [],
    );
    return { total: cloned.total, ...clientMetrics(cloned), ...serverMetrics(await serverCost()) };
  };
  return compare({
    part: cloneInBrowser.name,
    title: `${noCheckout ? 'Clone without checkout' : 'Full clone'} in Chromium`,
    input: input.name,
    metrics,
    rounds,
    reference: 'isomorphic-git over HTTP',
    peers: [
      { name: 'gitws/git in a worker', measure: () => inPage('gitws-worker', servers.gitws) },
      { name: 'gitws/git in the page', measure: () => inPage('gitws-git', servers.gitws) },
      {
        name: 'isomorphic-git over gitws, its engine',
        measure: () => inPage('gitws-engine', servers.gitws),
      },
      { name: 'isomorphic-git over gitws', measure: () => inPage('gitws', servers.gitws) },
      { name: 'isomorphic-git over HTTP', measure: () => inPage('http', servers.http) },
      // It has no other way to leave the working tree out than to fetch into an empty repository.
      {
        name: `wasm-git over HTTP, in memory${noCheckout ? ', init and fetch' : ''}`,
        measure: () => inPage('wasm-git', servers.http),
      },
      { name: 'native git over HTTP', measure: () => native(servers.http) },
      { name: 'native git over git://', measure: () => native(servers.git) },
    ],
  });
}
