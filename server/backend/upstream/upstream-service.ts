/** A service of a repository on an upstream, as a session sees it: streams, and an end. */
import { PassThrough } from 'node:stream';
import { isGitWsError } from '../../../src/base/errors.js';
import type { ExitStatus } from '../../../src/tunnel/machine/message.js';
import type { GitService } from '../../../src/tunnel/machine/request-target.js';
import { passedText, type ServiceText } from '../../text/service-text.js';
import { services } from '../../services.js';
import type { Service } from '../service.js';
import { runCommands } from '../../../src/wire/stateless/commands.js';
import { BrokenRequest, pass, write, type Conversation } from '../../../src/wire/stateless/conversation.js';
import { encodeLine, LineInput, textOf } from '../../../src/wire/stateless/line-input.js';
import { RequestTooLarge, runFetch } from '../../../src/wire/stateless/negotiation.js';
import { runPush } from '../../../src/wire/stateless/push.js';
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

/** Exit code of git where it dies. */
export const died = 128;

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
    const conversation: Conversation = {
      input: new LineInput(this.stdin),
      output: this.stdout,
      signal,
      post: (body) => found.post(body, signal),
    };
    const version = await this.#advertise(conversation);
    if (services[service].finishes) await runPush(conversation);
    else if (version === 2) await runCommands(conversation);
    else await runFetch(conversation, maxNegotiation);
  }

  /** Hands on what a service says first, without what HTTP puts before it. @returns its version. */
  async #advertise(conversation: Conversation): Promise<0 | 2> {
    const lines = new LineInput(this.#options.found.advertisement);
    const header = await lines.lineIf((line) => textOf(line)?.startsWith('# service=') === true);
    if (header !== undefined) await lines.lineIf(({ type }) => type === 'flush');
    const first = await lines.line();
    if (first === undefined) throw new UpstreamFailure(`${this.#options.host} says nothing.`);
    await write(conversation, encodeLine(first));
    await pass(lines.rest(), conversation);
    return textOf(first) === 'version 2' ? 2 : 0;
  }

  #sentenceOf(error: unknown): string {
    if (error instanceof UpstreamFailure) return error.message;
    if (error instanceof BrokenRequest) return 'the remote end hung up unexpectedly';
    if (error instanceof RequestTooLarge) return 'The request is too large.';
    if (isGitWsError(error, 'MALFORMED_PKT_LINE')) return `protocol error: ${error.message}`;
    this.#options.onError(error);
    return `${this.#options.host} broke off in the middle of its answer.`;
  }
}
