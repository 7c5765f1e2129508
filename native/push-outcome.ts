/**
 * What became of a push whose report was lost: its commands are kept while git says them, and the
 * server is asked afresh what its refs are now. git itself would leave its user in doubt.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { GitWsError, isGitWsError } from '../src/base/errors.js';
import type { Channel } from '../src/tunnel/client/channel.js';
import { backoffDelay } from '../src/tunnel/client/reconnection.js';
import { PktLineReader } from '../src/wire/pkt-line-reader.js';
import { trace } from './trace.js';

/** One ref that a push was to change; zeros where there is no object (gitprotocol-pack(5)). */
export interface PushCommand {
  readonly old: string;
  readonly wanted: string;
  readonly ref: string;
}

/** The oid of each ref that there is. */
export type Refs = ReadonlyMap<string, string>;

/** Refs that are told of; the others are only counted. */
const mostTold = 20;

/** Time for the server to say what its refs are, in ms; it may just be starting again. */
export const askTime = 10_000;

/** Commands that are kept: no more are looked at, however many refs a mirror has. */
const mostCommands = 10_000;

/** The commands at the head of a push, taken from what git says. */
export class PushHead {
  readonly commands: PushCommand[] = [];
  readonly #reader = new PktLineReader();
  /** What comes now is the pack, or nothing that can be read. */
  #over = false;

  /** More of what git says. */
  push(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#reader.push(bytes);
    try {
      this.#over = readLines(this.#reader, (line) => {
        const [, old, wanted, ref] = commandPattern.exec(line) ?? [];
        if (old === undefined || wanted === undefined || ref === undefined) return;
        if (this.commands.length < mostCommands) this.commands.push({ old, wanted, ref });
      });
    } catch {
      // It is not for us to judge what git says: the server will.
      this.#over = true;
    }
  }
}

/** Of a repository of either object format. The lines of a signed push look the same. */
const commandPattern = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (refs\/[^\0\n]+)/;
const refPattern = /^([0-9a-f]{40,64}) (refs\/[^\0\n]+)/;

/**
 * Asks a server what its refs are; again where it cannot be reached, for a while.
 *
 * @param open opens receive-pack, until the signal fires.
 * @returns undefined where it does not say.
 */
export async function askRefs(
  open: (signal: AbortSignal) => Promise<Channel>,
): Promise<Refs | undefined> {
  const signal = AbortSignal.timeout(askTime);
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await readRefs(await open(signal));
    } catch (error) {
      trace('asking for the refs failed', (error as Error).message);
      if (!isGitWsError(error) || !error.retryable) return undefined;
    }
    await delay(backoffDelay(attempt + 1));
  }
  return undefined;
}

/** @throws GitWsError as a channel's streams do; MALFORMED_PKT_LINE */
async function readRefs(channel: Channel): Promise<Refs> {
  const reader = new PktLineReader();
  const refs = new Map<string, string>();
  let whole = false;
  for await (const bytes of channel.readable) {
    reader.push(bytes);
    whole = readLines(reader, (line) => {
      const [, oid, ref] = refPattern.exec(line) ?? [];
      if (oid !== undefined && ref !== undefined) refs.set(ref, oid);
    });
    if (whole) break;
  }
  channel.abort();
  if (!whole) throw new GitWsError('MALFORMED_ADVERTISEMENT', 'The server did not say all of it.');
  return refs;
}

/** @returns whether a flush-pkt came, behind which nothing is read. */
function readLines(reader: PktLineReader, onLine: (text: string) => void): boolean {
  for (;;) {
    const line = reader.read();
    if (line === undefined) return false;
    if (line.type === 'flush') return true;
    if (line.type === 'data') onLine(Buffer.from(line.payload).toString('utf8'));
  }
}

/** @returns what a user of git is told, a line for each ref; none where nothing was asked for. */
export function describeOutcome(
  commands: readonly PushCommand[],
  refs: Refs | undefined,
): string[] {
  if (commands.length === 0) return [];
  if (refs === undefined) return ['the server does not say what its refs are; ask it later'];
  const lines = commands.slice(0, mostTold).map((command) => describeRef(command, refs));
  const more = commands.length - lines.length;
  return more === 0 ? lines : [...lines, `and ${more} more refs: git ls-remote tells`];
}

function describeRef({ ref, old, wanted }: PushCommand, refs: Refs): string {
  const current = refs.get(ref);
  const now = current === undefined ? 'is not there' : `is at ${current.slice(0, 12)}`;
  const matches = (oid: string): boolean => (/^0+$/.test(oid) ? undefined : oid) === current;
  if (matches(wanted)) return `${ref} ${now}: the push has changed it`;
  if (matches(old)) return `${ref} ${now}: the push has not changed it so far`;
  return `${ref} ${now}: neither what it was nor what was pushed`;
}
