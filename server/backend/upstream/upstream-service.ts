/** A service of a repository on an upstream, as a session sees it: streams, and an end. */
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { isGitWsError } from '../../../src/base/errors.js';
import type { ExitStatus } from '../../../src/tunnel/machine/message.js';
import type { GitService } from '../../../src/tunnel/machine/request-target.js';
import { BrokenRequest, died } from '../../../src/wire/stateless/conversation.js';
import { LineInput } from '../../../src/wire/stateless/line-input.js';
import { RequestTooLarge } from '../../../src/wire/stateless/negotiation.js';
import { EmptyAdvertisement, runService } from '../../../src/wire/stateless/run-service.js';
import { passedText, type ServiceText } from '../../text/service-text.js';
import { services } from '../../services.js';
import type { Service } from '../service.js';
import { brokeOff } from './answers.js';
import { UpstreamFailure, type Found } from './smart-http.js';

/** What {@link UpstreamService} is made of. */
export interface UpstreamServiceOptions {
  readonly service: GitService;
  /** For the sentences that a client reads. */
  readonly host: string;
  readonly found: Found;
  /** Most bytes that are kept of a fetch of version 0 or 1. */
  readonly maxNegotiation: number;
  readonly onError: (error: unknown) => void;
}

/** A service that runs elsewhere. */
export class UpstreamService implements Service {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly text: ServiceText = passedText();
  readonly exited: Promise<ExitStatus>;
  readonly tidied: Promise<void>;
  readonly gone: Promise<void>;
  readonly #options: UpstreamServiceOptions;
  readonly #abort = new AbortController();

  constructor(options: UpstreamServiceOptions) {
    this.#options = options;
    // Whoever writes learns it by the callback.
    this.stdin.on('error', () => undefined);
    this.exited = this.#run();
    this.gone = this.exited.then(() => undefined);
    this.tidied = this.gone;
  }

  write(bytes: Uint8Array, taken?: (error?: Error | null) => void): boolean {
    return this.stdin.write(bytes, taken);
  }

  /** At once, whatever the times: nothing of this machine has to be left in order. */
  end(): void {
    this.stdin.destroy();
    this.#abort.abort();
  }

  async #run(): Promise<ExitStatus> {
    let status: ExitStatus = { code: 0, signal: null };
    try {
      await this.#converse();
    } catch (error) {
      if (this.#abort.signal.aborted) status = { code: null, signal: 'SIGTERM' };
      else {
        status = { code: died, signal: null };
        this.stderr.write(`fatal: ${this.#sentenceOf(error)}\n`);
      }
    }
    this.#options.found.advertisement.destroy();
    this.stdin.destroy();
    this.stdout.end();
    this.stderr.end();
    return status;
  }

  async #converse(): Promise<void> {
    const { found, service, maxNegotiation } = this.#options;
    const { signal } = this.#abort;
    const { advertisement } = found;
    const { finishes: isPush } = services[service];
    await runService(
      { isPush, advertisement, mostKept: maxNegotiation },
      {
        input: new LineInput(this.stdin),
        write: async (bytes) => {
          if (!this.stdout.write(bytes)) await once(this.stdout, 'drain', { signal });
        },
        post: (body) => {
          const whole = body instanceof Uint8Array;
          const sent = whole
            ? Buffer.from(body.buffer, body.byteOffset, body.length)
            : Readable.from(body, { objectMode: false });
          return found.post(sent, signal);
        },
      },
    );
  }

  #sentenceOf(error: unknown): string {
    if (error instanceof UpstreamFailure || error instanceof RequestTooLarge) return error.message;
    if (error instanceof EmptyAdvertisement) return `${this.#options.host} says nothing.`;
    if (error instanceof BrokenRequest) return 'the remote end hung up unexpectedly';
    if (isGitWsError(error, 'MALFORMED_PKT_LINE')) return `protocol error: ${error.message}`;
    this.#options.onError(error);
    return brokeOff(this.#options.host);
  }
}
