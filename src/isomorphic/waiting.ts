/**
 * Runs that have sent their advertisement and wait for the POST that goes with it. Smart HTTP has
 * nothing that ties the two requests together; isomorphic-git passes the same `headers` object to
 * both, and that is the tie.
 */
import { startTimer } from '../base/duration.js';
import { hold } from '../base/hold.js';
import { closeAfterAdvertisement } from '../remote/advertisement.js';
import type { AdvertisedRun } from '../remote/connection.js';
import { beforeProcessEnds } from './process-end.js';
import type { SmartRequest } from './smart-request.js';

interface Entry {
  readonly advertised: AdvertisedRun;
  readonly headers: object;
  readonly key: string;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

/** The waiting runs of one client. */
export class WaitingRuns {
  readonly #patience: number;
  readonly #entries = new Set<Entry>();
  #stopListening: (() => void) | undefined;
  /** Headers objects that came with a GET. */
  readonly #known = new WeakSet();

  /** @param patience ms after which a run without a POST is ended; Infinity: never. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  add(request: SmartRequest, headers: object, advertised: AdvertisedRun): void {
    const timer = startTimer(() => {
      this.#end(entry);
    }, this.#patience);
    // A program that wanted the refs and nothing else may end: neither timer nor connection holds it.
    hold(timer, false);
    advertised.run.rest();
    // A fetch that found nothing new never comes for its second request; a push does, however long it
    // takes to make its pack.
    if (request.service === 'git-upload-pack') advertised.run.spare(true);
    const entry: Entry = { advertised, headers, key: keyOf(request), timer };
    this.#entries.add(entry);
    this.#stopListening ??= beforeProcessEnds({
      onIdle: () => {
        for (const waiting of this.#entries) this.#end(waiting);
      },
      // A close frame tells the server that nobody comes back.
      onExit: () => {
        for (const waiting of this.#entries) waiting.advertised.run.abort();
      },
    });
    this.#known.add(headers);
    void advertised.run.closed.then(() => {
      this.#remove(entry);
    });
  }

  /**
   * The run whose advertisement the caller of this POST has read. With a headers object that no
   * GET came with (a wrapper around the client may copy it), the newest one for the same
   * repository, service and rights: its advertisement is the least stale.
   */
  take(request: SmartRequest, headers: object): AdvertisedRun | undefined {
    const key = keyOf(request);
    const entries = [...this.#entries].filter((entry) => entry.key === key);
    // Defence: two operations at once do not share a run.
    const entry = this.#known.has(headers)
      ? entries.find((candidate) => candidate.headers === headers)
      : entries.at(-1);
    if (entry === undefined) return undefined;
    this.#remove(entry);
    // Another run has taken its connection.
    if (!entry.advertised.run.spare(false)) return undefined;
    entry.advertised.run.wake();
    return entry.advertised;
  }

  #end(entry: Entry): void {
    this.#remove(entry);
    entry.advertised.run.wake();
    // Defence: an advertisement that nothing follows is ended.
    void closeAfterAdvertisement(entry.advertised.run, this.#patience);
  }

  #remove(entry: Entry): void {
    clearTimeout(entry.timer);
    this.#entries.delete(entry);
    if (this.#entries.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}

function keyOf({ repository, service, authorization, gitProtocol }: SmartRequest): string {
  return JSON.stringify([repository, service, authorization, gitProtocol]);
}
