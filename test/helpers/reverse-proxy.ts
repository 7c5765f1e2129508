/**
 * A real nginx, HAProxy or Apache on a loopback port, as a child that does not go into the background. What
 * still runs is ended with the file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findProgram } from '../../bench/find-program.js';
import { atEnd } from './at-end.js';
import { freePort } from './listen.js';
import { temporaryDirectory } from './temp.js';

/** Which program. */
export type ProxyName = 'nginx' | 'haproxy';

/** A proxy that listens. */
export interface ReverseProxy {
  readonly port: number;
  /** Everything that it has logged: requests, and trouble of its own. */
  log(): Promise<string>;
  /** Ends it, and with it whatever still goes through it. */
  close(): Promise<void>;
}

const running = new Set<() => Promise<void>>();

atEnd(async () => {
  await Promise.all([...running].map((close) => close()));
});

/**
 * Starts one, and waits until it listens.
 *
 * @param configure what the example in docs/deployment.md says, filled in for a port; what is
 *   missing for a whole configuration is put around it.
 * @throws Error with what the program said, where it does not listen.
 */
export async function startReverseProxy(
  name: ProxyName | 'apache2',
  configure: (port: number) => string,
): Promise<ReverseProxy> {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`There is no ${name} on this machine.`);
  const directory = await temporaryDirectory();
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const prepare = { nginx: prepareNginx, haproxy: prepareHAProxy, apache2: prepareApache }[name];
    const { args, logFile } = await prepare(directory, configure(port));
    // Apache ends its whole process group: it must have one of its own.
    const detached = name === 'apache2';
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const close = ender(child);
    if (await listens(child, port)) {
      const log = async (): Promise<string> =>
        output + (logFile === undefined ? '' : await readFile(logFile, 'utf8'));
      return { port, log, close };
    }
    await close();
    // Somebody else may have taken the port in between.
    if (attempt === 5 || !/in use/i.test(output)) throw new Error(`${name} said: ${output}`);
  }
}

interface Prepared {
  readonly args: string[];
  /** Where it writes its log, if not to its output. */
  readonly logFile?: string;
}

async function prepareNginx(directory: string, servers: string): Promise<Prepared> {
  const configuration = join(directory, 'nginx.conf');
  const logFile = join(directory, 'access.log');
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${join(directory, kind)};`)
    .join('\n');
  const text = `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${join(directory, 'nginx.pid')};
error_log stderr info;
events {}
http {
${folders}
  # The format is nginx's own default.
  access_log ${logFile};
${servers}
}
`;
  await writeFile(logFile, '');
  await writeFile(configuration, text);
  return { args: ['-c', configuration, '-p', directory], logFile };
}

async function prepareHAProxy(directory: string, text: string): Promise<Prepared> {
  const configuration = join(directory, 'haproxy.cfg');
  await writeFile(configuration, text);
  return { args: ['-db', '-f', configuration] };
}

async function prepareApache(directory: string, text: string): Promise<Prepared> {
  const configuration = join(directory, 'apache2.conf');
  // What Node gives a child for stderr is a socket, which cannot be opened by a name.
  const logFile = join(directory, 'error.log');
  await writeFile(logFile, '');
  const modules = [
    ...['mpm_prefork', 'authn_core', 'authn_file', 'auth_basic', 'authz_core', 'authz_user'],
    ...['alias', 'env', 'setenvif', 'cgi'],
  ];
  const loads = modules.map((one) => `LoadModule ${one}_module ${apacheModules}/mod_${one}.so`);
  const general = `
ServerRoot ${directory}
ServerName localhost
DefaultRuntimeDir ${directory}
PidFile ${join(directory, 'apache2.pid')}
Mutex file:${directory} default
ErrorLog ${logFile}
LogLevel warn
StartServers 2
`;
  await writeFile(configuration, `${loads.join('\n')}\n${general}\n${text}\n`);
  return { args: ['-DFOREGROUND', '-f', configuration], logFile };
}

/** Where Debian has them. */
const apacheModules = '/usr/lib/apache2/modules';

function ender(child: ChildProcess): () => Promise<void> {
  const exited = once(child, 'exit');
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    running.delete(close);
  };
  running.add(close);
  return close;
}

/** @returns false where the program ended before it listened. */
async function listens(child: ChildProcess, port: number): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null) {
    const socket = connect(port, '127.0.0.1');
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => {
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    socket.destroy();
    if (connected) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}
