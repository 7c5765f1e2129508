/**
 * The first thing a service says (gitprotocol-pack(5), "Reference Discovery"): read from a run,
 * checked, and put into the form that smart HTTP gives it.
 */
import { startTimer } from '../base/duration.js';
import { GitWsError } from '../base/errors.js';
import {
  AdvertisementParser,
  type Advertisement,
  type RefAdvertisement,
} from '../wire/v0/advertisement.js';
import { encodePktLine, flushPkt } from '../wire/pkt-line.js';
import { concatBytes } from '../base/concat-bytes.js';
import type { ServiceRun } from './service-run.js';
import type { GitService } from '../tunnel/machine/request-target.js';

/** An advertisement, parsed and as it was sent. */
export interface ReadAdvertisement {
  readonly advertisement: Advertisement;
  readonly bytes: Uint8Array;
}

/**
 * Reads a run up to the end of its advertisement; ends it where that fails.
 *
 * @throws GitWsError REMOTE_ERROR, MALFORMED_PKT_LINE, MALFORMED_ADVERTISEMENT, INVALID_REF_NAME,
 *   UNSUPPORTED_OBJECT_FORMAT; REMOTE_EXIT where git ended instead; what reading throws.
 */
export async function readAdvertisement(run: ServiceRun): Promise<ReadAdvertisement> {
  try {
    return await parseAdvertisement(run);
  } catch (error) {
    run.abort(error);
    throw error;
  }
}

async function parseAdvertisement(run: ServiceRun): Promise<ReadAdvertisement> {
  const parser = new AdvertisementParser();
  const parts: Uint8Array[] = [];
  for (let chunk = await run.read(); chunk !== undefined; chunk = await run.read()) {
    const step = parser.push(chunk);
    if (!step.done) {
      parts.push(chunk);
      continue;
    }
    parts.push(chunk.subarray(0, step.end));
    run.unread(chunk.subarray(step.end));
    return { advertisement: step.value, bytes: concatBytes(parts) };
  }
  // git's own words, where it failed, say more than what is missing.
  await run.success();
  parser.end();
  throw new GitWsError('MALFORMED_ADVERTISEMENT', 'The server ended without an advertisement.');
}

/** @returns an advertisement that was read before. @throws GitWsError MALFORMED_ADVERTISEMENT for what is none. */
export function storedAdvertisement(bytes: Uint8Array): ReadAdvertisement {
  const parser = new AdvertisementParser();
  let cause: unknown;
  try {
    const step = parser.push(bytes);
    if (step.done) return { advertisement: step.value, bytes };
    parser.end();
  } catch (error) {
    cause = error;
  }
  const message = 'What is stored is no whole advertisement.';
  throw new GitWsError('MALFORMED_ADVERTISEMENT', message, { cause });
}

/**
 * @returns the refs of an advertisement.
 * @throws GitWsError MALFORMED_ADVERTISEMENT where it has none, being of protocol version 2.
 */
export function refsOf(advertisement: Advertisement): RefAdvertisement {
  if (advertisement.version !== 2) return advertisement;
  const message = 'The server speaks protocol version 2, which was not asked for.';
  throw new GitWsError('MALFORMED_ADVERTISEMENT', message);
}

/** The answer to `GET info/refs` as gitprotocol-http(5) has it, around the same advertisement. */
export function encodeSmartAdvertisement(service: GitService, bytes: Uint8Array): Uint8Array {
  return concatBytes([encodePktLine(`# service=${service}\n`), flushPkt, bytes]);
}

/** Time for a service that is asked for nothing to end by itself, in ms. */
const endTime = 10_000;

/**
 * Ends a run after its advertisement, in the way git takes for a client that wants nothing: a
 * flush-pkt and the end of its input (exit 0; a bare end of input would be exit 128). Never
 * rejects.
 *
 * @param patience ms until a server that does not end by itself is left, Infinity: never; default 10,000.
 */
export async function closeAfterAdvertisement(run: ServiceRun, patience = endTime): Promise<void> {
  const timer = startTimer(() => {
    run.abort();
  }, patience);
  run.spare(true);
  try {
    await run.send([flushPkt]);
  } catch {
    // The connection is gone: so is the run.
  }
  await run.drain();
  clearTimeout(timer);
}
