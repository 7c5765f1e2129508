/**
 * A git host that is reached over ssh alone: Debian's real sshd, one process a connection (its inetd
 * mode) behind a loopback port that the system picks. With keys and a configuration of its own; nothing
 * of the machine's sshd is used, and all of it ends with the test file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile, readFile, chmod } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../bench/find-program.js';
import { atEnd } from './at-end.js';
import { temporaryDirectory } from './temp.js';

/** A host that listens. */
export interface SshHost {
  /** `ssh://USER@127.0.0.1:PORT`. */
  readonly url: string;
  /** Its name on a gateway. */
  readonly name: string;
  readonly port: number;
  readonly user: string;
  /** What an operator has: a key that it takes, and the host's own, as ssh-keyscan writes it. */
  readonly files: { readonly key: string; readonly knownHosts: string };
  /** What it is made of. */
  readonly directory: string;
  /** How many connections there were. */
  readonly connections: () => number;
  /** How many there are. */
  readonly open: () => number;
  /** All that its sshd has logged. */
  readonly log: () => string;
  /** Ends every connection at once. */
  cut(): void;
}

/** What it does. */
export interface SshHostOptions {
  /** A command run in the place of each that is asked for (authorized_keys, `command=`). */
  readonly command?: string;
  /** Lines of sshd_config(5). */
  readonly config?: string;
}

const hosts: (() => Promise<void>)[] = [];

atEnd(async () => {
  await Promise.all(hosts.splice(0).map((close) => close()));
});

/** @returns the path of a private key that nobody knows; its public one is beside it. */
export async function makeKey(directory: string, name: string, passphrase = ''): Promise<string> {
  const path = join(directory, name);
  const args = ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', path];
  await ended(spawn('ssh-keygen', args, { stdio: 'ignore' }));
  return path;
}

/** @returns the words of a file of known hosts for this one. */
export function knownHost(hostname: string, port: number, publicKey: string): string {
  const [type = '', key = ''] = publicKey.split(' ');
  return `${port === 22 ? hostname : `[${hostname}]:${port}`} ${type} ${key}\n`;
}

export async function startSshHost({
  command,
  config = '',
}: SshHostOptions = {}): Promise<SshHost> {
  const program = findProgram('sshd') ?? '/usr/sbin/sshd';
  const directory = await temporaryDirectory();
  const [hostKey, key] = [await makeKey(directory, 'host'), await makeKey(directory, 'operator')];
  const restrictions = command === undefined ? 'restrict' : `restrict,command="${command}"`;
  const authorized = join(directory, 'authorized_keys');
  await writeFile(authorized, `${restrictions} ${await readFile(`${key}.pub`, 'utf8')}`);
  const settings = join(directory, 'sshd_config');
  await writeFile(
    settings,
    `HostKey ${hostKey}
AuthorizedKeysFile ${authorized}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PidFile none
PrintMotd no
AcceptEnv GIT_PROTOCOL
LogLevel VERBOSE
${config}
`,
  );
  // Where sshd without privileges is shut in: Debian makes it when its service starts.
  await mkdir('/run/sshd', { recursive: true });
  await chmod('/run/sshd', 0o755);
  const running = new Set<ChildProcess>();
  let [connections, log] = [0, ''];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    connections += 1;
    const child = spawn(program, ['-i', '-e', '-f', settings], {
      stdio: [socket, socket, 'pipe'],
      detached: true,
    });
    running.add(child);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
    child.once('spawn', () => socket.destroy());
    child.once('exit', () => running.delete(child));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const knownHosts = join(directory, 'known_hosts');
  await writeFile(
    knownHosts,
    knownHost('127.0.0.1', port, await readFile(`${hostKey}.pub`, 'utf8')),
  );
  const cut = (): void => {
    for (const { pid } of running) if (pid !== undefined) kill(pid);
  };
  hosts.push(async () => {
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  });
  const { username: user } = userInfo();
  const name = `127.0.0.1:${port}`;
  return {
    ...{ url: `ssh://${user}@${name}`, name, port, user, directory, cut },
    files: { key, knownHosts },
    connections: () => connections,
    open: () => running.size,
    log: () => log,
  };
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has ended by itself in between.
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}`);
}
