/** A repository on a server, asked again and again over one run of upload-pack (gitprotocol-v2(5)). */
import { encodeCommand } from '../wire/v2/command.js';
import type { ListedRef } from '../wire/v2/ls-refs.js';
import type { Connection } from './connection.js';
import { KeptRemote, type OpenRun } from './kept-remote.js';
import { readListedRefs } from './listed-refs.js';
import { objectSource, type ObjectSource, type RemoteOptions } from './object-source.js';

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

/** See the file's own words. */
export interface Remote extends ObjectSource {
  /**
   * @throws GitWsError MALFORMED_ADVERTISEMENT, INVALID_REF_NAME, and as {@link openRemote} says.
   */
  listRefs(options?: ListRefsOptions): Promise<readonly ListedRef[]>;
}

/**
 * Opens nothing yet: the first request does.
 *
 * @param connection the way to a repository.
 * @returns what asks; all of it rejects with what `openChannel` throws, CONNECTION_LOST where a request
 *   that was asked again was lost again, and UserCanceledError.
 * @throws GitWsError INVALID_OPTION for a time that is none.
 */
export function openRemote(connection: Connection, options: RemoteOptions = {}): Remote {
  const kept = new KeptRemote(connection, options);
  return {
    ...objectSource(kept, options),
    listRefs: (how = {}) => kept.request((open) => listRefs(open, how), how.signal),
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
  return readListedRefs(run);
}
