/**
 * The POST to upload-pack in protocol v2: one command, of which isomorphic-git knows `ls-refs`
 * alone. The response is passed on as it came, once it is whole and checked.
 */
import { GitWsError } from '../base/errors.js';
import { LsRefsParser } from '../wire/v2/ls-refs.js';
import { decodePktLine } from '../wire/pkt-line.js';
import { decodeText, trimNewline } from '../wire/text.js';
import type { ByteSource } from '../remote/gather.js';
import type { ServiceRun } from '../remote/service-run.js';

/**
 * Sends the command and waits for all of the response. With the end of its input, upload-pack
 * ends too, instead of waiting for another command.
 *
 * @throws GitWsError INVALID_OPTION for another command; REMOTE_EXIT, CONNECTION_LOST,
 *   UserCanceledError; what the parser of the list throws.
 */
export async function exchangeCommand(run: ServiceRun, body: ByteSource): Promise<Uint8Array[]> {
  let checked = false;
  try {
    run.start(body, (bytes) => {
      if (!checked) checkCommand(bytes);
      checked = true;
    });
    return await receiveList(run);
  } catch (error) {
    run.abort();
    throw error;
  }
}

async function receiveList(run: ServiceRun): Promise<Uint8Array[]> {
  // It has a limit: a server must not fill the memory.
  const parser = new LsRefsParser();
  const parts: Uint8Array[] = [];
  for (let chunk = await run.read(); chunk !== undefined; chunk = await run.read()) {
    const step = parser.push(chunk);
    // isomorphic-git would read on, and take it for refs that nobody checked.
    if (step.done && step.end < chunk.length) {
      throw new GitWsError('MALFORMED_PKT_LINE', 'Something follows the list of refs.');
    }
    parts.push(chunk);
  }
  // git's own words, where it failed, say more than what is missing.
  await run.success();
  parser.end();
  return parts;
}

function checkCommand(bytes: Uint8Array): void {
  const line = decodePktLine(bytes);
  if (line.type === 'data' && trimNewline(decodeText(line.payload)) === 'command=ls-refs') return;
  const message = 'Of protocol version 2, only ls-refs goes through this client.';
  throw new GitWsError('INVALID_OPTION', message);
}
