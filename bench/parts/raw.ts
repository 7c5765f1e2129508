/** What the transports carry: a whole pack, asked for and dropped, in Node and in a page. */
import { transferInNode } from '../clients.js';
import { compare, type Comparison, type Measurement } from '../compare.js';
import {
  clientMetrics,
  repositoryUrl,
  serverMetrics,
  withBrowser,
  type Context,
  type Part,
} from '../context.js';
import type { Input } from '../input.js';
import { metricsOf, serverCost } from '../metrics.js';
import type { RunningServer, ServerCost } from '../servers.js';
import type { RawResult, Transport } from '../tasks.js';

/** Bytes that one measurement moves at least: times in /proc are counted in steps of 10 ms. */
const enoughBytes = 200e6;
const mostRepeats = 50;

/** Per transfer but for the throughput. */
const metrics = metricsOf(['throughput', 'total', 'clientCpu', ...serverCost]);

export const raw: Part = {
  name: 'raw',
  about: 'raw transfer of a pack to Node and to a page: gitws, HTTP, git://, a pipe',
  async run(context, input) {
    const inNode = await compareInNode(context, input);
    return context.hasBrowser ? [inNode, await compareInPage(context, input)] : [inNode];
  },
};

function repeatsFor({ quick }: Context, { shape }: Input): number {
  if (quick) return 1;
  return Math.min(mostRepeats, Math.max(1, Math.ceil(enoughBytes / shape.packBytes)));
}

function compareInNode(context: Context, input: Input): Promise<Comparison> {
  const { servers, rounds, out } = context;
  const repeats = repeatsFor(context, input);
  const over = async (transport: Transport, url: string, server?: RunningServer) => {
    let serverCost: (() => Promise<ServerCost | undefined>) | undefined;
    const task = { transport, url, repeats, concurrency: 1 };
    const result = await transferInNode(out, task, async () => {
      serverCost = await server?.watch();
    });
    return perTransfer(result, repeats, result, await serverCost?.());
  };
  const overServer = (transport: Transport, server: RunningServer) =>
    over(transport, repositoryUrl(server.url, input), server);
  return compare({
    part: raw.name,
    title: `Raw transfer to Node, ${repeats} in a row`,
    input: input.name,
    metrics,
    rounds,
    reference: 'HTTP',
    peers: [
      { name: 'gitws', measure: () => overServer('gitws', servers.gitws) },
      { name: 'HTTP', measure: () => overServer('http', servers.http) },
      { name: 'git://', measure: () => overServer('git', servers.git) },
      // No server at all: what git itself takes.
      { name: 'pipe', measure: () => over('pipe', input.gitDir) },
    ],
  });
}

function compareInPage(context: Context, input: Input): Promise<Comparison> {
  const { servers, rounds } = context;
  const repeats = repeatsFor(context, input);
  const over = (transport: Transport, server: RunningServer) =>
    withBrowser(context, servers.http.url, async (browser) => {
      const task = { transport, url: repositoryUrl(server.url, input), repeats, concurrency: 1 };
      await browser.transfer({ ...task, repeats: 1 });
      const serverCost = await server.watch();
      const browserCost = await browser.watch();
      const result = await browser.transfer(task);
      return perTransfer(result, repeats, await browserCost(), await serverCost());
    });
  return compare({
    part: raw.name,
    title: `Raw transfer to a page in Chromium, ${repeats} in a row`,
    input: input.name,
    metrics,
    rounds,
    reference: 'HTTP',
    peers: [
      { name: 'gitws', measure: () => over('gitws', servers.gitws) },
      { name: 'HTTP', measure: () => over('http', servers.http) },
    ],
  });
}

function perTransfer(
  { total, bytes }: RawResult,
  repeats: number,
  client: Parameters<typeof clientMetrics>[0],
  server: ServerCost | undefined,
): Measurement {
  const { clientCpu } = clientMetrics(client);
  const { serverCpu, gitCpu, serverMemory } = serverMetrics(server);
  const each = (sum: number | undefined) => (sum === undefined ? undefined : sum / repeats);
  return {
    throughput: bytes / 1e6 / (total / 1e3),
    total: total / repeats,
    clientCpu: each(clientCpu),
    serverCpu: each(serverCpu),
    gitCpu: each(gitCpu),
    serverMemory,
  };
}
