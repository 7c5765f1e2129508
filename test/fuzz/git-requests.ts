/** What clients say to upload-pack and receive-pack, nearly right: the stdin of a session. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { nullOid, pktLine } from '../helpers/git-stream.js';
import type { Random } from '../helpers/random.js';
import { mutateBytes, mutateText, oneIn } from './mutate.js';

const flush = Buffer.from('0000');
const delim = Buffer.from('0001');

const capabilities = [
  ...['side-band-64k', 'side-band', 'ofs-delta', 'thin-pack', 'multi_ack_detailed', 'no-progress'],
  ...['no-done', 'shallow', 'deepen-since', 'filter', 'agent=x', 'session-id=x', 'include-tag'],
  ...['object-format=sha1', 'object-format=sha256', 'report-status', 'report-status-v2', 'atomic'],
  ...['delete-refs', 'push-options', 'quiet', 'x=\x01', 'symref=HEAD:x'],
];

function oid(random: Random, head: string): string {
  const other = Buffer.from(random.bytes(20)).toString('hex');
  const known = oneIn(random, 3) ? random.pick([nullOid, other, head.slice(1)]) : head;
  return oneIn(random, 8) ? mutateText(known, random) : known;
}

function some(random: Random): string {
  return Array.from({ length: random.below(5) }, () => random.pick(capabilities)).join(' ');
}

/** Wants, shallow lines, haves and done of protocol versions 0 and 1. */
function wants(random: Random, head: string): Buffer[] {
  const lines = [pktLine(`want ${oid(random, head)} ${some(random)}\n`)];
  for (let more = random.below(4); more > 0; more -= 1) {
    const line = random.pick([
      ...[`want ${oid(random, head)}\n`, `shallow ${oid(random, head)}\n`, 'deepen 1\n'],
      ...[
        'deepen -1\n',
        'deepen 99999999999\n',
        'deepen-since 1\n',
        'deepen-not refs/heads/main\n',
      ],
      ...['filter blob:none\n', 'filter tree:0\n', 'filter combine:x+y\n', 'filter sparse:oid=x\n'],
    ]);
    lines.push(pktLine(line));
  }
  lines.push(flush);
  for (let more = random.below(4); more > 0; more -= 1) {
    lines.push(oneIn(random, 4) ? flush : pktLine(`have ${oid(random, head)}\n`));
  }
  lines.push(pktLine('done\n'));
  return lines;
}

/** Commands of protocol version 2. */
function commands(random: Random, head: string): Buffer[] {
  const command = random.pick(['ls-refs', 'fetch', 'object-info', 'bundle-uri', 'x', '']);
  const lines = [pktLine(`command=${command}`)];
  if (!oneIn(random, 3)) lines.push(pktLine(random.pick(['agent=x', 'object-format=sha1', 'x=y'])));
  lines.push(delim);
  for (let more = random.below(6); more > 0; more -= 1) {
    const line = random.pick([
      ...[
        `want ${oid(random, head)}\n`,
        `have ${oid(random, head)}\n`,
        'want-ref refs/heads/main\n',
      ],
      ...['want-ref refs/heads/../x\n', 'peel\n', 'symrefs\n', 'unborn\n', 'ref-prefix refs/\n'],
      ...['ref-prefix \n', 'thin-pack\n', 'deepen 1\n', 'filter blob:limit=1\n', 'wait-for-done\n'],
      ...['sideband-all\n', 'packfile-uris x\n', `oid ${oid(random, head)}\n`, 'size\n', 'done\n'],
    ]);
    lines.push(pktLine(line));
  }
  lines.push(flush);
  return oneIn(random, 3) ? [...lines, ...commands(random, head)] : lines;
}

const refs = [
  ...['refs/heads/main', 'refs/heads/new', 'refs/tags/x', 'HEAD', 'refs/heads/../../x', 'x'],
  ...['refs/heads/x.lock', 'refs/heads/a\tb', 'refs/heads/\x01', '-x', 'refs/heads/', '../../HEAD'],
  ...['refs/heads/main/below', `refs/heads/${'z'.repeat(400)}`, 'refs/hooks/pre-receive', ''],
];

/** Commands of a push, and a pack of one blob. */
function push(random: Random, head: string): Buffer[] {
  const lines: Buffer[] = [];
  if (oneIn(random, 6)) lines.push(pktLine(`shallow ${oid(random, head)}`));
  for (let more = 1 + random.below(3); more > 0; more -= 1) {
    const [before, after] = [oid(random, head), oid(random, head)];
    // Never a right deletion: main has to be there for the next case.
    const line = `${before} ${after === nullOid ? head : after} ${random.pick(refs)}`;
    lines.push(pktLine(lines.length === 0 ? `${line}\0 ${some(random)}` : line));
  }
  lines.push(flush);
  if (!oneIn(random, 4)) lines.push(pack(random));
  return lines;
}

function pack(random: Random): Buffer {
  const content = Buffer.from(random.bytes(random.below(60)));
  const size = random.pick([content.length, content.length, 15, 2 ** 20]);
  const [first, second] = [0x80 | (3 << 4) | (size & 15), (size >> 4) & 127];
  const body = Buffer.concat([
    Buffer.from('PACK'),
    Buffer.from([0, 0, 0, random.pick([2, 2, 2, 3, 9]), 0, 0, 0, random.pick([1, 1, 1, 0, 200])]),
    Buffer.from([first, second]),
    deflateSync(content),
  ]);
  const sum = createHash('sha1').update(body).digest();
  return Buffer.concat([body, oneIn(random, 6) ? random.bytes(20) : sum]);
}

/**
 * @param service `git-upload-pack` in version 0 or 2, or `git-receive-pack`.
 * @param head an oid that the repository has.
 * @returns a request, most of the times spoilt.
 */
export function makeGitRequest(
  service: string,
  version: number,
  head: string,
  random: Random,
): Buffer {
  const make = service === 'git-receive-pack' ? push : version === 2 ? commands : wants;
  const request = Buffer.concat(make(random, head));
  return oneIn(random, 2) ? mutateBytes(request, random) : request;
}
