/** The answer to a `fetch` of protocol version 2, as it comes over a run (gitprotocol-v2(5)). */
import { missingObjects } from '../pack/index/missing-objects.js';
import { remoteError } from '../wire/remote-error.js';
import { FetchSectionsParser, type FetchSectionEvent } from '../wire/v2/fetch-response.js';
import { readOn } from './kept-remote.js';
import { RemoteMessages, type MessageListeners } from './remote-messages.js';
import type { ServiceRun } from './service-run.js';

/** What it says, one after the other. */
export class FetchSections {
  readonly #run: ServiceRun;
  readonly #parser = new FetchSectionsParser();
  #events: FetchSectionEvent[] = [];

  constructor(run: ServiceRun) {
    this.#run = run;
  }

  /**
   * @returns what comes next; not to be asked for behind the end.
   * @throws GitWsError MALFORMED_PKT_LINE, INVALID_REF_NAME; as {@link readOn}.
   */
  async next(): Promise<FetchSectionEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      this.#events = this.#parser.push(await readOn(this.#run));
    }
  }

  /** Has {@link next} say something once more. */
  unread(event: FetchSectionEvent): void {
    this.#events.unshift(event);
  }

  /**
   * The pack, to its end; what comes before it is passed over.
   *
   * @param wants what was asked for.
   * @param onEnd called when all of the answer was read.
   * @throws GitWsError REMOTE_ERROR, MISSING_OBJECTS where there is no pack; as {@link next}; what the listeners
   *   throw.
   */
  async *pack(
    wants: readonly string[],
    listeners: MessageListeners,
    onEnd: () => void,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const messages = new RemoteMessages(listeners);
    for (;;) {
      const event = await this.next();
      if (event.type === 'error') throw remoteError(event.message);
      if (event.type === 'progress') await messages.push(event.bytes);
      if (event.type === 'pack') yield event.bytes;
      if (event.type !== 'end') continue;
      if (!event.hasPack) throw missingObjects(wants);
      await messages.end();
      onEnd();
      return;
    }
  }
}
