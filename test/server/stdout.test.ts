import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GitService } from '../../server/index.js';
import { repositoryWords } from '../../server/text/own-paths.js';
import { asBytes, StdoutText } from '../../server/text/stdout.js';
import { pktLine } from '../helpers/git-stream.js';

const root = '/srv/repos';
const words = asBytes(
  repositoryWords({ repository: { gitDir: `${root}/team/größe.git`, root }, name: 'größe', root }),
);

/** What comes out, the stream being cut at these places. */
function through(
  stream: Buffer,
  cuts: readonly number[],
  service: GitService = 'git-receive-pack',
): Buffer {
  const text = new StdoutText(words, service);
  const out: Buffer[] = [];
  let from = 0;
  for (const cut of [...cuts, stream.length].sort((one, other) => one - other)) {
    out.push(...text.push(stream.subarray(from, cut)));
    from = cut;
  }
  return Buffer.concat([...out, ...text.end()]);
}

const flush = Buffer.from('0000');
const band = (number: 1 | 2 | 3, bytes: Buffer | string): Buffer =>
  pktLineOf(
    Buffer.concat([Buffer.of(number), typeof bytes === 'string' ? Buffer.from(bytes) : bytes]),
  );

function pktLineOf(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from((payload.length + 4).toString(16).padStart(4, '0')), payload]);
}

const fromLatin1 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');

/** The bytes of side-bands 1 and 2, from lines of whatever length. */
function bandsIn(stream: Buffer): { report: string; progress: string } {
  const bands = ['', '', ''];
  for (let at = 0; at < stream.length;) {
    const length = Math.max(4, parseInt(stream.toString('latin1', at, at + 4), 16));
    const line = stream.subarray(at, at + length);
    expect(line.length).toBe(length);
    bands[line[4] ?? 0] += line.toString('latin1', 5);
    at += length;
  }
  const [report = '', progress = ''] = bands.slice(1).map(fromLatin1);
  return { report, progress };
}

describe('what git writes to stdout', () => {
  const report = Buffer.concat([
    pktLine(`unpack cannot write ${root}/team/größe.git/objects\n`),
    pktLine(`ng refs/heads/x Unable to create '${root}/team/größe.git/refs/heads/x.lock'\n`),
    pktLine('ok refs/heads/y\n'),
    flush,
  ]);
  const cleanReport = Buffer.concat([
    pktLine('unpack cannot write größe/objects\n'),
    pktLine("ng refs/heads/x Unable to create 'größe/refs/heads/x.lock'\n"),
    pktLine('ok refs/heads/y\n'),
    flush,
  ]);
  const sent = Buffer.concat([
    pktLine(`${'a'.repeat(40)} refs/heads/srv/repos\0 report-status side-band-64k\n`),
    flush,
    band(2, 'error: /srv/re'),
    band(2, 'pos/team/größe.git: no\n/srv'),
    band(1, report.subarray(0, 50)),
    band(1, report.subarray(50)),
    band(2, ''),
    band(2, `and ${root}`),
    flush,
  ]);

  it('loses the server’s paths in side-band 2 and in reports, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(sent.length), { maxLength: 8 }), (cuts) => {
        expect(bandsIn(through(sent, cuts))).toEqual({
          report: cleanReport.toString(),
          progress: 'error: größe: no\n/srvand .',
        });
      }),
      { numRuns: 200 },
    );
  });

  it('loses them in a report without a side-band, in ERR and in side-band 3', () => {
    expect(through(report, []).toString()).toBe(cleanReport.toString());
    expect(through(report, [3, 4, 5, 60]).toString()).toBe(cleanReport.toString());
    const error = pktLine(`ERR ${root}/team/größe.git: no`);
    expect(through(error, [], 'git-upload-pack').toString()).toBe(
      pktLine('ERR größe: no').toString(),
    );
    const fatal = band(3, `${root}/team/größe.git is gone`);
    expect(through(fatal, [7], 'git-upload-pack')).toEqual(band(3, 'größe is gone'));
  });

  it('passes packs and refs as they are, in few pieces', () => {
    const noise = Buffer.from(Array.from({ length: 60_000 }, (_, at) => (at * 7919) % 251));
    const stream = Buffer.concat([
      pktLine(`${'a'.repeat(40)} refs/heads${root}\n`),
      flush,
      pktLine('packfile\n'),
      ...Array.from({ length: 20 }, () => band(1, noise)),
      flush,
    ]);
    const text = new StdoutText(words, 'git-upload-pack');
    const out: Buffer[] = [];
    for (let at = 0; at < stream.length; at += 65_536) {
      const pieces = text.push(stream.subarray(at, at + 65_536));
      expect(pieces.length).toBeLessThanOrEqual(1);
      out.push(...pieces);
    }
    expect(Buffer.concat([...out, ...text.end()]).equals(stream)).toBe(true);
  });

  it('passes whatever is no pkt-line, as the pack for a client without side-band', () => {
    const stream = Buffer.concat([pktLine('NAK\n'), Buffer.from(`PACK ${root}/x 0008\x02abc`)]);
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(through(stream, [cut], 'git-upload-pack').equals(stream)).toBe(true);
    }
  });

  it('passes all lines without words as they are, wherever it is cut, also where it ends early', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom('0000', '0001', '0002', '0004').map((text) => Buffer.from(text)),
            fc.uint8Array({ minLength: 1, maxLength: 2_000 }).map((bytes) => {
              const payload = Buffer.from(bytes);
              return payload[0] === 1 || payload[0] === 2 ? flush : pktLineOf(payload);
            }),
          ),
          { maxLength: 8 },
        ),
        fc.array(fc.nat(4_000), { maxLength: 5 }),
        fc.nat(10),
        (lines, cuts, missing) => {
          const all = Buffer.concat(lines);
          const stream = all.subarray(0, Math.max(0, all.length - missing));
          const inside = cuts.filter((cut) => cut < stream.length);
          const out = through(stream, inside);
          expect(out.equals(stream)).toBe(true);
        },
      ),
    );
  });

  it('keeps bytes that are no UTF-8', () => {
    const stream = Buffer.concat([band(2, Buffer.of(0x61, 0xff, 0xe2, 0x0a)), flush]);
    expect(through(stream, [])).toEqual(stream);
  });
});
