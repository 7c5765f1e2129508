/** Clones in processes of their own, which are killed when so many bytes have come through a proxy. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { atEnd } from '../helpers/at-end.js';
import { startProxy } from '../helpers/proxy.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { Moment } from './clone-process.js';

/** What a process has said. */
export interface Said {
  readonly state?: string;
  readonly received?: number;
  readonly done?: boolean;
  readonly code?: unknown;
}

/** What one process came to. */
export interface CloneProcess {
  readonly said: readonly Said[];
  /** Its exit code, or the signal that ended it. */
  readonly exit: number | string;
}

let bundle: Promise<string> | undefined;

// Its folder goes with the file.
atEnd(() => {
  bundle = undefined;
});

/** A way to a server, on which clones are killed. */
export class KillingWay {
  readonly url: string;
  #down = 0;
  #look = (): void => undefined;

  private constructor(url: (onDown: (bytes: number) => void) => string) {
    this.url = url((bytes) => {
      this.#down += bytes;
      this.#look();
    });
  }

  static async to(server: string, path: string): Promise<KillingWay> {
    let tell = (_bytes: number): void => undefined;
    const proxy = await startProxy(
      server,
      {},
      {
        onDelivery: ({ direction, bytes }) => {
          if (direction === 'down') tell(bytes.length);
        },
      },
    );
    return new KillingWay((onDown) => {
      tell = onDown;
      return proxy.url + path;
    });
  }

  /** Bytes that came from the server so far. */
  get down(): number {
    return this.#down;
  }

  /**
   * @param killAt when it is killed, in bytes from the server; Infinity for never.
   * @param moment the same, in calls of its file system.
   * @param own arguments of the clone, as far as they are JSON.
   */
  async clone(
    dir: string,
    killAt = Infinity,
    moment?: Moment,
    own: object = {},
  ): Promise<CloneProcess> {
    bundle ??= bundleProcess();
    const options = JSON.stringify(own);
    const given = [this.url, dir, options, ...(moment ? [JSON.stringify(moment)] : [])];
    const child = spawn(process.execPath, [await bundle, ...given], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#look = () => {
      if (this.#down >= killAt) child.kill('SIGKILL');
    };
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    const exit = await new Promise<number | string>((resolve) => {
      child.once('close', (code, signal) => resolve(signal ?? code ?? -1));
    });
    const lines = text.split('\n').filter((line) => line.endsWith('}'));
    return { said: lines.map((line) => JSON.parse(line) as Said), exit };
  }
}

async function bundleProcess(): Promise<string> {
  const outfile = join(await temporaryDirectory(), 'clone.cjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./clone-process.ts', import.meta.url))],
    ...{ outfile, bundle: true, format: 'cjs', platform: 'node', target: 'node20' },
    logLevel: 'error',
  });
  return outfile;
}
