/**
 * The load on one server: many clones at once, clients and gits that stall, clients that are lost,
 * floods of the refused and the half-open. Each part prints what it cost, and each ends with a server that holds what it
 * held before. Loopback only; bounded in number, and in time by whoever runs it.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChannel } from '../../src/index.js';
import { nullOid, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { processesIn } from '../helpers/processes.js';
import {
  clone,
  DeadWeight,
  refusedUpgrade,
  SlowReader,
  upgradeText,
  type CloneTimes,
} from './clients.js';
import { formatBytes, formatTimes } from './figures.js';
import { LoadServer, type Held } from './load-server.js';

const mebibyte = 2 ** 20;

/** How much load. */
export interface Scale {
  /** Clones at once. */
  readonly clones: number;
  /** Clients at once that stop reading. */
  readonly slowReaders: number;
  /** Pushes at once whose git stops reading. */
  readonly stalledPushes: number;
  /** Clients at once whose connection is lost in the middle, and who do not come back. */
  readonly lost: number;
  /** Upgrades that are refused, in all. */
  readonly refusals: number;
  /** Connections at once that are held open for nothing. */
  readonly halfOpen: number;
}

/** gits at once: below the number of clones, so that it has to hold; above that of the stalled. */
const maxChildren = 48;

/** Receive window and most bytes unacknowledged, in bytes: the defaults. */
const [window, maxReplay] = [4 * mebibyte, 4 * mebibyte];

/** Sessions that may wait for lost clients, and what they may hold together, in bytes. */
const [maxDetached, maxDetachedBytes] = [12, 64 * mebibyte];

/** Live memory (heap and buffers) that a server may hold more than at the beginning, in bytes. */
const nearBase = 6 * mebibyte;

/** Options of the server: limits that let the load in, and time-outs that are worth waiting for. */
const serverOptions = [
  ...['--allow-push', '--no-maintenance', '--max-children', `${maxChildren}`],
  ...['--max-sessions', '1000', '--max-sessions-per-address', '1000', '--max-queue', '1000'],
  ...['--queue-time', '5m', '--headers-time', '2s', '--opening-time', '2s', '--close-time', '1s'],
  ...['--resume-time', '5s', '--max-detached', `${maxDetached}`],
  ...['--max-detached-bytes', `${maxDetachedBytes}B`, '--max-detached-per-address', '1000'],
];

/** How much more the process may occupy after the same load came again, in bytes. */
const nearAgain = 48 * mebibyte;

type Print = (line: string) => void;

/**
 * Runs all of it.
 *
 * @param print told of the results, line by line.
 * @throws Error where something is left, or took more than it may.
 */
export async function runLoad(scale: Scale, print: Print): Promise<void> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'gitws-load-')));
  let load: Load | undefined;
  const tidy = (): void => {
    load?.kill();
    rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
  // Also where somebody loses patience.
  process.on('exit', tidy);
  try {
    load = await Load.start(root, print);
    await load.clones(scale.clones);
    const first = await load.stalled(scale.slowReaders, scale.stalledPushes);
    // What the allocator has not given back is used again.
    const second = await load.stalled(scale.slowReaders, scale.stalledPushes);
    if (second > first + nearAgain) throw new Error('the same load again takes more memory');
    await load.lost(scale.lost);
    await load.refusals(scale.refusals);
    await load.halfOpen(scale.halfOpen);
    await load.end();
  } finally {
    tidy();
    process.off('exit', tidy);
  }
}

interface Repository {
  readonly url: string;
  readonly gitDir: string;
  readonly head: string;
  readonly packBytes: number;
}

/** A push whose git was stopped. */
interface StalledPush {
  /** Bytes that the client got rid of. */
  readonly bytes: number;
  /** Lets git go on, to the end. */
  goOn(): Promise<void>;
}

class Load {
  readonly #server: LoadServer;
  readonly #root: string;
  readonly #base: Held;
  readonly #print: Print;
  readonly #small: Repository;
  readonly #big: Repository;
  #round = 0;

  private constructor(
    server: LoadServer,
    root: string,
    base: Held,
    repositories: { small: Repository; big: Repository },
    print: Print,
  ) {
    this.#server = server;
    this.#root = root;
    this.#base = base;
    this.#small = repositories.small;
    this.#big = repositories.big;
    this.#print = print;
  }

