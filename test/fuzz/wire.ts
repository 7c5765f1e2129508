/**
 * Fuzzes the client's parsers of git's bytes: streams that are right or nearly, cut anywhere. What
 * comes out must not depend on where they were cut, and what is thrown is an error of the library.
 */
import { createHash } from 'node:crypto';
import { isGitWsError } from '../../src/base/errors.js';
import { AdvertisementParser } from '../../src/wire/v0/advertisement.js';
import { FetchResponseParser } from '../../src/wire/fetch-response.js';
import { LsRefsParser } from '../../src/wire/v2/ls-refs.js';
import { PushRequestParser } from '../../src/wire/v0/push-request.js';
import { PushResponseParser } from '../../src/wire/v0/push-response.js';
import { encodeSideBand } from '../../src/wire/side-band.js';
import { nullOid, pktLine } from '../helpers/git-stream.js';
import type { Random } from '../helpers/random.js';
import { Finding, type Fuzzer } from './fuzzer.js';
import { cut, mutateBytes, mutateText, oneIn } from './mutate.js';

const flush = Buffer.from('0000');

/** Codes that a parser may throw: another one would be a fault of its own. */
const codes = [
  ...['MALFORMED_PKT_LINE', 'MALFORMED_ADVERTISEMENT', 'INVALID_REF_NAME'],
  ...['REMOTE_ERROR', 'UNSUPPORTED_OBJECT_FORMAT'],
] as const;

function oid(random: Random): string {
  const right = Buffer.from(random.bytes(20)).toString('hex');
  return oneIn(random, 15) ? mutateText(right, random) : oneIn(random, 15) ? nullOid : right;
}

function refName(random: Random): string {
  const right = random.pick([
    'HEAD',
    'refs/heads/main',
    'refs/heads/größe',
    'refs/tags/v1',
    'refs/x/y',
  ]);
  return oneIn(random, 8) ? mutateText(right, random) : right;
}

const capabilities =
  'multi_ack side-band-64k ofs-delta symref=HEAD:refs/heads/main object-format=sha1 agent=git/2';

/** @returns an advertisement of any version. */
export function makeAdvertisement(random: Random): Buffer {
  const lines: Buffer[] = [];
  const version = random.pick([0, 0, 1, 2]);
  if (version > 0) lines.push(pktLine(`version ${version}\n`));
  if (version === 2) {
    for (const line of ['ls-refs=unborn', 'fetch=shallow filter', 'object-format=sha1', 'x']) {
      lines.push(pktLine(`${oneIn(random, 6) ? mutateText(line, random) : line}\n`));
    }
  } else {
    for (let count = random.below(6); count >= 0; count -= 1) {
      const own = lines.length === (version === 0 ? 0 : 1) ? `\0${capabilities}` : '';
      const line = `${oid(random)} ${refName(random)}${own}\n`;
      lines.push(pktLine(line));
      if (oneIn(random, 6)) lines.push(pktLine(`${oid(random)} refs/tags/v1^{}\n`));
    }
    if (oneIn(random, 6)) lines.push(pktLine(`shallow ${oid(random)}\n`));
  }
  return Buffer.concat([...lines, flush]);
}

function makeListedRefs(random: Random): Buffer {
  const lines = Array.from({ length: random.below(6) }, () => {
    const attributes = random.pick([
      '',
      ` peeled:${oid(random)}`,
      ` symref-target:${refName(random)}`,
    ]);
    return pktLine(
      `${oneIn(random, 6) ? 'unborn' : oid(random)} ${refName(random)}${attributes}\n`,
    );
  });
  return Buffer.concat([...lines, flush]);
}

