/**
 * `gitws serve ROOT`: the server on an HTTP server of its own, until a signal ends it.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Command } from 'commander';
import { createGitServer, type GitServer, type UpstreamSshOptions } from '../../server/index.js';
import { completeLimits, limitNames, type Limits } from '../../server/limits/limits.js';
import {
  keepList,
  listRepositories,
  type RepositoryNames,
} from '../../server/git/repository-list.js';
import { gitVersion } from '../../server/backend/local/spawn.js';
import { createAccess, type ServerAccess } from '../access.js';
import { createFrontPage } from '../front-page/answer.js';
import { formatGreeting } from '../front-page/greeting.js';
import { createHttpServer, type OwnHttpServer } from '../http-server.js';
import { createLog, logLevels, type Log } from '../log.js';
import { fail } from '../problem.js';
import { servedRoot } from '../served-root.js';
import { asSet } from '../settings/as-set.js';
import { addSettings, givenSettings } from '../settings/command-options.js';
import { checkNeeds } from '../settings/needs.js';
import { readSettings, type ReadSettings } from '../settings/read.js';
import { settingNames, type Settings } from '../settings/table.js';
import { upstreamsOf } from '../upstreams.js';

const description = `Serves the repositories in a directory, at any depth, bare or with a work tree.

Examples:
  gitws serve ~/repositories                  for this machine, to read
  gitws serve ~/repositories --allow-push     and to push
  gitws serve site.git                        this repository alone
  gitws serve . --origin https://app.example  for pages of that origin, too
  gitws config check --config gitws.json      tries settings, serves nothing

For others, as the rules say:
  gitws serve /srv/git --host 0.0.0.0 --public-url https://git.example \\
    --tls-cert cert.pem --tls-key key.pem \\
    --tokens tokens.json --rules rules.json

Every option can stand in the configuration file, or in a variable GITWS_*, too.`;

/** Adds the command. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    // Some options are long: what they say has less than half of a narrow terminal.
    .configureHelp({ minWidthToWrap: 30 })
    .summary('serve the repositories in a directory, at any depth, bare or with a work tree')
    .description(description)
    .argument('[root]', 'a directory of repositories, or one');
  addSettings(command, settingNames, { groups: true }).action(async (root: string | undefined) => {
    try {
      const given = givenSettings(command.opts(), settingNames);
      const read = readSettings(root === undefined ? given : { ...given, root });
      const { logFormat = process.stderr.isTTY ? 'text' : 'json', logLevel } = read.settings;
      const level = logLevels.find((one) => one === logLevel);
      const log = createLog(logFormat === 'text' ? 'text' : 'json', level);
      for (const name of read.unknownVariables) log.warn(`${name} is no setting.`);
      await serve(read, log);
    } catch (error) {
      fail(error);
    }
  });
}

/** What a server is made of: also to find out whether it could be. */
export interface Parts {
  readonly gitServer: GitServer;
  readonly http: OwnHttpServer;
  readonly access: ServerAccess;
  /** The repositories, for a list; undefined where there shall be none. */
  readonly list: (() => Promise<RepositoryNames>) | undefined;
}

/**
 * Makes the server and starts nothing.
 *
 * @throws GitWsError INVALID_OPTION
 */
export async function prepareServer(
  read: ReadSettings,
  log: Log,
  isClosing: () => boolean = () => false,
): Promise<Parts> {
  try {
    checkNeeds(read);
    return await partsOf(read.settings, log, isClosing);
  } catch (error) {
    throw asSet(error, read.settings);
  }
}

async function partsOf(settings: Settings, log: Log, isClosing: () => boolean): Promise<Parts> {
  const { root, basePath, publicUrl, origins, hostNames, trustedProxies, node } = settings;
  if (root === undefined) throw new Error('there is no root: name the directory to serve.');
  const limits = limitsOf(settings);
  const { listing = true, maxListed = 1_000, maxListScan = 20_000, listTime = 10_000 } = settings;
  const served = await servedRoot(root, listing);
  const access = await createAccess(settings, log);
  const { gitConfig, safeDirectories, maintenance, hooksParent, tlsCert, tlsKey } = settings;
  const { smartHttp = false } = settings;
  const onError = (error: unknown): void => {
    log.failure(error);
  };
  const { cache, cacheSize, cacheStale = 0 } = settings;
  const gitServer = createGitServer({
    ...served,
    upstreams: upstreamsOf(settings),
    upstreamSsh: sshFilesOf(settings),
    ...(cache && { cache: { directory: cache, size: cacheSize, stale: cacheStale } }),
    ...{ basePath, publicUrl, origins, hosts: hostNames, trustedProxies, node, limits },
    ...{ gitConfig, safeDirectories, maintenance, hooksParent, smartHttp },
    ...access.options,
    onSession: (report) => {
      log.session(report);
    },
    onRefusal: (report) => {
      log.refusal(report);
    },
    onUpstream: (report) => {
      log.upstream(report);
    },
    onError,
  });
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new Error('tlsCert and tlsKey belong together: give both, or neither.');
  }
  const tls =
    tlsCert === undefined || tlsKey === undefined ? undefined : { cert: tlsCert, key: tlsKey };
  const { root: directory, repository } = served;
  const find = (): Promise<RepositoryNames> =>
    repository === undefined
      ? listRepositories(directory, { maxListed, maxListScan })
      : Promise.resolve({ names: [repository], more: false });
  const list = listing ? keepList(find, listTime) : undefined;
  const names = { basePath, publicUrl, hosts: hostNames, trustedProxies };
  const scheme = tls === undefined ? 'http' : 'https';
  const frontPage =
    list && createFrontPage({ ...names, ...access.options, scheme, limits, list, onError });
  const http = createHttpServer({ gitServer, tls, limits, isClosing, frontPage, smartHttp });
  return { gitServer, access, http, list };
}

