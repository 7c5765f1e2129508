/**
 * The session of a client that knows no WebSocket: one request of smart HTTP and its answer
 * (gitprotocol-http(5)). TCP is the backpressure; there is no resuming, and what git says beside its
 * answer stays here.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { closeCodes, type CloseCode } from '../../src/tunnel/machine/close.js';
import type { ExitStatus } from '../../src/tunnel/machine/message.js';
import { answerHttp } from '../admission/http-answer.js';
import { httpStatusOf } from '../admission/refusal.js';
import type { HttpHead } from '../backend/service.js';
import { Wait } from '../base/wait.js';
import type { Limits } from '../limits/limits.js';
import { services } from '../services.js';
import { Gather } from './gather.js';
import { giveInput, maxWaiting } from './input.js';
import { ServiceOutput } from './output.js';
import { outcomeOf, type RunningSession, type SessionFigures } from './running-session.js';
import { serviceEnd, type RunningService } from './service-end.js';

/** What an exchange is made of. */
export interface HttpExchangeOptions extends RunningService {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly limits: Limits;
}

/** A running exchange. */
export class HttpExchange implements RunningSession {
  readonly over: Promise<SessionFigures>;
  readonly #options: HttpExchangeOptions;
  readonly #output: ServiceOutput;
  readonly #started = performance.now();
  readonly #silence = new Wait();
  readonly #answered: Promise<void>;
  #head: HttpHead | undefined;
  #bytesIn = 0;
  #bytesOut = 0;
  /** The whole body came: a push is complete, and is never signalled any more. */
  #clientEnded = false;
  #clientLeft: number | undefined;
  #exit: ExitStatus | undefined;

  constructor(options: HttpExchangeOptions) {
    const { running, limits, response, request } = options;
    this.#options = options;
    this.#answered = new Promise((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) this.#leave(1006);
        resolve();
      });
    });
    response.on('error', () => undefined);
    const gather = new Gather({
      credit: () => (this.#head ? Math.max(0, maxWaiting - response.writableLength) : 0),
      send: (bytes) => {
        this.#bytesOut += bytes.length;
        this.#expectLife();
        this.#sendHead();
        response.write(bytes, () => {
          this.#expectLife();
          this.#output.pump();
        });
      },
    });
    this.#output = new ServiceOutput({
      ...{ running, gather, lingerTime: limits.lingerTime },
      // It is for who runs the server, and says no more than the answer's status.
      writeStderr: () => true,
      onStdoutEnd: () => undefined,
      onError: (error) => {
        options.onError(error);
        this.end(closeCodes.failed, 'The server could not read what git wrote.');
      },
      flush: () => undefined,
    });
    void running.head?.then((head) => {
      this.#head = head;
      this.#output.pump();
    });
    this.over = this.#run();
    this.#expectLife();
    if (request.method === 'POST') this.#read(bodyOf(request));
    else this.#endInput();
  }

  shutDown({ now = false } = {}): void {
    const mustFinish = this.#pushes && this.#clientEnded;
    if (now || !mustFinish) this.end(closeCodes.unavailable, 'The server shuts down.');
    const { running, limits, service } = this.#options;
    if (now) running.end({ ...services[service].ending(limits), term: 0 });
  }

  end(code: CloseCode, sentence: string): void {
    const { response } = this.#options;
    if (this.#clientLeft !== undefined || this.#exit !== undefined) return;
    this.#leave(code);
    // Of an answer that has begun, breaking off is all that can be said.
    if (response.headersSent) response.destroy();
    else answerHttp(response, httpStatusOf(code), sentence);
  }

  get #pushes(): boolean {
    return services[this.#options.service].finishes;
  }

  /** Not before the first byte behind it: till then the request may be refused with a reason. */
  #sendHead(): void {
    const { response } = this.#options;
    if (this.#head === undefined || response.headersSent) return;
    response.writeHead(this.#head.status, this.#head.headers);
  }

  async #run(): Promise<SessionFigures> {
    const { running, response } = this.#options;
    const status = await serviceEnd(running, this.#output);
    if (this.#clientLeft === undefined) {
      this.#exit = status;
      if (status.signal === null) this.#sendHead();
      if (!response.headersSent) {
        answerHttp(response, httpStatusOf(closeCodes.failed), 'git did not answer.');
      } else if (status.signal === null) response.end();
      // What was sent is not whole, and must not look so.
      else response.destroy();
    }
    await this.#answered;
    this.#silence.end();
    return {
      ...{ id: randomUUID(), bytesIn: this.#bytesIn, bytesOut: this.#bytesOut, resumes: 0 },
      duration: performance.now() - this.#started,
      outcome: outcomeOf(this.#exit, this.#clientLeft),
    };
  }

  #read(body: Readable): void {
    const { running, limits, service } = this.#options;
    const source = {
      pause: () => body.pause(),
      resume: () => {
        if (this.#clientLeft === undefined) body.resume();
      },
    };
    body.on('data', (bytes: Buffer) => {
      this.#bytesIn += bytes.length;
      this.#expectLife();
      if (this.#bytesIn > services[service].maxInput(limits)) {
        body.removeAllListeners('data').pause();
        this.end(closeCodes.tooLarge, 'The request is too large.');
        return;
      }
      giveInput(running, bytes, source);
    });
    body.on('end', () => {
      this.#clientEnded = true;
      this.#endInput();
    });
    // Where the connection broke, the response has told so before.
    body.on('error', () => {
      this.end(closeCodes.malformed, 'The body is no gzip data.');
    });
  }

  #endInput(): void {
    this.#options.running.stdin.end();
  }

  #expectLife(): void {
    if (this.#clientLeft !== undefined) return;
    this.#silence.begin(this.#onIdle, this.#options.limits.idleTime);
  }

  readonly #onIdle = (): void => {
    this.end(closeCodes.timedOut, 'Nothing happened for too long.');
  };

  /** Nobody waits for the answer: what it was for ends too, but never a push that is complete. */
  #leave(code: number): void {
    if (this.#clientLeft !== undefined || this.#exit !== undefined) return;
    this.#clientLeft = code;
    this.#silence.end();
    this.#output.discard();
    const { running, limits, service } = this.#options;
    if (!this.#pushes || !this.#clientEnded) running.end(services[service].ending(limits));
  }
}

/** Unpacked here, so that limits are of what git is given. */
function bodyOf(request: IncomingMessage): Readable {
  if (!/^(x-)?gzip$/i.test(request.headers['content-encoding'] ?? '')) return request;
  const unpacked = createGunzip();
  request.pipe(unpacked);
  request.once('close', () => {
    if (!request.complete) unpacked.destroy();
  });
  return unpacked;
}
