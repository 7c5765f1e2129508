/**
 * Where transfers are put to the test: a real server, the repositories that clients clone from,
 * fetch from and push to, and what the server says of each session. Needs no test runner: whoever
 * starts one closes it.
 */
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createGitServer,
  type GitServer,
  type GitServerOptions,
  type Limits,
  type SessionReport,
} from '../../server/index.js';
import { git, gitEnvironment, makeRepository } from '../helpers/git.js';
import { eventually, noProcessIn } from '../helpers/processes.js';
import { seededRandom } from '../helpers/random.js';

/** What a client does. */
export type Operation = 'clone' | 'fetch' | 'push';

/** How much the transfers carry. */
export interface GroundOptions {
  /** Files that no compression shrinks, each of them larger than one message. Default 5. */
  readonly media?: number;
  readonly limits?: Partial<Limits>;
}

/**
 * Limits by which little data needs many acks, and by which a session whose client has given up is
 * over soon. Pings stay as rare as they are: one among a session's first bytes would shift them, and
 * a cut behind the first `ack` would come before it. Times in ms, sizes in bytes.
 */
export const faultLimits: Partial<Limits> = {
  window: 256 * 1024,
  maxReplay: 256 * 1024,
  resumeTime: 10_000,
  openingTime: 2_000,
};

/** Repositories of one trial, nobody else's. */
export interface Plot {
  /** Names it to the server: the repository's path. */
  readonly name: string;
  /** The server's bare repository. */
  readonly gitDir: string;
  /** Where the client's repository is, or will be. */
  readonly clone: string;
  remove(): Promise<void>;
}

/** All refs of both repositories of an operation, HEAD among them, a line each. */
export interface BothRefs {
  /** The server's. */
  readonly there: string;
  /** The client's. */
  readonly here: string;
}

