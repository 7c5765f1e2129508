/** Small operations in a clone that is there, near and far: what a person waits for all day. */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { timeCommandsInNode } from '../clients.js';
import { compareEach, type Comparison, type Measurement } from '../compare.js';
import type { Context, Part } from '../context.js';
import { DelayProxy } from '../delay-proxy.js';
import { git } from '../git.js';
import type { Input } from '../input.js';
import { metricsOf } from '../metrics.js';
import { startGitWs, startHttp, type RunningServer } from '../servers.js';
import type { CommandsTask } from '../tasks.js';

const metrics = metricsOf(['refs', 'nothing', 'fetch', 'pull', 'push']);

/** In ms, each way: beside each other, and a round trip of 50 ms. */
const distances = { normal: [0, 25], quick: [1] };

export const commands: Part = {
  name: 'commands',
  about: 'refs, fetch, pull and push of one commit in Node, on loopback and 50 ms away',
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
  const gitws = await startAway(() => startGitWs(out, root, [], ['--allow-push']), delay);
  const http = await startAway(() => startHttp(out, root), delay);
  let count = 0;
  const by =
    (client: CommandsTask['client'], { url }: Away) =>
    async (): Promise<Measurement> => {
      // Each has a remote of its own, as it was.
      const name = `${input.name}-${(count += 1)}.git`;
      const gitDir = join(root, name);
      await cp(input.gitDir, gitDir, { recursive: true });
      await git(['--git-dir', gitDir, 'config', 'http.receivepack', 'true']);
      await git(['--git-dir', gitDir, 'symbolic-ref', 'HEAD', 'refs/heads/main']);
      await git(['--git-dir', gitDir, 'update-ref', 'refs/heads/main', input.head]);
      const dir = context.newDirectory();
      const task = { client, url: `${url}/${name}`, dir, gitDir, repeats: quick ? 1 : 5 };
      return timeCommandsInNode(out, task);
    };
  try {
    return await compareEach({
      part: commands.name,
      title: delay === 0 ? 'on loopback' : `${2 * delay} ms a round trip`,
      input: input.name,
      metrics,
      rounds,
      reference: 'isomorphic-git over HTTP, kept alive',
      peers: [
        { name: 'gitws/git', measure: by('gitws-git', gitws) },
        { name: 'gitws/git, a connection each', measure: by('gitws-git-anew', gitws) },
        { name: 'isomorphic-git over gitws', measure: by('gitws', gitws) },
        { name: 'isomorphic-git over HTTP, kept alive', measure: by('http', http) },
        { name: 'native git over HTTP', measure: by('native', http) },
      ],
    });
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
