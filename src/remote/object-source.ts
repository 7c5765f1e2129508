/** Objects of a repository on a server, by their oids, over a run of upload-pack that is kept (gitprotocol-v2(5)). */
import { GitWsError } from '../base/errors.js';
import { parseOid } from '../wire/oid.js';
import { encodeCommand, hasFeature } from '../wire/v2/command.js';
import { FetchSections } from './fetch-sections.js';
import type { KeepOptions, KeptRemote, OpenRun } from './kept-remote.js';
import type { MessageListeners } from './remote-messages.js';

/** How objects are fetched. */
export interface FetchObjectsOptions {
  /**
   * What is left out of what the objects reach, as `objectFilter` gives it; default: nothing. What is asked
   * for itself comes in any case.
   */
  readonly filter?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes the pack, to its end; called again with another one where the connection was lost. What it
   * rejects with fails the call, and ends the run.
   */
  readonly onPack: (pack: AsyncIterable<Uint8Array>) => Promise<void>;
}

/** Where listeners for the server's words are, beside {@link KeepOptions}. */
export interface RemoteOptions extends KeepOptions {
  readonly listeners?: MessageListeners | undefined;
}

/** What gets objects. */
export interface ObjectSource {
  /**
   * @param oids of any objects that the server has, one at least; nothing is said of what is here.
   * @throws GitWsError REMOTE_ERROR where it has not all of them, MALFORMED_PKT_LINE, MISSING_OBJECTS
   *   where no pack came, INVALID_OPTION for no oids; and as `openRemote` says.
   */
  fetchObjects(oids: readonly string[], options: FetchObjectsOptions): Promise<void>;
  /** Ends the run, and what is asked. A later request opens none. */
  close(): void;
}

/** @param kept the run, which the source closes. */
export function objectSource(kept: KeptRemote, { listeners = {} }: RemoteOptions): ObjectSource {
  return {
    async fetchObjects(oids, how) {
      const wants = oids.map((oid) => parseOid(oid));
      if (wants.length === 0 || wants.includes(undefined)) {
        throw new GitWsError('INVALID_OPTION', 'fetchObjects takes oids, one at least.');
      }
      await kept.request((open) => fetchObjects(open, oids, how, listeners), how.signal);
    },
    close: () => {
      kept.close();
    },
  };
}

async function fetchObjects(
  { run, capabilities }: OpenRun,
  oids: readonly string[],
  { filter, onPack }: FetchObjectsOptions,
  listeners: MessageListeners,
): Promise<void> {
  const knowsFilters = hasFeature(capabilities, 'fetch', 'filter');
  const isHeard = listeners.onMessage !== undefined || listeners.onProgress !== undefined;
  await run.write(
    encodeCommand('fetch', capabilities, [
      'ofs-delta',
      ...(isHeard ? [] : ['no-progress']),
      ...(filter !== undefined && knowsFilters ? [`filter ${filter}`] : []),
      ...oids.map((oid) => `want ${oid}`),
      // No haves: what they reach need not be here.
      'done',
    ]),
  );
  const state = { isWhole: false };
  // Nothing was offered, and nothing cut off: what comes before the pack says nothing that is of use.
  await onPack(new FetchSections(run).pack(oids, listeners, () => (state.isWhole = true)));
  // Whoever takes less than all leaves the rest to the next answer.
  if (!state.isWhole) throw new GitWsError('CORRUPT_PACK', 'The pack was not read to its end.');
}