function sshFilesOf({
  upstreamSshKey: key,
  upstreamKnownHosts: knownHosts,
  upstreamSshConfig: config,
}: Settings): UpstreamSshOptions | undefined {
  if (key !== undefined && knownHosts !== undefined) return { key, knownHosts, config };
  if (key === undefined && knownHosts === undefined && config === undefined) return undefined;
  throw new Error('upstreamSshKey and upstreamKnownHosts belong together: give both, or neither.');
}

function limitsOf(settings: Settings): Limits {
  return completeLimits(Object.fromEntries(limitNames.map((name) => [name, settings[name]])));
}

/** Serves until SIGINT or SIGTERM. */
async function serve(read: ReadSettings, log: Log): Promise<void> {
  const { settings } = read;
  const { host = '127.0.0.1', port = 8080, tlsCert } = settings;
  let closing = false;
  const { gitServer, access, http, list } = await prepareServer(read, log, () => closing);
  await gitVersion();
  await gitServer.ready();
  const { server } = http;
  gitServer.attach(server, { limitConnections: true });
  server.listen(port, host);
  await once(server, 'listening');
  // Not the end: whatever cannot be accepted, what is open goes on.
  server.on('error', (error) => {
    log.failure(error);
  });
  const scheme = tlsCert === undefined ? 'http' : 'https';
  const address = `${scheme}://${addressOf(server, host)}`;
  process.stdout.write(`gitws listening on ${address}\n`);
  if (list !== undefined) void greet(list, settings, address, log);
  for (const warning of access.warnings) log.warn(warning);
  const stopReloading = reloadAtHangUp(access, http, log);
  await signal();
  closing = true;
  stopReloading();
  // It listens on: whoever comes is told to try again, and a balancer by /healthz.
  const closed = gitServer.close();
  // Whoever asks twice does not want to wait for pushes under way, nor for anything else.
  void signal().then(() => {
    process.exitCode = 1;
    void gitServer.close({ drainTime: 0, killTime });
    setTimeout(endAtOnce, hurryTime).unref();
  });
  await closed;
  server.close();
  server.closeAllConnections();
  log.flush();
  // Nothing is left but what hangs: a file system, or a function that does not answer.
  setTimeout(endAtOnce, lastTime).unref();
}

/** Time from SIGTERM to SIGKILL for the processes of a server that was told twice to end, in ms. */
export const killTime = 2_000;

/** And for all of it, in ms. */
export const hurryTime = 4_000;

/** Time from the end of every session to the end of the process, in ms. */
const lastTime = 2_000;

/** process.exit() would wait for a system call that never comes back. */
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function greet(
  list: () => Promise<RepositoryNames>,
  { root = '', basePath = '', publicUrl }: Settings,
  address: string,
  log: Log,
): Promise<void> {
  const origin = publicUrl === undefined ? address : new URL(publicUrl).origin;
  try {
    const url = `${origin}${basePath.replace(/\/+$/, '')}`;
    process.stdout.write(formatGreeting(await list(), url, root));
  } catch (error) {
    // It was there a moment ago.
    log.error(error);
  }
}

function addressOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** SIGHUP reads rules and certificate again; on a terminal it ends, as the terminal does. */
function reloadAtHangUp(access: ServerAccess, http: OwnHttpServer, log: Log): () => void {
  if (process.stdout.isTTY) return () => undefined;
  const onHangUp = (): void => {
    void (async () => {
      try {
        http.reload();
        // A rules file that cannot be used has been reported.
        if ((await access.reload()) !== false) log.info('The configuration was read again.');
      } catch (error) {
        log.error(error);
      }
    })();
  };
  process.on('SIGHUP', onHangUp);
  return () => process.off('SIGHUP', onHangUp);
}

/** The next signal that asks the process to end. */
function signal(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ['SIGINT', 'SIGTERM', ...(process.stdout.isTTY ? ['SIGHUP'] : [])];
    const onSignal = (): void => {
      for (const name of signals) process.off(name, onSignal);
      resolve();
    };
    for (const name of signals) process.on(name, onSignal);
  });
}
