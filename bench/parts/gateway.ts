/** Repositories of another host: through a gateway, with a cache and without, and what there is beside. */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneInNode, cloneNatively, timeCommandsInNode } from '../clients.js';
import { compare, compareEach, type Comparison, type Measurement } from '../compare.js';
import { checkClone, workTree, type Context, type Part } from '../context.js';
import { git } from '../git.js';
import type { Input } from '../input.js';
import { startGitWs, startHttp, startServer, type RunningServer } from '../servers.js';
import type { CloneTransport, CommandsTask } from '../tasks.js';

export const gateway: Part = {
  name: 'gateway',
  about:
    'clone, refs, fetch, pull and push of a host over smart HTTP, through gateways and a proxy',
  async run(context, input) {
    const ways = await startWays(context);
    try {
      return [
        await compareClones(context, input, ways),
        ...(await compareCommands(context, input, ways)),
      ];
    } finally {
      for (const server of ways.servers) await server.close();
    }
  },
};

/** A host, and the ways to it. */
interface Ways {
  /** Where its repositories lie. */
  readonly root: string;
  /** URLs before a repository's name. */
  readonly direct: string;
  readonly proxied: string;
  readonly plain: string;
  readonly cached: string;
  readonly servers: readonly RunningServer[];
}

const names = {
  proxied: 'isomorphic-git through cors-proxy',
  plain: 'gitws through the gateway',
  cached: 'gitws through the gateway, cached',
  native: 'native git over HTTP',
} as const;

async function startWays(context: Context): Promise<Ways> {
  const { out } = context;
  const [root, own] = [context.newDirectory(), context.newDirectory()];
  await Promise.all([root, own].map((directory) => mkdir(directory)));
  const upstream = await startHttp(out, root);
  const { host } = new URL(upstream.url);
  const options = ['--allow-push', '--upstream-private', upstream.url];
  const plain = await startGitWs(out, own, [], options);
  const cache = ['--cache', context.newDirectory()];
  const cached = await startGitWs(out, own, [], [...options, ...cache]);
  const program = [join(out, 'cors-proxy.js'), host];
  const proxy = await startServer(
    process.execPath,
    program,
    /listening on (http:\S+)/,
    (url) => url,
  );
  return {
    root,
    direct: upstream.url,
    proxied: `${proxy.url}/${host}`,
    plain: `${plain.url}/${host}`,
    cached: `${cached.url}/${host}`,
    servers: [proxy, cached, plain, upstream],
  };
}

/** A repository of the host, as it was. */
async function repositoryOf(input: Input, root: string, name: string): Promise<string> {
  const gitDir = join(root, name);
  await cp(input.gitDir, gitDir, { recursive: true });
  await git(['--git-dir', gitDir, 'config', 'http.receivepack', 'true']);
  await git(['--git-dir', gitDir, 'symbolic-ref', 'HEAD', 'refs/heads/main']);
  await git(['--git-dir', gitDir, 'update-ref', 'refs/heads/main', input.head]);
  return gitDir;
}

async function compareClones(context: Context, input: Input, ways: Ways): Promise<Comparison> {
  const { out, rounds } = context;
  const name = `${input.name}.git`;
  await repositoryOf(input, ways.root, name);
  const clone = async (transport: CloneTransport, base: string): Promise<Measurement> => {
    const { dir } = workTree(context);
    const task = { transport, url: `${base}/${name}`, dir, noCheckout: true };
    const { times, cloned } = await cloneInNode(out, task);
    checkClone(input, cloned, false);
    return { total: times.total };
  };
  const native = async (): Promise<Measurement> => {
    const { dir } = workTree(context);
    const { total } = await cloneNatively(`${ways.direct}/${name}`, dir, ['--no-checkout']);
    return { total };
  };
  // The first one fills the cache.
  await clone('gitws-engine', ways.cached);
  return compare({
    part: gateway.name,
    title: 'Clone without checkout in Node, of another host',
    input: input.name,
    metrics: [{ key: 'total', label: 'total', unit: 'ms' }],
    rounds,
    reference: names.proxied,
    peers: [
      { name: names.proxied, measure: () => clone('http', ways.proxied) },
      { name: names.plain, measure: () => clone('gitws-engine', ways.plain) },
      { name: names.cached, measure: () => clone('gitws-engine', ways.cached) },
      { name: names.native, measure: native },
    ],
  });
}

function compareCommands(context: Context, input: Input, ways: Ways): Promise<Comparison[]> {
  const { out, rounds, quick } = context;
  let count = 0;
  const by = (client: CommandsTask['client'], base: string) => async (): Promise<Measurement> => {
    const name = `${input.name}-${(count += 1)}.git`;
    const gitDir = await repositoryOf(input, ways.root, name);
    const dir = context.newDirectory();
    const task = { client, url: `${base}/${name}`, dir, gitDir, repeats: quick ? 1 : 5 };
    return timeCommandsInNode(out, task);
  };
  return compareEach({
    part: gateway.name,
    title: 'of another host',
    input: input.name,
    metrics: [
      { key: 'refs', label: 'refs', unit: 'ms' },
      { key: 'nothing', label: 'fetch of nothing new', unit: 'ms' },
      { key: 'fetch', label: 'fetch of one commit', unit: 'ms' },
      { key: 'pull', label: 'pull of one commit', unit: 'ms' },
      { key: 'push', label: 'push of one commit', unit: 'ms' },
    ],
    rounds,
    reference: names.proxied,
    peers: [
      { name: names.proxied, measure: by('http', ways.proxied) },
      { name: names.plain, measure: by('gitws-git', ways.plain) },
      { name: names.cached, measure: by('gitws-git', ways.cached) },
      { name: names.native, measure: by('native', ways.direct) },
    ],
  });
}
