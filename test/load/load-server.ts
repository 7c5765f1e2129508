/** The built command `gitws serve` in a process of its own, under load: what it costs and holds. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { processesIn } from '../helpers/processes.js';

const command = fileURLToPath(new URL('../../dist/bin/gitws.js', import.meta.url));
const probe = fileURLToPath(new URL('./probe.cjs', import.meta.url));

/** Time for everything to be at rest after a load, in ms. */
const restTime = 60_000;

/** What the server's process holds. Bytes. */
export interface Held {
  readonly rss: number;
  /** JavaScript's heap and buffers, after garbage was collected. */
  readonly live: number;
  readonly sockets: number;
  readonly children: number;
  readonly files: number;
}

/** One `gitws serve` under load. */
export class LoadServer {
  readonly url: string;
  readonly pid: number;
  readonly #root: string;
  readonly #child: ChildProcess;
  readonly #errors: readonly string[];
  readonly #gone: Promise<never>;

  private constructor(url: string, root: string, child: ChildProcess, errors: string[]) {
    this.#errors = errors;
    this.#gone = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the server ended with ${String(code ?? signal)}`);
    });
    this.#gone.catch(() => undefined);
    this.url = url;
    this.#root = root;
    this.#child = child;
    this.pid = child.pid ?? 0;
  }

  /** @param options of `gitws serve`. */
  static async start(root: string, options: readonly string[]): Promise<LoadServer> {
    const child = fork(
      command,
      ['serve', root, '--port', '0', '--log-format', 'json', ...options],
      {
        execArgv: ['--expose-gc', '--require', probe],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('no output');
    let [output, log] = ['', ''];
    stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const early = once(child, 'exit').then(() => {
      throw new Error(`gitws serve ended: ${log}`);
    });
    early.catch(() => undefined);
    const errors: string[] = [];
    stderr.setEncoding('utf8').on('data', (text: string) => {
      // Sessions are levels below; what else it says is not expected.
      for (const line of text.split('\n')) {
        if (/"level":"?(error|fatal|50|60)/.test(line)) errors.push(line);
      }
      log = (log + text).slice(-10_000);
    });
    let url: string | undefined;
    while (url === undefined) {
      await Promise.race([once(stdout, 'data'), early]);
      url = /^gitws listening on (\S+)\n/.exec(output)?.[1];
    }
    return new LoadServer(url, root, child, errors);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** What it holds now. */
  async held(): Promise<Held> {
    const answer = Promise.race([once(this.#child, 'message'), this.#gone]);
    this.#child.send('measure');
    const [{ rss, live, resources }] = (await answer) as [
      { rss: number; live: number; resources: string[] },
    ];
    const count = (name: string): number => resources.filter((one) => one === name).length;
    const files = (await readdir(`/proc/${this.pid}/fd`)).length;
    return { rss, live, files, sockets: count('TCPSocketWrap'), children: count('ProcessWrap') };
  }

  /** Memory that the process occupies now, in bytes. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  }

  /** How many git services run, and what all git processes occupy, shared pages shared, in bytes. */
  async git(): Promise<{ services: number; memory: number }> {
    const processes = await processesIn(this.#root);
    const shares = await Promise.all(
      processes.map(async ({ pid }) => {
        const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
        return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
      }),
    );
    const services = processes.filter(({ command: text }) =>
      / (upload|receive)-pack (--strict )?\.$/.test(text),
    ).length;
    return { services, memory: shares.reduce((sum, share) => sum + share, 0) };
  }

  /**
   * Waits until no socket, no process and hardly more memory is left than at the beginning.
   *
   * @param base what it held then, and `live` may be.
   * @throws Error where something is left.
   */
  async rest(base: Pick<Held, 'files' | 'live'>): Promise<Held> {
    const limit = performance.now() + restTime;
    for (;;) {
      const held = await this.held();
      const processes = await processesIn(this.#root);
      const { sockets, children, files, live } = held;
      const nothingRuns = sockets + children + processes.length === 0;
      if (nothingRuns && files <= base.files && live <= base.live) return held;
      if (performance.now() > limit) {
        const git = processes.map(({ command: text }) => text).join('; ');
        throw new Error(
          `left behind: ${sockets} sockets, ${children} children, ${files - base.files} files, ` +
            `${live - base.live} bytes too many, ${git}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** @throws Error with what the server logged of errors. */
  checkErrors(): void {
    if (this.#errors.length > 0) throw new Error(`the server says ${this.#errors.join('\n')}`);
  }

  /** Ends it as an operator would. @returns its exit code or signal. */
  async end(): Promise<number | string> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return -1;
    const exited = once(this.#child, 'exit') as Promise<[number | null, string | null]>;
    this.#child.kill('SIGTERM');
    const [code, signal] = await exited;
    return code ?? signal ?? -1;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
