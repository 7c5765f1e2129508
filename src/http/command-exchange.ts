/**
 * The POST to upload-pack in protocol v2: one command, of which isomorphic-git knows `ls-refs`
 * alone. The response is passed on as it came, once it is whole and, for `ls-refs`, checked.
 */
import { LsRefsParser } from '../wire/ls-refs.js';
import { decodePktLine } from '../wire/pkt-line.js';
import { concatBytes, decodeText, trimNewline } from '../wire/text.js';
import type { ByteSource } from './gather.js';
import type { ServiceRun } from './run.js';

/**
 * Sends the command and waits for all of the response. With the end of its input, upload-pack
 * ends too, instead of waiting for another command.
 *
 * @throws GitWsError REMOTE_EXIT, CONNECTION_LOST, UserCanceledError; for `ls-refs` also what
 *   its parser throws.
 */
export async function exchangeCommand(run: ServiceRun, body: ByteSource): Promise<Uint8Array[]> {
  let command: string | undefined;
  let sendFailure: { error: unknown } | undefined;
  run
    .send(body, (bytes) => {
      command ??= firstLine(bytes);
    })
    .catch((error: unknown) => {
      sendFailure ??= { error };
      run.abort(error);
    });
  try {
    const parts: Uint8Array[] = [];
    for (let chunk = await run.read(); chunk !== undefined; chunk = await run.read()) {
      parts.push(chunk);
    }
    await run.success();
    if (command === 'command=ls-refs') checkListedRefs(parts);
    return parts;
  } catch (error) {
    run.abort();
    // Aborting after a failure to send is what made reading fail.
    throw sendFailure === undefined ? error : sendFailure.error;
  }
}

function firstLine(bytes: Uint8Array): string {
  const line = decodePktLine(bytes);
  return line.type === 'data' ? trimNewline(decodeText(line.payload)) : '';
}

function checkListedRefs(parts: readonly Uint8Array[]): void {
  const parser = new LsRefsParser();
  parser.push(concatBytes(parts));
  parser.end();
}
