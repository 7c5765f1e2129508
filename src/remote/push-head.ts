/** What a push begins with: the commands, and what of the server's capabilities it makes use of. */
import { GitWsError } from '../base/errors.js';
import type { Capabilities } from '../wire/capabilities.js';
import { zeroOid } from '../wire/oid.js';
import { encodePktLine, flushPkt } from '../wire/pkt-line.js';
import { encodePushRequest, type PushCommand, type PushRequest } from '../wire/v0/push-request.js';
import { concatBytes } from '../base/concat-bytes.js';

/** What is asked of the server beside the refs. */
export interface AskedOfServer {
  readonly atomic?: boolean | undefined;
  readonly pushOptions?: readonly string[] | undefined;
  readonly quiet?: boolean | undefined;
}

/**
 * @param announced by the server.
 * @returns those that the push asks for.
 * @throws GitWsError UNSUPPORTED_CAPABILITY (data: `capability`) where one is missing that it needs.
 */
export function pushCapabilities(
  announced: Capabilities,
  commands: readonly PushCommand[],
  { atomic = false, pushOptions = [], quiet = false }: AskedOfServer,
): Capabilities {
  const asked = new Map<string, readonly string[]>();
  const need = (capability: string, what: string): void => {
    if (!announced.has(capability)) throw missing(capability, what);
    asked.set(capability, []);
  };
  if (announced.has('report-status-v2')) asked.set('report-status-v2', []);
  // Without one nobody could say that the push has succeeded.
  else need('report-status', 'does not tell what becomes of a push');
  for (const capability of ['side-band-64k', 'ofs-delta']) {
    if (announced.has(capability)) asked.set(capability, []);
  }
  if (quiet && announced.has('quiet')) asked.set('quiet', []);
  if (announced.has('object-format')) asked.set('object-format', ['sha1']);
  // Nobody asks for this one: it is there, or it is not.
  if (commands.some(({ newOid }) => newOid === zeroOid) && !announced.has('delete-refs')) {
    throw missing('delete-refs', 'deletes no refs');
  }
  if (atomic) need('atomic', 'cannot change all refs or none');
  if (pushOptions.length > 0) need('push-options', 'takes no push options');
  return asked;
}

/**
 * @returns all that comes before the pack.
 * @throws GitWsError INVALID_OPTION for a push option that is none.
 */
export function encodeHead(request: PushRequest, pushOptions: readonly string[] = []): Uint8Array {
  const options = pushOptions.map((option) => {
    if (/[\n\0]/.test(option)) {
      throw new GitWsError('INVALID_OPTION', 'A push option has one line.');
    }
    return encodePktLine(option);
  });
  const head = encodePushRequest(request);
  return options.length === 0 ? head : concatBytes([head, ...options, flushPkt]);
}

function missing(capability: string, what: string): GitWsError {
  return new GitWsError('UNSUPPORTED_CAPABILITY', `The server's git ${what}.`, {
    data: { capability },
  });
}
