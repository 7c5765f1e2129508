/**
 * Asks an upstream what the refs of a repository are, as anybody may: no credentials go out. In
 * protocol version 2 that is one small request, where it is known where the repository is.
 */
import { isGitWsError } from '../../../src/base/errors.js';
import { closeCodes } from '../../../src/tunnel/machine/close.js';
import type { Capabilities } from '../../../src/wire/capabilities.js';
import type { MessageParser } from '../../../src/wire/message-parser.js';
import { encodePktLine, flushPkt } from '../../../src/wire/pkt-line.js';
import { withoutHeader } from '../../../src/wire/stateless/run-service.js';
import { concatBytes } from '../../../src/base/concat-bytes.js';
import { AdvertisementParser } from '../../../src/wire/v0/advertisement.js';
import { encodeCommand, hasFeature } from '../../../src/wire/v2/command.js';
import { LsRefsParser } from '../../../src/wire/v2/ls-refs.js';
import type { Refusal } from '../../admission/refusal.js';
import {
  UpstreamFailure,
  type Asked,
  type Location,
  type Post,
  type SmartHttp,
} from '../upstream/smart-http.js';
import { advertisedState, listedState, type RefState } from './ref-state.js';

/** What an upstream has said. */
export type Listed =
  | {
      readonly kind: 'listing';
      readonly location: Location;
      readonly state: RefState;
      /** What it can do in protocol version 2; undefined where it does not speak that. */
      readonly capabilities: Capabilities | undefined;
    }
  /** It has said no to somebody without credentials, or that there is no such repository. */
  | { readonly kind: 'denied' }
  /** It redirects to what this client may not have: that says nothing about others. */
  | { readonly kind: 'unallowed' }
  /** Nothing, or that it cannot at present. */
  | { readonly kind: 'silent'; readonly refusal: Refusal | undefined }
  /** Something that is no list of refs, or none that can be understood here. */
  | { readonly kind: 'strange' };

/** What is asked. */
export interface Question {
  readonly location: Location;
  /** What it could do when it was asked before, by which the way to it is known. */
  readonly capabilities: Capabilities | undefined;
  /** See {@link Asked.allows}. */
  readonly allows: Asked['allows'];
  readonly signal: AbortSignal;
}

/** How upload-pack is asked for, by nobody in particular. */
export function anonymously({ allows, signal }: Pick<Asked, 'allows' | 'signal'>): Asked {
  const service = 'git-upload-pack';
  return {
    ...{ service, gitProtocol: 'version=2', authorization: undefined, allows, signal },
    // Defence: no credentials go out for what is kept.
    operatorProof: () => Promise.resolve(undefined),
  };
}

/** Never rejects. */
export async function listRefs(http: SmartHttp, question: Question): Promise<Listed> {
  const { location, capabilities, signal } = question;
  let unallowed = false;
  const asked = anonymously({
    signal,
    allows: async (name) => {
      unallowed = !(await question.allows(name));
      // Defence: a redirect leads to nothing kept that rules do not allow.
      return !unallowed;
    },
  });
  if (capabilities !== undefined) {
    try {
      const state = await askForRefs(http.postTo(location, asked), capabilities, signal);
      return { kind: 'listing', location, state, capabilities };
    } catch (error) {
      if (isSilence(error)) return { kind: 'silent', refusal: undefined };
      // It may have moved, or speak otherwise now: it is asked from the beginning.
    }
  }
  const found = await http.find(location, asked);
  if ('kind' in found) return unallowed ? { kind: 'unallowed' } : refused(found);
  try {
    const lines = await withoutHeader(found.advertisement);
    const advertisement = await parse(new AdvertisementParser(), lines.rest());
    if (advertisement.version !== 2) {
      const state = advertisedState(advertisement);
      return { kind: 'listing', location: found.location, state, capabilities: undefined };
    }
    const { capabilities: now } = advertisement;
    const state = await askForRefs(found.post, now, signal);
    return { kind: 'listing', location: found.location, state, capabilities: now };
  } catch (error) {
    const isCutOff = !(error instanceof UpstreamFailure) && !isGitWsError(error);
    if (isSilence(error) || isCutOff) return { kind: 'silent', refusal: undefined };
    return { kind: 'strange' };
  } finally {
    found.advertisement.destroy();
    found.leave();
  }
}

/** What an upstream has said of itself, as it says it (gitprotocol-v2(5)). */
export function encodeAdvertisement(capabilities: Capabilities): Uint8Array {
  const lines = [...capabilities].flatMap(([name, values]) =>
    values.length === 0 ? [name] : values.map((value) => `${name}=${value}`),
  );
  const text = ['version 2', ...lines].map((line) => encodePktLine(`${line}\n`));
  return concatBytes([...text, flushPkt]);
}

async function askForRefs(
  post: Post,
  capabilities: Capabilities,
  signal: AbortSignal,
): Promise<RefState> {
  const unborn = hasFeature(capabilities, 'ls-refs', 'unborn') ? ['unborn'] : [];
  const request = encodeCommand('ls-refs', capabilities, ['symrefs', ...unborn]);
  const answer = await post(Buffer.from(request), signal);
  try {
    return listedState(await parse(new LsRefsParser(), answer as AsyncIterable<Uint8Array>));
  } finally {
    answer.destroy();
  }
}

/** @throws what the parser throws, also for what ends too early; what the stream fails with. */
async function parse<Message>(
  parser: MessageParser<Message>,
  pieces: AsyncIterable<Uint8Array>,
): Promise<Message> {
  for await (const piece of pieces) {
    const step = parser.push(piece);
    if (step.done) return step.value;
  }
  parser.end();
  throw new Error('the answer ended');
}

function refused(refusal: Refusal): Listed {
  switch (refusal.code) {
    case closeCodes.upstreamUnauthorized:
    case closeCodes.forbidden:
    case closeCodes.notFound:
      return { kind: 'denied' };
    case closeCodes.unavailable:
    case closeCodes.tooMany:
      return { kind: 'silent', refusal };
    default:
      return { kind: 'strange' };
  }
}

/** Whether there was no answer at all. */
function isSilence(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.cause !== undefined;
}
