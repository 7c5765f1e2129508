/**
 * The server that is fuzzed, in this process, with everything that it must not reveal and a way to
 * see that it is as it was: no session, no process, no socket, no error, and a clone that works.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createGitServer, type GitServer } from '../../server/index.js';
import { openChannel } from '../../src/index.js';
import { cloneRequest, packOf } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { countConnections } from '../helpers/listen.js';
import { processesIn } from '../helpers/processes.js';
import { Finding } from './fuzzer.js';

/** The credentials of the only user. Not a word of git's or of a path's. */
export const password = 'S3cr3t-0f-Ada!';
export const authorization = `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;

/** Time in which everything must be at rest again after a batch, in ms. */
const restTime = 30_000;

/** The server that is fuzzed. */
export class Victim {
  readonly port: number;
  /** Tip of `main` in site.git and scratch.git. */
  readonly head: string;
  /** Paths of this machine, of which the server itself says nothing. */
  readonly #paths: readonly string[];
  /** Credentials, in every form in which they are sent: nobody repeats them. */
  readonly #credentials: readonly string[];
  readonly #server: GitServer;
  readonly #http: Server;
  readonly #root: string;
  readonly #errors: unknown[];

  private constructor(
    server: GitServer,
    http: Server,
    root: string,
    head: string,
    errors: unknown[],
  ) {
    this.#server = server;
    this.#http = http;
    this.#root = root;
    this.#errors = errors;
    this.head = head;
    this.port = (http.address() as AddressInfo).port;
    const encoded = Buffer.from(authorization).toString('base64url');
    this.#paths = [root, tmpdir()];
    this.#credentials = [password, authorization, authorization.slice(6), encoded];
  }

  static async start(): Promise<Victim> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'gitws-fuzz-')));
    const { head } = await makeRepository(join(root, 'site.git'), { commits: 6, files: 5 });
    for (const name of ['scratch.git', 'private.git']) {
      await git(['clone', '-q', '--bare', join(root, 'site.git'), join(root, name)]);
    }
    const errors: unknown[] = [];
    const server = createGitServer({
      root,
      allowPush: true,
      authenticate: async ({ credentials }) => {
        await new Promise((resolve) => setImmediate(resolve));
        return credentials?.scheme === 'basic' && credentials.password === password
          ? { name: credentials.username }
          : null;
      },
      authorize: ({ user, repository, access }) =>
        access === 'write'
          ? repository.startsWith('scratch')
          : user !== null || !repository.startsWith('private'),
      limits: {
        ...{ maxRefusals: 6, openingTime: 2_000, closeTime: 1_000, pingInterval: 5_000 },
        // Kept, but not for long, and never too many.
        ...{ resumeTime: 1_000, maxDetached: 10_000, maxDetachedPerAddress: 10_000 },
        ...{ killDelayUpload: 2_000, killDelayReceive: 3_000, termDelayReceive: 300 },
      },
      onError: (error) => errors.push(error),
    });
    const http = createServer((request, response) => {
      if (!server.handleRequest(request, response)) response.writeHead(404).end('Nothing here.\n');
    });
    server.attach(http);
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new Victim(server, http, root, head, errors);
  }

  /** @throws Finding where anything is left, was thrown, or does not work any more. */
  async check(): Promise<void> {
    const limit = performance.now() + restTime;
    for (let left = await this.#whatIsLeft(); left !== ''; left = await this.#whatIsLeft()) {
      if (performance.now() > limit) throw new Finding(`left behind: ${left}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.#checkErrors();
    await this.#clone();
    this.#checkErrors();
  }

  async close(): Promise<void> {
    await this.#server.close({ drainTime: 0 });
    this.#http.close();
    this.#http.closeAllConnections();
    await rm(this.#root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  /** @throws where a repository is not whole: pushes that were rubbish are to leave nothing. */
  async checkRepositories(): Promise<void> {
    for (const name of await readdir(this.#root)) {
      await expectSoundRepository(join(this.#root, name));
    }
  }

  /**
   * @param own what the server itself says.
   * @param git what git says through it: among the words that it puts into the side-band itself
   *   are paths, as over ssh.
   * @throws Finding where one of them says what nobody may know.
   */
  checkSecrets(own: Buffer, git: Buffer): void {
    const [ownText, gitText] = [own.toString('latin1'), git.toString('latin1')];
    const told =
      [...this.#paths, ...this.#credentials].find((secret) => ownText.includes(secret)) ??
      this.#credentials.find((secret) => gitText.includes(secret));
    if (told !== undefined)
      throw new Finding(`the server tells ${told}`, Buffer.concat([own, git]));
  }

  #checkErrors(): void {
    const [error] = this.#errors.splice(0);
    if (error !== undefined) {
      throw new Finding(`the server reports an error: ${inspect(error)}`);
    }
  }

  async #whatIsLeft(): Promise<string> {
    const connections = await countConnections(this.#http);
    const processes = await processesIn(this.#root);
    const left = [
      ...(this.#server.sessions > 0 ? [`${this.#server.sessions} sessions`] : []),
      ...(connections > 0 ? [`${connections} connections`] : []),
      ...processes.map(({ pid, command }) => `process ${pid} ${command}`),
    ];
    return left.join(', ');
  }

  /** An honest clone by the real client. */
  async #clone(): Promise<void> {
    const channel = await openChannel(`http://127.0.0.1:${this.port}/private.git`, {
      service: 'git-upload-pack',
      authorization,
    });
    const writer = channel.writable.getWriter();
    const [[answer, status]] = await Promise.all([
      Promise.all([new Response(channel.readable).arrayBuffer(), channel.exit]),
      writer.write(cloneRequest([this.head])).then(() => writer.close()),
    ]);
    await channel.closed;
    const pack = packOf(Buffer.from(answer));
    const sum = createHash('sha1').update(pack.subarray(0, -20)).digest();
    if (status.code !== 0 || !sum.equals(pack.subarray(-20))) {
      throw new Finding(`an honest clone fails: ${JSON.stringify(status)}`);
    }
  }
}
