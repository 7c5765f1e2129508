/**
 * The processes of one server, from being asked for until nothing of their groups is left: so that none
 * that clients talk to is without a session for longer than it takes to end it.
 */
import { closeCodes } from '../src/tunnel/machine/close.js';
import { inTime } from './base/in-time.js';
import { Turns } from './base/turns.js';
import type { Limits } from './limits/limits.js';
import { failure, refusal, type Refusal } from './admission/refusal.js';
import type { Ending, Service } from './backend/service.js';
import type { Admission } from './admission/upgrade.js';

/** What {@link Processes} works with. */
export interface ProcessesOptions {
  readonly limits: Limits;
  /** Opens the service that was asked for, wherever the repository is. */
  open(admission: Admission, signal: AbortSignal): Promise<Service | Refusal>;
  /** Told of what should not happen. */
  onError(error: unknown): void;
}

/** Time for what starts although nobody wants it any more, when the server ends, in ms. */
const lateTime = 2_000;

/** What can be ended, and has an end. */
export interface Running {
  readonly gone: Promise<void>;
  end(ending: Ending): void;
}

/** The processes of one server. */
export class Processes {
  readonly #options: ProcessesOptions;
  readonly #running = new Set<Running>();
  /** Each resolves when a process has started that was asked for, or will not. */
  readonly #starting = new Set<Promise<void>>();
  readonly #turns = new Turns();

  constructor(options: ProcessesOptions) {
    this.#options = options;
  }

  /**
   * Starts the service that was asked for.
   *
   * @param unless what may decide first that there is to be none; given what it would decide.
   * @returns a process; or why there is none, and then one that starts after all is ended at once.
   */
  async start(
    admission: Admission,
    unless: <Result>(work: Promise<Result>) => Promise<Result | Refusal>,
  ): Promise<Service | Refusal> {
    const { place } = admission;
    const sentence =
      place.kind === 'local'
        ? 'The server could not start git.'
        : `${place.location.upstream.host} did not answer.`;
    const { limits } = this.#options;
    const abort = new AbortController();
    const turn = this.#turns.next();
    const starting = turn.then(() => {
      abort.signal.throwIfAborted();
      return this.#start(admission, abort.signal);
    });
    const settled = starting
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => this.#starting.delete(settled));
    this.#starting.add(settled);
    try {
      const started = await unless(
        // Waiting in line is not the fault of what is started.
        turn.then(() =>
          inTime(starting, limits.startTime, () => {
            this.#options.onError(
              new Error(`starting ${admission.service} took over ${limits.startTime} ms`),
            );
            // Defence: an upstream that takes too long has not answered.
            abort.abort(new DOMException(sentence, 'TimeoutError'));
            return refusal(closeCodes.unavailable, sentence);
          }),
        ),
      );
      // Nobody is told any more why it fails, if it does.
      if ('kind' in started) {
        abort.abort();
        starting.then(
          (late) => {
            if (!('kind' in late)) this.end(late);
          },
          () => undefined,
        );
      }
      return started;
    } catch (error) {
      this.#options.onError(error);
      return failure(error, sentence);
    }
  }

  /** Ends a service that no session is for: nobody reads what it says. */
  readonly end = (service: Service): void => {
    this.#end(service);
    service.stdout.destroy();
    service.stderr.destroy();
  };

  #end(child: Running): void {
    child.end({ term: 0, kill: this.#options.limits.killDelayUpload });
  }

  /** Kills them all. */
  kill(): void {
    for (const child of this.#running) child.end({ term: 0, kill: 0 });
  }

  /** Looks after a process that was started elsewhere, until it is gone. */
  readonly add = (child: Running): void => {
    this.#running.add(child);
    void child.gone.then(() => this.#running.delete(child));
  };

  /** Ends what is left, for example what hooks have left in the background. Resolves when it is gone. */
  async close(): Promise<void> {
    await this.#endAll();
    // What was asked for and is for nobody any more; not what cannot even start.
    await inTime(Promise.all(this.#starting), lateTime, () => undefined);
    await this.#endAll();
  }

  async #endAll(): Promise<void> {
    for (const child of this.#running) this.#end(child);
    await Promise.all([...this.#running].map((child) => child.gone));
  }

  async #start(admission: Admission, signal: AbortSignal): Promise<Service | Refusal> {
    const started = await this.#options.open(admission, signal);
    if (!('kind' in started)) this.add(started);
    return started;
  }
}
