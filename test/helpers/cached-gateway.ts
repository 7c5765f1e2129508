/** A gateway with a cache, before a host that a test attends, and native git to ask it. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitServerOptions, SessionReport } from '../../server/index.js';
import { startAttendedHost, type AttendedHost } from './attended-host.js';
import { git, gitStatus, makeRepository, type GitResult } from './git.js';
import { nativeEnvironment } from './native.js';
import { eventually } from './processes.js';
import { startServer, type TestServer } from './server.js';
import { temporaryDirectory } from './temp.js';

/** Name of the repository that is there from the start. */
export const site = 'team/site.git';

/** Everything of one test. */
export class CachedGateway {
  readonly reports: SessionReport[] = [];
  readonly errors: unknown[] = [];
  gateway!: TestServer;
  #count = 0;

  private constructor(
    /** Directory for all of it. */
    readonly base: string,
    readonly host: AttendedHost,
    /** The repository upstream, and its newest commit. */
    readonly repository: string,
    readonly head: string,
    readonly env: Record<string, string>,
  ) {}

  /** @param options of the gateway, beside those that make it one. */
  static async start(options: Partial<GitServerOptions> = {}): Promise<CachedGateway> {
    const base = await temporaryDirectory();
    const made = await makeRepository(join(base, 'upstream', site), {
      commits: 30,
      bigBlobs: { count: 1, bytes: 100_000 },
    });
    const host = await startAttendedHost(join(base, 'upstream'));
    await mkdir(join(base, 'local'));
    const env = await nativeEnvironment();
    const all = new CachedGateway(base, host, made.gitDir, made.head, env);
    await all.startGateway(options);
    return all;
  }

  /** Of the gateway, whenever it is started. */
  get directory(): string {
    return join(this.base, 'cache');
  }

  /** Starts it, or another one of the same directory. */
  async startGateway(options: Partial<GitServerOptions> = {}): Promise<void> {
    this.gateway = await startServer({
      root: join(this.base, 'local'),
      upstreams: [{ url: this.host.url, private: true }],
      cache: { directory: this.directory },
      onSession: (report) => this.reports.push(report),
      onError: (error) => this.errors.push(error),
      ...options,
    });
    await this.gateway.server.ready();
  }

  /** URL of a repository on the gateway. */
  url(path = site): string {
    return `ws${this.gateway.url.slice('http'.length)}/${this.host.name}/${path}`;
  }

  /** @returns a path that nothing is at. */
  fresh(): string {
    return join(this.base, `clone-${(this.#count += 1)}`);
  }

  /** Clones by native git. @returns where. */
  async clone(args: readonly string[] = [], path = site): Promise<string> {
    const dir = this.fresh();
    await git(['clone', '--bare', ...args, this.url(path), dir], { cwd: this.base, env: this.env });
    return dir;
  }

  /** The same, whatever comes of it. */
  cloneStatus(args: readonly string[] = [], path = site): Promise<GitResult> {
    const command = ['clone', '--bare', ...args, this.url(path), this.fresh()];
    return gitStatus(command, { cwd: this.base, env: this.env });
  }

  /** Paths of what is kept. */
  async mirrors(): Promise<string[]> {
    const mirrors = join(this.directory, 'mirrors');
    return (await readdir(mirrors)).map((name) => join(mirrors, name));
  }

  /** What is being made, or removed. */
  making(): Promise<string[]> {
    return readdir(join(this.directory, 'making'));
  }

  /** How the cache served the last who came, once so many have left. */
  async uses(number: number): Promise<(string | undefined)[]> {
    await eventually(() => this.reports.length >= number);
    return this.reports.splice(0).map(({ cache }) => cache ?? 'past');
  }

  /** A commit upstream, as somebody else makes it. */
  async commit(
    branch: string,
    { parent = this.head, cwd = this.repository } = {},
  ): Promise<string> {
    const tree = await git(['rev-parse', `${parent}^{tree}`], { cwd });
    const args = ['commit-tree', tree, '-p', parent, '-m', `on ${branch}`];
    const oid = await git(args, { cwd });
    await git(['update-ref', `refs/heads/${branch}`, oid], { cwd });
    return oid;
  }
}

/** All refs and their objects, and where HEAD is. */
export async function refsOf(cwd: string): Promise<string> {
  const refs = await git(['for-each-ref', '--format=%(objectname) %(refname)'], { cwd });
  const { stdout } = await gitStatus(['symbolic-ref', '--quiet', 'HEAD'], { cwd });
  return `${refs}\n${stdout}`;
}
