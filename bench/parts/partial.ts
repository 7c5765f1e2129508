/** How soon a file of a repository can be read, and how soon all of them, where not all of its history has to come. */
import { firstFileNatively } from '../clients.js';
import { compare, type Measurement } from '../compare.js';
import {
  checkClone,
  clientMetrics,
  repositoryUrl,
  withBrowser,
  type Context,
  type Part,
} from '../context.js';
import { DelayProxy } from '../delay-proxy.js';
import type { Input } from '../input.js';
import { clientCost, metricsOf } from '../metrics.js';
import { startGitWs } from '../servers.js';
import type { FirstFileTask } from '../tasks.js';

const metrics = metricsOf(['firstFile', 'total', 'received', ...clientCost], {
  total: 'all files',
});

/** In ms, each way. */
const delay = 10;

const megabyte = 1e6;

/** What is asked for of a repository. */
type Asked = Pick<FirstFileTask, 'filter' | 'depth'>;

export const partial: Part = {
  name: 'partial',
  about: 'first file and all files of partial clones, 20 ms a round trip, beside whole ones',
  async run(context, input) {
    if (!context.hasBrowser) return [];
    const { servers, rounds, out, serverRoot } = context;
    const http = await DelayProxy.start(servers.http.url, delay);
    const gitwsServer = await startGitWs(out, serverRoot, [servers.http.url]);
    const gitws = await DelayProxy.start(gitwsServer.url, delay);
    const own = (asked: Asked) => () => inPage(context, input, gitws, 'gitws-worker', asked);
    const native = (options: readonly string[]) => async (): Promise<Measurement> => {
      const before = http.received;
      const url = repositoryUrl(http.url, input);
      const times = await firstFileNatively(url, context.newDirectory(), options, input.file);
      return { ...times, received: (http.received - before) / megabyte };
    };
    try {
      const comparison = await compare({
        part: partial.name,
        title: `First file and all files, ${2 * delay} ms a round trip`,
        input: input.name,
        metrics,
        rounds,
        reference: 'gitws/git in a worker, all of it',
        peers: [
          { name: 'gitws/git in a worker, tree:0', measure: own({ filter: 'tree:0' }) },
          { name: 'gitws/git in a worker, blob:none', measure: own({ filter: 'blob:none' }) },
          { name: 'gitws/git in a worker, depth 1', measure: own({ depth: 1 }) },
          { name: 'gitws/git in a worker, all of it', measure: own({}) },
          {
            name: 'isomorphic-git over HTTP, depth 1',
            measure: () => inPage(context, input, http, 'http', { depth: 1 }),
          },
          { name: 'native git over HTTP, tree:0', measure: native(['--filter=tree:0']) },
          { name: 'native git over HTTP, blob:none', measure: native(['--filter=blob:none']) },
        ],
      });
      return [comparison];
    } finally {
      await http.close();
      await gitws.close();
      await gitwsServer.close();
    }
  },
};

function inPage(
  context: Context,
  input: Input,
  proxy: DelayProxy,
  transport: FirstFileTask['transport'],
  asked: Asked,
): Promise<Measurement> {
  // A page of the HTTP server's origin is one of the proxy's: what comes to it is not counted yet.
  const origin = transport === 'http' ? proxy.url : context.servers.http.url;
  return withBrowser(context, origin, async (browser): Promise<Measurement> => {
    const browserCost = await browser.watch();
    const before = proxy.received;
    const url = repositoryUrl(proxy.url, input);
    const task = { transport, url, dir: '/clone', file: input.file, ...asked };
    const times = await browser.firstFile(task);
    const received = (proxy.received - before) / megabyte;
    const cost = clientMetrics(await browserCost());
    checkClone(input, await browser.inspect(), true);
    return { ...times, received, ...cost };
  });
}
