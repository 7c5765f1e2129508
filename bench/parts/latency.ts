/** A depth-1 clone from far away: what round trips cost. */
import { cloneInNode, cloneNatively } from '../clients.js';
import type { CloneTimes } from '../clone.js';
import { compare, type Measurement } from '../compare.js';
import { checkClone, repositoryUrl, withBrowser, type Part } from '../context.js';
import { DelayProxy } from '../delay-proxy.js';
import { metricsOf } from '../metrics.js';
import { startGitWs } from '../servers.js';
import type { PageCloneTask } from '../tasks.js';

const metrics = metricsOf(['firstPackByte', 'network', 'total'], { network: 'last pack byte' });

/** In ms, each way. */
const distance = { normal: 50, quick: 5 };

export const latency: Part = {
  name: 'latency',
  about: 'depth-1 clone with 50 ms each way: first pack byte and total',
  async run(context, input) {
    const { servers, rounds, out, hasBrowser, quick, serverRoot } = context;
    const delay = quick ? distance.quick : distance.normal;
    const http = await DelayProxy.start(servers.http.url, delay);
    // One of its own: the page's origin is the proxy's.
    const gitwsServer = await startGitWs(out, serverRoot, [http.url]);
    const gitws = await DelayProxy.start(gitwsServer.url, delay);
    const measure = async (
      proxy: DelayProxy,
      clone: (url: string) => Promise<Pick<CloneTimes, 'startedAt' | 'total'>>,
    ): Promise<Measurement> => {
      const packSeen = proxy.watchPack();
      const { startedAt, ...times } = await clone(repositoryUrl(proxy.url, input));
      const firstPackByte = (packSeen() ?? NaN) - startedAt;
      return { ...times, firstPackByte };
    };
    const inPage =
      (transport: PageCloneTask['transport'], proxy: DelayProxy, page = http.url) =>
      () =>
        withBrowser(context, page, (browser) =>
          measure(proxy, async (url) => {
            const { times } = await browser.clone({ transport, url, dir: '/clone', depth: 1 });
            checkClone(input, await browser.inspect(), true);
            return times;
          }),
        );
    const inNode = (transport: 'gitws' | 'http', proxy: DelayProxy) => () =>
      measure(proxy, async (url) => {
        const dir = context.newDirectory();
        const { times, cloned } = await cloneInNode(out, { transport, url, dir, depth: 1 });
        checkClone(input, cloned, true);
        return times;
      });
    const native = () =>
      measure(http, (url) => cloneNatively(url, context.newDirectory(), ['--depth', '1']));
    const inPages = [
      { name: 'gitws/git in a worker', measure: inPage('gitws-worker', gitws) },
      {
        name: 'isomorphic-git over gitws, its engine, page',
        measure: inPage('gitws-engine', gitws),
      },
      { name: 'isomorphic-git over gitws, page', measure: inPage('gitws', gitws) },
      { name: 'isomorphic-git over HTTP, page', measure: inPage('http', http) },
      // A page elsewhere asks first (CORS). To a WebSocket it makes no difference.
      {
        name: 'isomorphic-git over HTTP, page elsewhere',
        measure: inPage('http', http, servers.http.url),
      },
    ];
    try {
      const comparison = await compare({
        part: latency.name,
        title: `Depth-1 clone with checkout, ${delay} ms each way`,
        input: input.name,
        metrics,
        rounds,
        reference: `isomorphic-git over HTTP, ${hasBrowser ? 'page' : 'Node'}`,
        peers: [
          ...(hasBrowser ? inPages : []),
          { name: 'isomorphic-git over gitws, Node', measure: inNode('gitws', gitws) },
          { name: 'isomorphic-git over HTTP, Node', measure: inNode('http', http) },
          { name: 'native git over HTTP', measure: native },
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
