/** What sessions cost a server: one, and many at once, by a client that drops what comes. */
import { transferInNode } from '../clients.js';
import { compare, type Comparison, type Measurement } from '../compare.js';
import { repositoryUrl, serverMetrics, type Context, type Part } from '../context.js';
import type { Input } from '../input.js';
import { metricsOf, serverCost } from '../metrics.js';
import type { RunningServer, ServerCost } from '../servers.js';
import type { Transport } from '../tasks.js';

const metrics = metricsOf(['total', ...serverCost], {
  total: 'until all are done',
  serverCpu: 'server CPU a session',
  gitCpu: "server's git CPU a session",
});

/** `git daemon` lets 5 connections wait (daemon.c, listen()): of many at once, some are reset. */
const mostOfGitDaemon = 100;

export const sessions: Part = {
  name: 'sessions',
  about: 'server CPU and memory with 1, 20 and 200 raw transfers at once',
  async run(context, input) {
    const results: Comparison[] = [];
    for (const concurrency of context.quick ? [3] : [1, 20, 200]) {
      results.push(await compareServers(context, input, concurrency));
    }
    return results;
  },
};

function compareServers(
  { servers, rounds, out }: Context,
  input: Input,
  concurrency: number,
): Promise<Comparison> {
  const over = async (transport: Transport, server: RunningServer): Promise<Measurement> => {
    let serverCost: (() => Promise<ServerCost | undefined>) | undefined;
    const task = { transport, url: repositoryUrl(server.url, input), repeats: 1, concurrency };
    const { total } = await transferInNode(out, task, async () => {
      serverCost = await server.watch();
    });
    const { serverCpu, gitCpu, serverMemory } = serverMetrics(await serverCost?.());
    const each = (sum: number | undefined) => (sum === undefined ? undefined : sum / concurrency);
    return { total, serverCpu: each(serverCpu), gitCpu: each(gitCpu), serverMemory };
  };
  return compare({
    part: sessions.name,
    title: `Raw transfers to Node, ${concurrency} at once`,
    input: input.name,
    metrics,
    rounds,
    reference: 'HTTP',
    peers: [
      { name: 'gitws', measure: () => over('gitws', servers.gitws) },
      { name: 'HTTP', measure: () => over('http', servers.http) },
      ...(concurrency > mostOfGitDaemon
        ? []
        : [{ name: 'git://', measure: () => over('git', servers.git) }]),
    ],
  });
}
