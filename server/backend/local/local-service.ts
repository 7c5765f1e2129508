/** A service of git's own on this machine, and what is tidied up after its process. */
import { pipeline, type Readable, type Writable } from 'node:stream';
import { Deferred } from '../../../src/base/deferred.js';
import type { ExitStatus } from '../../../src/tunnel/machine/message.js';
import type { GitService } from '../../../src/tunnel/machine/request-target.js';
import type { ServiceText } from '../../text/service-text.js';
import { services } from '../../services.js';
import type { CacheUse, Ending, HttpHead, Service } from '../service.js';
import { CgiBody } from './cgi.js';
import { Quarantine } from './quarantine.js';
import type { ServiceProcess } from './spawn.js';

/** What {@link LocalService} is made of. */
export interface LocalServiceOptions {
  readonly service: GitService;
  /** Absolute real path of the repository. */
  readonly gitDir: string;
  readonly child: ServiceProcess;
  readonly text: ServiceText;
  /** Time from SIGTERM to SIGKILL for what it leaves behind, in ms. */
  readonly killTime: number;
  /** Whether it is a CGI program, whose output begins with a head. */
  readonly isHttp: boolean;
  /** Told of what could not be tidied up. */
  readonly onError: (error: unknown) => void;
}

/** A process, and its quarantine where it has one. */
export class LocalService implements Service {
  cache: CacheUse | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly head: Promise<HttpHead> | undefined;
  readonly text: ServiceText;
  readonly exited: Promise<ExitStatus>;
  readonly tidied: Promise<void>;
  readonly gone: Promise<void>;
  readonly #options: LocalServiceOptions;

  constructor(options: LocalServiceOptions) {
    const { child, text } = options;
    this.#options = options;
    this.stdin = child.stdin;
    if (options.isHttp) {
      const head = new Deferred<HttpHead>();
      this.head = head.promise;
      this.stdout = bodyOf(child.stdout, head.resolve);
    } else this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.text = text;
    this.exited = child.exited;
    this.gone = child.gone;
    this.tidied = this.#tidy();
  }

  write(bytes: Uint8Array, taken?: (error?: Error | null) => void): boolean {
    return this.#options.child.write(bytes, taken);
  }

  end(ending: Ending): void {
    this.#options.child.end(ending);
  }

  async #tidy(): Promise<void> {
    const { service, gitDir, child, killTime, onError } = this.#options;
    const { finishes } = services[service];
    const quarantine = finishes ? new Quarantine(child.pid, gitDir) : undefined;
    child.beforeInput = () => quarantine?.expect();
    child.beforeSignal = () => quarantine?.lookNow();
    const { signal } = await child.exited;
    quarantine?.stop();
    // What it started may be alive still.
    if (signal !== null) quarantine?.lookNow();
    // What is left of a group that lost its leader has nothing to do any more. A hook of a push that
    // went well may have left something in the background on purpose: that stays until the server
    // closes.
    if (!finishes || signal !== null) child.end({ term: 0, kill: killTime });
    if (quarantine === undefined || signal === null) return;
    await child.gone;
    await quarantine.remove().catch(onError);
  }
}

/** What breaks off breaks off on both sides. */
function bodyOf(stdout: Readable, onHead: (head: HttpHead) => void): Readable {
  const body = new CgiBody(onHead);
  pipeline(stdout, body, () => undefined);
  return body;
}