/** @returns some bytes with the SHA-1 that makes them a whole packfile, as far as a client looks. */
export function makePack(random: Random): Buffer {
  const objects = Buffer.from([0, 0, 0, 2, 0, 0, 0, random.below(3)]);
  const body = Buffer.concat([Buffer.from('PACK'), objects, random.bytes(random.below(400))]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** @returns an answer to wants, as versions 0 and 1 give it, and a packfile in it. */
export function makeFetchResponse(random: Random, pack: Buffer, sideBand: boolean): Buffer {
  const lines: Uint8Array[] = [];
  if (oneIn(random, 3)) lines.push(pktLine(`shallow ${oid(random)}\n`), flush);
  for (let count = random.below(3); count > 0; count -= 1) {
    lines.push(pktLine(`ACK ${oid(random)}${random.pick(['', ' common', ' ready', ' x'])}\n`));
  }
  lines.push(pktLine('NAK\n'));
  if (!sideBand) return Buffer.concat([...lines, pack]);
  for (const piece of cut(pack, random)) {
    lines.push(...encodeSideBand(1, piece));
    if (oneIn(random, 3)) lines.push(...encodeSideBand(2, Buffer.from('Counting: 1% \r\n')));
  }
  if (oneIn(random, 20)) lines.push(...encodeSideBand(3, Buffer.from('it broke')));
  return Buffer.concat([...lines, flush]);
}

/** @returns what receive-pack says to a push of main. */
export function makePushResponse(random: Random, sideBand: boolean): Buffer {
  const report = Buffer.concat([
    pktLine(`unpack ${random.pick(['ok', 'ok', 'index-pack failed'])}\n`),
    pktLine(random.pick(['ok refs/heads/main\n', 'ng refs/heads/main no\n', 'ok \n', 'x\n'])),
    ...(oneIn(random, 3) ? [pktLine(`option new-oid ${oid(random)}\n`)] : []),
    flush,
  ]);
  if (!sideBand) return report;
  const words = encodeSideBand(2, Buffer.from('hook: says\n'));
  return Buffer.concat([
    ...words,
    ...cut(report, random).flatMap((piece) => encodeSideBand(1, piece)),
    flush,
  ]);
}

function makePushRequest(random: Random): Buffer {
  const lines = Array.from({ length: 1 + random.below(4) }, (_, index) =>
    pktLine(
      `${oid(random)} ${oid(random)} ${refName(random)}${index === 0 ? `\0${capabilities}` : ''}`,
    ),
  );
  return Buffer.concat([...lines, flush, random.bytes(random.below(40))]);
}

interface MessageParser {
  push(piece: Uint8Array): { done: false } | { done: true; value: unknown; end: number };
  end(): void;
}

/** The message and how long it was, or what was thrown. */
function parseMessage(parser: MessageParser, pieces: readonly Uint8Array[]): unknown {
  let before = 0;
  for (const piece of pieces) {
    const step = parser.push(piece);
    if (step.done) return { value: step.value, end: before + step.end };
    before += piece.length;
  }
  parser.end();
  throw new Error('end() did not say that the message is not complete');
}

interface EventParser {
  push(piece: Uint8Array): readonly { readonly type: string; readonly bytes?: Uint8Array }[];
  end(): void;
}

/** All events, neighbours that carry bytes joined. */
function parseEvents(parser: EventParser, pieces: readonly Uint8Array[]): unknown {
  const all: { type: string; bytes?: string }[] = [];
  for (const piece of pieces) {
    for (const event of parser.push(piece)) {
      const bytes = event.bytes && Buffer.from(event.bytes).toString('latin1');
      const last = all.at(-1);
      if (bytes === undefined) all.push({ ...event, bytes: '' });
      else if (last?.type === event.type) last.bytes = `${last.bytes ?? ''}${bytes}`;
      else all.push({ type: event.type, bytes });
    }
  }
  parser.end();
  return all;
}

/** What happened, as text: a Map would not be seen by JSON. */
function outcome(run: () => unknown, input: Uint8Array): string {
  try {
    return JSON.stringify(run(), (_key, value: unknown) =>
      value instanceof Map ? [...(value as Map<unknown, unknown>)] : value,
    );
  } catch (error) {
    if (isGitWsError(error) && codes.some((code) => code === error.code)) {
      return `${error.code}: ${error.message}`;
    }
    throw new Finding(`not an error of the library: ${String(error)}`, input);
  }
}

type Parse = (pieces: readonly Uint8Array[]) => unknown;

function pick(random: Random): [Buffer, Parse] {
  const sideBand = oneIn(random, 2);
  switch (random.below(5)) {
    case 0:
      return [
        makeAdvertisement(random),
        (pieces) => parseMessage(new AdvertisementParser(), pieces),
      ];
    case 1:
      return [makeListedRefs(random), (pieces) => parseMessage(new LsRefsParser(), pieces)];
    case 2:
      return [
        makeFetchResponse(random, makePack(random), sideBand),
        (pieces) => parseEvents(new FetchResponseParser(), pieces),
      ];
    case 3:
      return [makePushRequest(random), (pieces) => parseMessage(new PushRequestParser(), pieces)];
    default:
      return [
        makePushResponse(random, sideBand),
        (pieces) => parseEvents(new PushResponseParser({ sideBand }), pieces),
      ];
  }
}

/** One case for the parsers of streams. */
function runStream(random: Random): void {
  const [right, parse] = pick(random);
  const input = oneIn(random, 6) ? right : mutateBytes(right, random);
  const whole = outcome(() => parse([input]), input);
  for (const pieces of [cut(input, random), cut(input, random, 40), [...singles(input)]]) {
    const other = outcome(() => parse(pieces), input);
    if (other !== whole) {
      throw new Finding(`cut into ${pieces.length} it is ${other}, and whole ${whole}`, input);
    }
  }
}

function* singles(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1) yield bytes.subarray(at, at + 1);
}

/** Fuzzes the parsers of git’s bytes. */
export const wire: Fuzzer = {
  name: 'wire',
  open: () =>
    Promise.resolve({
      concurrency: 1,
      run(random) {
        runStream(random);
      },
      check: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }),
};