/** A server and repositories to put transfers to the test on. */
export class Ground {
  /** Of each session that is over. */
  readonly reports: SessionReport[] = [];
  /** What went wrong on the server. */
  readonly errors: unknown[] = [];
  /** What native git has to be told by its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly root: string;
  readonly #directory: string;
  readonly #options: GroundOptions;
  #server!: GitServer;
  #httpServer!: Server;
  readonly #native = new Map<Operation, Promise<BothRefs>>();
  #plots = 0;

  private constructor(directory: string, options: GroundOptions) {
    this.#directory = directory;
    this.#options = options;
    this.root = join(directory, 'root');
    const path = [join(directory, 'bin'), gitEnvironment['PATH'] ?? ''].join(delimiter);
    this.env = { PATH: path };
  }

  static async start(options: GroundOptions = {}): Promise<Ground> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'gitws-faults-')));
    const ground = new Ground(directory, options);
    await ground.#make();
    await ground.#listen();
    return ground;
  }

  /** `http://127.0.0.1:PORT`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#httpServer.address() as AddressInfo).port}`;
  }

  get server(): GitServer {
    return this.#server;
  }

  /** Repositories for one operation. */
  async plot(operation: Operation): Promise<Plot> {
    this.#plots += 1;
    // All names are as long: requests, too, and so the same byte is the same thing.
    const name = `${operation}-${String(this.#plots).padStart(6, '0')}.git`;
    const gitDir = join(this.root, name);
    const clone = join(this.#directory, `client-${this.#plots}`);
    const [there, here] = {
      clone: ['new.git', undefined],
      fetch: ['new.git', 'behind'],
      push: ['old.git', 'ahead'],
    }[operation] as [string, string | undefined];
    await cp(join(this.#directory, there), gitDir, { recursive: true });
    if (here !== undefined) await cp(join(this.#directory, here), clone, { recursive: true });
    return {
      ...{ name, gitDir, clone },
      async remove() {
        for (const one of [gitDir, clone]) await rm(one, { recursive: true, force: true });
      },
    };
  }

  /** What git makes of the refs, asked for the same without a server between. */
  nativeRefs(operation: Operation): Promise<BothRefs> {
    const known = this.#native.get(operation) ?? this.#carryOut(operation);
    this.#native.set(operation, known);
    return known;
  }

  async #carryOut(operation: Operation): Promise<BothRefs> {
    const plot = await this.plot(operation);
    const { gitDir, clone } = plot;
    const url = `file://${gitDir}`;
    const args = {
      clone: ['clone', '-q', url, clone],
      fetch: ['-C', clone, 'fetch', '-q', '--tags', url, '+refs/heads/*:refs/remotes/origin/*'],
      push: ['-C', clone, 'push', '-q', url, 'refs/heads/main'],
    }[operation];
    await git(args);
    const both = { there: await allRefs(gitDir), here: await allRefs(clone) };
    await plot.remove();
    return both;
  }

  /** Waits until no session is left, and no process of one. */
  async rest(): Promise<void> {
    await noProcessIn(this.root);
    await eventually(() => this.#server.sessions === 0);
  }

  /** Ends the server, and removes everything. */
  async close(): Promise<void> {
    await this.#server.close({ drainTime: 0 });
    const closed = once(this.#httpServer, 'close');
    this.#httpServer.close();
    this.#httpServer.closeAllConnections();
    await closed;
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  async #make(): Promise<void> {
    const at = (name: string): string => join(this.#directory, name);
    const { media = 5 } = this.#options;
    await mkdir(this.root);
    await makeRepository(at('old.git'), { commits: 12, files: 10 });
    await cp(at('old.git'), at('new.git'), { recursive: true });
    await addMedia(at('new.git'), media, 1);
    await git(['clone', '-q', '--no-checkout', `file://${at('old.git')}`, at('behind')]);
    await cp(at('behind'), at('ahead'), { recursive: true });
    await addMedia(join(at('ahead'), '.git'), media, 2);
    const commands = fileURLToPath(new URL('../../dist/bin/', import.meta.url));
    await mkdir(at('bin'));
    await symlink(join(commands, 'git-remote-ws.cjs'), join(at('bin'), 'git-remote-ws'));
  }

  async #listen(): Promise<void> {
    const options: GitServerOptions = {
      ...{ root: this.root, allowPush: true, maintenance: false },
      // The same objects make the same pack.
      gitConfig: { 'pack.threads': '1' },
      limits: { ...faultLimits, ...this.#options.limits },
      onSession: (report) => this.reports.push(report),
      onError: (error) => this.errors.push(error),
    };
    this.#server = createGitServer(options);
    this.#httpServer = createServer();
    this.#server.attach(this.#httpServer);
    this.#httpServer.listen(0, '127.0.0.1');
    await once(this.#httpServer, 'listening');
  }
}

/** @returns all refs of a repository, HEAD among them, a line each. */
export async function allRefs(directory: string): Promise<string> {
  const format = '--format=%(refname) %(objectname) %(symref)';
  const head = await git(['-C', directory, 'rev-parse', '--symbolic-full-name', 'HEAD']);
  return `HEAD ${head}\n${await git(['-C', directory, 'for-each-ref', format])}`;
}

/** One commit on main with files that no compression shrinks. */
async function addMedia(gitDir: string, count: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const parts: (string | Uint8Array)[] = [
    'commit refs/heads/main\ncommitter Test Author <author@example.com> 1735689600 +0000\n',
    `data <<END\nAdd media\nEND\nfrom refs/heads/main^0\n`,
  ];
  for (let number = 0; number < count; number += 1) {
    const bytes = random.bytes(150_000 + random.below(100_000));
    parts.push(`M 100644 inline media/${number}.bin\ndata ${bytes.length}\n`, bytes, '\n');
  }
  const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
  await git([`--git-dir=${gitDir}`, 'fast-import', '--quiet'], { input });
  await git([`--git-dir=${gitDir}`, 'repack', '-a', '-d', '-q']);
}