  static async start(root: string, print: Print): Promise<Load> {
    const made = async (name: string, blobs: number): Promise<Omit<Repository, 'url'>> => {
      const bigBlobs = { count: blobs, bytes: mebibyte };
      const { gitDir, head } = await makeRepository(join(root, name), { commits: 40, bigBlobs });
      const counts = await git(['count-objects', '-v'], { cwd: gitDir });
      const packBytes = Number(/size-pack: (\d+)/.exec(counts)?.[1]) * 1024;
      // Other branches and tags are not asked for.
      return { gitDir, head, packBytes: packBytes * 0.5 };
    };
    const small = await made('small.git', 0);
    const big = await made('big.git', 16);
    const server = await LoadServer.start(root, serverOptions);
    const repositories = {
      small: { ...small, url: `${server.url}/small.git` },
      big: { ...big, url: `${server.url}/big.git` },
    };
    // What is compiled and allocated once is no leak.
    const { url, packBytes } = repositories.small;
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 10 }, () => clone(url, packBytes)));
    }
    const first = await server.held();
    const base = await server.rest({ live: first.live, files: Infinity });
    print(`the server at rest: ${describeHeld(base)}`);
    return new Load(server, root, base, repositories, print);
  }

  /** Many clones at once, each by the library. */
  async clones(count: number): Promise<void> {
    this.#print(`\n${count} clones at once, of ${maxChildren} gits at once`);
    const { url, packBytes } = this.#small;
    const watch = this.#watch();
    const all = await Promise.all(Array.from({ length: count }, () => clone(url, packBytes)));
    const { services, serverMemory, gitMemory } = await watch();
    this.#printTimes(all);
    this.#print(
      `most at once: ${services} gits of ${formatBytes(gitMemory)} together; the server ${formatBytes(serverMemory)}`,
    );
    if (services > maxChildren) throw new Error(`${services} gits at once`);
    await this.#rest();
  }

  /**
   * Clients that stop reading, and gits that do: the two things that hold memory.
   *
   * @returns what the server's process occupies afterwards, in bytes.
   */
  async stalled(readers: number, pushes: number): Promise<number> {
    this.#round += 1;
    this.#print(`\n${readers} clients that stop reading, ${pushes} pushes into gits that do`);
    const before = await this.#server.memory();
    const { url } = this.#big;
    const slow = Array.from({ length: readers }, () => new SlowReader(url));
    const writers: StalledPush[] = [];
    for (let number = 0; number < pushes; number += 1) {
      writers.push(await this.#stallPush(`stalled-${this.#round}-${number}.git`));
    }
    await still(() => [...slow, ...writers].reduce((sum, { bytes }) => sum + bytes, 0));
    const grown = (await this.#server.memory()) - before;
    const { memory } = await this.#server.git();
    const bound = (readers + pushes) * (window + maxReplay);
    this.#print(
      `sent and not acknowledged: ${formatBytes(slow.reduce((sum, { bytes }) => sum + bytes, 0))}; ` +
        `received and not taken: ${formatBytes(writers.reduce((sum, { bytes }) => sum + bytes, 0))}`,
    );
    this.#print(
      `the server grew by ${formatBytes(grown)}; sessions × (window + maxReplay) is ${formatBytes(bound)}; ` +
        `their gits take ${formatBytes(memory)}`,
    );
    for (const { bytes } of slow) {
      // Not less than it may be, either: or the memory says nothing.
      if (bytes > maxReplay || bytes < 0.9 * maxReplay) {
        throw new Error(`${bytes} bytes were sent unacknowledged`);
      }
    }
    if (grown > bound) throw new Error('the server grew by more than the formula says');
    const leaving = slow.splice(0, Math.floor(slow.length / 2));
    for (const reader of leaving) reader.leave();
    const exits = await Promise.all(slow.map((reader) => reader.readOn()));
    if (exits.some((code) => code !== 0)) throw new Error(`slow clones ended with ${exits.join()}`);
    await Promise.all(writers.map((writer) => writer.goOn()));
    const { rss } = await this.#rest();
    return rss;
  }

  /** Clients that vanish with all that they have not read: some of their sessions wait for them. */
  async lost(count: number): Promise<void> {
    this.#print(`\n${count} clients whose connection is lost, of whom nobody comes back`);
    const { url } = this.#big;
    const slow = Array.from({ length: count }, () => new SlowReader(url));
    await still(() => slow.reduce((sum, { bytes }) => sum + bytes, 0));
    for (const reader of slow) reader.leave();
    // What ended at once is let go of when its git is gone, and that is looked for now and then.
    const bound = this.#base.live + nearBase + maxDetachedBytes;
    let [services, live] = [count, Infinity];
    while (services > maxDetached || live > bound) {
      ({ live } = await this.#server.held());
      ({ services } = await this.#server.git());
      if (services === 0) throw new Error('no session waits, or one takes too much memory');
    }
    const { url: small, packBytes } = this.#small;
    const honest = await clone(small, packBytes);
    this.#print(
      `${services} sessions wait, and the server holds ${formatBytes(live - this.#base.live)} more; ` +
        `at most ${maxDetached} may, and ${formatBytes(maxDetachedBytes)}`,
    );
    this.#printTimes([honest]);
    await this.#rest();
  }

  /** A push into a git that was stopped. */
  async #stallPush(name: string): Promise<StalledPush> {
    const gitDir = join(this.#root, name);
    await git(['init', '-q', '--bare', gitDir]);
    const { gitDir: from, head } = this.#big;
    const push = await pushRequest(from, [
      { ref: 'refs/heads/main', oldOid: nullOid, newOid: head },
    ]);
    const channel = await openChannel(`${this.#server.url}/${name}`, {
      service: 'git-receive-pack',
    });
    const answer = new Response(channel.readable).text();
    const writer = channel.writable.getWriter();
    const [receivePack] = await processesIn(gitDir);
    if (receivePack === undefined) throw new Error('there is no receive-pack');
    process.kill(receivePack.pid, 'SIGSTOP');
    const state = { bytes: 0 };
    const step = 64 * 1024;
    const written = (async () => {
      for (let at = 0; at < push.length; at += step) {
        await writer.write(push.subarray(at, at + step));
        state.bytes = at;
      }
      await writer.close();
    })();
    return Object.assign(state, {
      goOn: async () => {
        process.kill(receivePack.pid, 'SIGCONT');
        await written;
        const { code } = await channel.exit;
        if (code !== 0 || !(await answer).includes('ok refs/heads/main')) {
          throw new Error(`a push that was held up ended with ${code ?? 'a signal'}`);
        }
        await expectSoundRepository(gitDir);
      },
    });
  }

  /** Upgrades that are refused, whatever for, and honest clones between them. */
  async refusals(count: number): Promise<void> {
    this.#print(`\n${count} upgrades that are refused, 100 at once`);
    const auth = `gitws.auth.${'A'.repeat(6_000)}`;
    const target = '/small.git/git-upload-pack';
    const v1 = 'Sec-WebSocket-Protocol: gitws.v1';
    const texts = [
      upgradeText('/none.git/git-upload-pack', v1),
      upgradeText('/../x/git-upload-pack', v1),
      upgradeText(target, v1, 'Origin: http://evil.example'),
      upgradeText(target, `${v1}, gitws.window.1`),
      upgradeText('/none.git/git-upload-pack', `${v1}, ${auth}`),
      upgradeText(target, 'Sec-WebSocket-Protocol: chat'),
      upgradeText('/none.git/git-upload-pack'),
      upgradeText('/chat', 'Sec-WebSocket-Protocol: chat'),
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
      `rubbish\r\n\r\n`,
    ];
    const before = await this.#server.memory();
    const answers: number[] = [];
    let next = 0;
    const flood = async (): Promise<void> => {
      while (next < count) {
        const text = texts[next % texts.length] ?? '';
        next += 1;
        answers.push(await refusedUpgrade(this.#server.port, text));
      }
    };
    const watch = this.#watch();
    const honest = await this.#cloneUntil(Promise.all(Array.from({ length: 100 }, flood)));
    const { serverMemory } = await watch();
    this.#print(formatTimes('a refusal', answers));
    this.#printTimes(honest);
    this.#print(`the server grew by ${formatBytes(serverMemory - before)} meanwhile`);
    await this.#rest();
  }

  /** Connections that are held open for nothing: the server has to end each of them. */
  async halfOpen(count: number): Promise<void> {
    this.#print(`\n${count} connections that are held open for nothing`);
    const target = '/small.git/git-upload-pack';
    const upgrade = upgradeText(target, 'Sec-WebSocket-Protocol: gitws.v1');
    const refused = upgradeText('/none.git/git-upload-pack', 'Sec-WebSocket-Protocol: gitws.v1');
    const kinds: readonly [string, string][] = [
      ['', ''],
      ['GET /small.g', ''],
      ['', upgrade],
      [upgrade.slice(0, -2), 'X-Slow: loris\r\n'.repeat(100)],
      // Neither a client's first message nor its half of a closing handshake ever comes.
      [upgrade, ''],
      [refused, ''],
    ];
    const before = await this.#server.memory();
    const start = performance.now();
    const watch = this.#watch();
    const weights = Array.from({ length: count }, (_, number) => {
      const [text, trickle] = kinds[number % kinds.length] ?? ['', ''];
      return new DeadWeight(this.#server.port, text, trickle);
    });
    try {
      const gone = weights.map((weight) => weight.gone.then(() => performance.now() - start));
      const all = Promise.all(gone);
      const honest = await this.#cloneUntil(all);
      const { serverMemory } = await watch();
      this.#print(formatTimes('the server ends one after', await all));
      this.#printTimes(honest);
      this.#print(`the server grew by ${formatBytes(serverMemory - before)} meanwhile`);
    } finally {
      for (const weight of weights) weight.destroy();
    }
    await this.#rest();
  }

  async end(): Promise<void> {
    const code = await this.#server.end();
    if (code !== 0) throw new Error(`the server ended with ${code}`);
  }

  kill(): void {
    this.#server.kill();
  }

  /** Honest clones, one after the other, until something else is over. */
  async #cloneUntil(other: Promise<unknown>): Promise<CloneTimes[]> {
    const { url, packBytes } = this.#small;
    const state = { over: false };
    const end = other.finally(() => {
      state.over = true;
    });
    const all: CloneTimes[] = [];
    while (!state.over) all.push(await clone(url, packBytes));
    await end;
    return all;
  }

  /** Looks again and again. @returns ends it, with the most of everything. */
  #watch(): () => Promise<{ services: number; serverMemory: number; gitMemory: number }> {
    const most = { services: 0, serverMemory: 0, gitMemory: 0 };
    const state = { over: false };
    const looking = (async () => {
      while (!state.over) {
        const { services, memory } = await this.#server.git();
        most.services = Math.max(most.services, services);
        most.gitMemory = Math.max(most.gitMemory, memory);
        most.serverMemory = Math.max(most.serverMemory, await this.#server.memory());
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return most;
    })();
    return () => {
      state.over = true;
      return looking;
    };
  }

  #printTimes(all: readonly CloneTimes[]): void {
    const refused = all.reduce((sum, one) => sum + one.refused, 0);
    this.#print(
      formatTimes(
        `${all.length} clones: open`,
        all.map(({ open }) => open),
      ),
    );
    this.#print(
      formatTimes(
        'first byte of the pack',
        all.map(({ first }) => first),
      ),
    );
    this.#print(
      formatTimes(
        'whole',
        all.map(({ total }) => total),
      ),
    );
    if (refused > 0) this.#print(`told to come again: ${refused} times`);
  }

  /** The server holds what it held. @throws Error where it holds more. */
  async #rest(): Promise<Held> {
    const start = performance.now();
    const { files, live } = this.#base;
    const held = await this.#server.rest({ files, live: live + nearBase });
    this.#server.checkErrors();
    const time = Math.round(performance.now() - start);
    this.#print(`at rest after ${time} ms: ${describeHeld(held)}`);
    return held;
  }
}

/** Waits until a number stops changing. */
async function still(read: () => number): Promise<void> {
  let seen = -1;
  for (let same = 0; same < 3;) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const now = read();
    same = now === seen && now > 0 ? same + 1 : 0;
    seen = now;
  }
}

function describeHeld({ rss, live, sockets, children, files }: Held): string {
  return (
    `${formatBytes(rss)}, of which ${formatBytes(live)} live; ` +
    `${sockets} sockets, ${children} children, ${files} files`
  );
}
