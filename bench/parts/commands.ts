/** Small operations in a clone that is there, near and far: what a person waits for all day. */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { timeCommandsInNode } from '../clients.js';
import { timeCommands } from '../commands.js';
import { compareEach, type Comparison, type Measurement, type Peer } from '../compare.js';
import { withBrowser, type Context, type Part } from '../context.js';
import { DelayProxy } from '../delay-proxy.js';
import { git } from '../git.js';
import type { Input } from '../input.js';
import { metricsOf } from '../metrics.js';
import { startGitWs, startHttp, type RunningServer } from '../servers.js';
import type { CommandsTask, PageCommandsTask } from '../tasks.js';

const metrics = metricsOf(['refs', 'nothing', 'fetch', 'pull', 'push']);

/** In ms, each way: beside each other, and a round trip of 50 ms. */
const distances = { normal: [0, 25], quick: [1] };

export const commands: Part = {
  name: 'commands',
  about:
    'refs, fetch, pull and push of one commit, in Node and in Chromium, on loopback and 50 ms away',
  async run(context, input) {
    const results: Comparison[] = [];
    for (const delay of context.quick ? distances.quick : distances.normal) {
      results.push(...(await compareCommands(context, input, delay)));
    }
    return results;
  },
};

async function compareCommands(
  context: Context,
  input: Input,
  delay: number,
): Promise<Comparison[]> {
  const { out, rounds, quick } = context;
  const root = context.newDirectory();
  await mkdir(root);
  const http = await startAway(() => startHttp(out, root), delay);
  const gitws = await startAway(() => startGitWs(out, root, [http.url], ['--allow-push']), delay);
  let count = 0;
  /** Each has a remote of its own, as it was. */
  const remoteAt = async ({ url }: Away) => {
    const name = `${input.name}-${(count += 1)}.git`;
    const gitDir = join(root, name);
    await cp(input.gitDir, gitDir, { recursive: true });
    await git(['--git-dir', gitDir, 'config', 'http.receivepack', 'true']);
    await git(['--git-dir', gitDir, 'symbolic-ref', 'HEAD', 'refs/heads/main']);
    await git(['--git-dir', gitDir, 'update-ref', 'refs/heads/main', input.head]);
    return { url: `${url}/${name}`, gitDir, repeats: quick ? 1 : 5 };
  };
  const inNode = (client: CommandsTask['client'], at: Away) => async (): Promise<Measurement> => {
    const task = { ...(await remoteAt(at)), client, dir: context.newDirectory() };
    return timeCommandsInNode(out, task);
  };
  const inPage = (client: PageCommandsTask['client'], at: Away) => async (): Promise<Measurement> =>
    // Of the server of HTTP, so that isomorphic-git need not ask whether it may.
    withBrowser(context, http.url, async (browser) => {
      const { url, ...rest } = await remoteAt(at);
      const work = browser.commands({ client, url, dir: '/clone' });
      return (await timeCommands(work, rest)).times;
    });
  const native = { name: 'native git over HTTP', measure: inNode('native', http) };
  const compared = (where: string, reference: string, peers: readonly Peer[]) =>
    compareEach({
      part: commands.name,
      title: `${where}, ${delay === 0 ? 'on loopback' : `${2 * delay} ms a round trip`}`,
      ...{ input: input.name, metrics, rounds, reference, peers: [...peers, native] },
    });
  try {
    const [kept, web] = ['isomorphic-git over HTTP, kept alive', 'isomorphic-git over HTTP'];
    const node = await compared('in Node', kept, [
      { name: 'gitws/git', measure: inNode('gitws-git', gitws) },
      { name: 'gitws/git, a connection each', measure: inNode('gitws-git-anew', gitws) },
      { name: 'isomorphic-git over gitws', measure: inNode('gitws', gitws) },
      { name: kept, measure: inNode('http', http) },
    ]);
    if (!context.hasBrowser) return node;
    const pages = await compared('in Chromium', web, [
      { name: 'gitws/git in a worker', measure: inPage('gitws-worker', gitws) },
      { name: 'gitws/git in the page', measure: inPage('gitws-git', gitws) },
      { name: web, measure: inPage('http', http) },
    ]);
    return [...node, ...pages];
  } finally {
    await gitws.close();
    await http.close();
  }
}

/** A server, and what stands before it. */
interface Away {
  readonly url: string;
  close(): Promise<void>;
}

async function startAway(start: () => Promise<RunningServer>, delay: number): Promise<Away> {
  const server = await start();
  if (delay === 0) return server;
  const proxy = await DelayProxy.start(server.url, delay);
  const close = async (): Promise<void> => {
    await proxy.close();
    await server.close();
  };
  return { url: proxy.url, close };
}
