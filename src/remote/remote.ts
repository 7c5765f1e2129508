/** A repository on a server, asked again and again over one run of upload-pack (gitprotocol-v2(5)). */
import { missingObjects } from '../pack/index/missing-objects.js';
import { parseOid } from '../wire/oid.js';
import { GitWsError } from '../base/errors.js';
import { remoteError } from '../wire/remote-error.js';
import { encodeCommand, hasFeature } from '../wire/v2/command.js';
import { FetchSectionsParser } from '../wire/v2/fetch-response.js';
import { LsRefsParser, type ListedRef } from '../wire/v2/ls-refs.js';
import { openAdvertised, type Connection } from './connection.js';
import { endedEarly, KeptRemote, type KeepOptions, type OpenRun } from './kept-remote.js';
import { RemoteMessages, type MessageListeners } from './messages.js';
import type { RunSettings, ServiceRun } from './service-run.js';

/** What of a server's refs is asked for. */
export interface ListRefsOptions {
  /** What names begin with; default: all of them. What else the server sends has to be passed over. */
  readonly prefixes?: readonly string[] | undefined;
  /** Whether it says where symbolic refs point. Default false. */
  readonly symrefs?: boolean | undefined;
  /** Whether it says what annotated tags stand for. Default false. */
  readonly peel?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

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

/** See the file's own words. */
export interface Remote {
  /**
   * @throws GitWsError MALFORMED_ADVERTISEMENT, INVALID_REF_NAME, and as {@link openRemote} says.
   */
  listRefs(options?: ListRefsOptions): Promise<readonly ListedRef[]>;
  /**
   * @param oids of any objects that the server has, one at least; nothing is said of what is here.
   * @throws GitWsError REMOTE_ERROR where it has not all of them, MALFORMED_PKT_LINE, MISSING_OBJECTS
   *   where no pack came, INVALID_OPTION for no oids; and as {@link openRemote} says.
   */
  fetchObjects(oids: readonly string[], options: FetchObjectsOptions): Promise<void>;
  /** Ends the run, and what is asked. A later request opens none. */
  close(): void;
}

/** Where listeners for the server's words are, beside {@link KeepOptions}. */
export interface RemoteOptions extends KeepOptions {
  readonly listeners?: MessageListeners | undefined;
}

/**
 * Opens nothing yet: the first request does.
 *
 * @param where the URL of a repository, with what its connections are made with; or the way to it.
 * @returns what asks; all of it rejects with what `openChannel` throws, CONNECTION_LOST where a request
 *   that was asked again was lost again, and UserCanceledError.
 * @throws GitWsError INVALID_OPTION for a time that is none.
 */
export function openRemote(
  where: Connection | { readonly url: string; readonly settings: RunSettings },
  options: RemoteOptions = {},
): Remote {
  const connection = 'open' in where ? where : connectionTo(where.url, where.settings);
  const kept = new KeptRemote(connection, options);
  const { listeners = {} } = options;
  return {
    listRefs: (how = {}) => kept.request((open) => listRefs(open, how), how.signal),
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

function connectionTo(repository: string, settings: RunSettings): Connection {
  return {
    open: (service, gitProtocol, signal) =>
      openAdvertised(
        { repository, service, gitProtocol, authorization: undefined },
        settings,
        signal,
      ),
  };
}

async function listRefs(
  { run, capabilities }: OpenRun,
  { prefixes = [], symrefs = false, peel = false }: ListRefsOptions,
): Promise<readonly ListedRef[]> {
  const args = [
    ...(symrefs ? ['symrefs'] : []),
    ...(peel ? ['peel'] : []),
    ...prefixes.map((prefix) => `ref-prefix ${prefix}`),
  ];
  await run.write(encodeCommand('ls-refs', capabilities, args));
  const parser = new LsRefsParser();
  for (;;) {
    const chunk = await readOn(run);
    const step = parser.push(chunk);
    if (!step.done) continue;
    // What follows answers nothing: the next answer would begin with it.
    run.unread(chunk.subarray(step.end));
    return step.value;
  }
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
  await onPack(packOf(run, oids, listeners, state));
  // Whoever takes less than all leaves the rest to the next answer.
  if (!state.isWhole) throw new GitWsError('CORRUPT_PACK', 'The pack was not read to its end.');
}

async function* packOf(
  run: ServiceRun,
  oids: readonly string[],
  listeners: MessageListeners,
  state: { isWhole: boolean },
): AsyncGenerator<Uint8Array, void, undefined> {
  const parser = new FetchSectionsParser();
  const messages = new RemoteMessages(listeners);
  for (;;) {
    for (const event of parser.push(await readOn(run))) {
      switch (event.type) {
        case 'error':
          throw remoteError(event.message);
        case 'progress':
          await messages.push(event.bytes);
          break;
        case 'pack':
          yield event.bytes;
          break;
        case 'end':
          if (!event.hasPack) throw missingObjects(oids);
          await messages.end();
          state.isWhole = true;
          return;
        default:
          // Nothing was offered, and nothing cut off: these say nothing that is of use.
          break;
      }
    }
  }
}

/** @throws what the run throws; what git says where it failed; CONNECTION_LOST where it has ended. */
async function readOn(run: ServiceRun): Promise<Uint8Array> {
  const chunk = await run.read();
  if (chunk !== undefined) return chunk;
  await run.success();
  throw endedEarly();
}
