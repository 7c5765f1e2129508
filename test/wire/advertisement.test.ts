import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdvertisementParser } from '../../src/wire/v0/advertisement.js';
import type { Advertisement } from '../../src/wire/v0/advertisement.js';
import { encodePktLine } from '../../src/wire/pkt-line.js';
import { zeroOid } from '../../src/wire/oid.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { encodeText } from '../../src/wire/text.js';
import {
  anyPlaces,
  cutAt,
  everySplit,
  message,
  oidA,
  oidB,
  oidC,
  parseAll,
  thrownBy,
} from './wire-bytes.js';

const behind = encodeText('what follows');

/** The advertisement in some bytes, the same for every way to cut them. */
function parse(bytes: Uint8Array): Advertisement {
  const { value, rest } = parseAll(new AdvertisementParser(), [bytes]);
  expect(rest).toEqual(new Uint8Array(0));
  for (const pieces of everySplit(concatBytes([bytes, behind]))) {
    expect(parseAll(new AdvertisementParser(), pieces)).toEqual({ value, rest: behind });
  }
  return value;
}

describe('AdvertisementParser, version 0', () => {
  it('reads refs, symrefs, capabilities, peeled tags and shallow lines', () => {
    const advertisement = parse(
      message(
        `${oidA} HEAD\0multi_ack symref=HEAD:refs/heads/main object-format=sha1 agent=git/2.39.5\n`,
        `${oidA} refs/heads/main\n`,
        `${oidB} refs/tags/v1.0\n`,
        `${oidC} refs/tags/v1.0^{}\n`,
        `${oidC} refs/tags/light`,
        `shallow ${oidB}\n`,
        '0000',
      ),
    );
    expect(advertisement).toEqual({
      version: 0,
      capabilities: new Map([
        ['multi_ack', []],
        ['symref', ['HEAD:refs/heads/main']],
        ['object-format', ['sha1']],
        ['agent', ['git/2.39.5']],
      ]),
      refs: [
        { name: 'HEAD', oid: oidA },
        { name: 'refs/heads/main', oid: oidA },
        { name: 'refs/tags/v1.0', oid: oidB, peeled: oidC },
        { name: 'refs/tags/light', oid: oidC },
      ],
      symrefs: new Map([['HEAD', 'refs/heads/main']]),
      haves: [],
      shallow: [oidB],
    });
  });

  it('reads an empty repository, with capabilities or, from an older git, without', () => {
    const empty = { version: 0, refs: [], symrefs: new Map(), haves: [], shallow: [] };
    expect(parse(message(`${zeroOid} capabilities^{}\0report-status agent=x\n`, '0000'))).toEqual({
      ...empty,
      capabilities: new Map([
        ['report-status', []],
        ['agent', ['x']],
      ]),
    });
    expect(parse(message('0000'))).toEqual({ ...empty, capabilities: new Map() });
  });

  it('reads an empty repository that is shallow', () => {
    const bytes = message(`${zeroOid} capabilities^{}\0x\n`, `shallow ${oidA}\n`, '0000');
    expect(parse(bytes)).toMatchObject({ refs: [], shallow: [oidA] });
  });

  it('keeps the oids that receive-pack borrows, which are no refs', () => {
    const bytes = message(`${oidA} .have\0report-status\n`, `${oidB} .have\n`, '0000');
    expect(parse(bytes)).toMatchObject({ refs: [], haves: [oidA, oidB] });
  });

  it('reads refs of a server so old that it has no capabilities', () => {
    expect(parse(message(`${oidA} refs/heads/main\n`, '0000'))).toMatchObject({
      capabilities: new Map(),
      refs: [{ name: 'refs/heads/main', oid: oidA }],
    });
  });

  it('reads names that are not ASCII, and shows where they are not UTF-8', () => {
    const latin1 = new Uint8Array([...encodeText(`${oidB} refs/heads/gr`), 0xf6, 10]);
    const bytes = message(`${oidA} refs/heads/größe\0x\n`, encodePktLine(latin1), '0000');
    expect(parse(bytes)).toMatchObject({
      refs: [{ name: 'refs/heads/größe' }, { name: 'refs/heads/gr\ufffd' }],
    });
  });

  it('takes the first of several object formats for the repository’s own', () => {
    const line = (formats: string): Uint8Array =>
      message(`${oidA} HEAD\0object-format=${formats}\n`, '0000');
    expect(parse(line('sha1 object-format=sha256'))).toMatchObject({ version: 0 });
    expect(
      thrownBy(() => new AdvertisementParser().push(line('sha256 object-format=sha1'))),
    ).toMatchObject({ code: 'UNSUPPORTED_OBJECT_FORMAT' });
  });

  it('knows a symref whose target does not exist', () => {
    const bytes = message(`${oidA} refs/heads/a\0symref=HEAD:refs/heads/unborn\n`, '0000');
    expect(parse(bytes)).toMatchObject({ symrefs: new Map([['HEAD', 'refs/heads/unborn']]) });
  });
});

describe('AdvertisementParser, version 1', () => {
  it('reads what version 0 has, behind a line with the version', () => {
    const bytes = message(
      'version 1\n',
      `${oidA} HEAD\0ofs-delta\n`,
      `${oidA} refs/heads/main\n`,
      '0000',
    );
    expect(parse(bytes)).toMatchObject({
      version: 1,
      capabilities: new Map([['ofs-delta', []]]),
      refs: [{ name: 'HEAD' }, { name: 'refs/heads/main' }],
    });
  });

  it('reads an empty repository', () => {
    expect(parse(message('version 1\n', '0000'))).toMatchObject({ version: 1, refs: [] });
  });
});

describe('AdvertisementParser, version 2', () => {
  it('reads one capability a line, with values that hold spaces', () => {
    const bytes = message(
      'version 2\n',
      'agent=git/2.39.5\n',
      'ls-refs=unborn\n',
      'fetch=shallow wait-for-done filter\n',
      'server-option\n',
      'object-format=sha1',
      '0000',
    );
    expect(parse(bytes)).toEqual({
      version: 2,
      capabilities: new Map([
        ['agent', ['git/2.39.5']],
        ['ls-refs', ['unborn']],
        ['fetch', ['shallow wait-for-done filter']],
        ['server-option', []],
        ['object-format', ['sha1']],
      ]),
    });
  });
});

describe('AdvertisementParser, any input', () => {
  const oid = fc.stringMatching(/^[0-9a-f]{39}[1-9a-f]$/);
  const name = fc.stringMatching(/^[a-zA-Z0-9öß漢]{1,12}$/).map((text) => `refs/heads/${text}`);
  const peeled = fc.option(oid, { nil: undefined });

  it('gives back any refs, cut anywhere', () => {
    const refs = fc.uniqueArray(fc.tuple(name, oid, peeled), {
      ...{ minLength: 1, maxLength: 20 },
      selector: ([ref]) => ref,
    });
    fc.assert(
      fc.property(refs, fc.constantFrom(0, 1), anyPlaces, (list, version, places) => {
        const lines = list.flatMap(([ref, tip, to], index) => [
          `${tip} ${ref}${index === 0 ? '\0ofs-delta' : ''}\n`,
          ...(to === undefined ? [] : [`${to} ${ref}^{}\n`]),
        ]);
        const head = version === 1 ? ['version 1\n'] : [];
        const bytes = concatBytes([message(...head, ...lines, '0000'), behind]);
        const { value, rest } = parseAll(new AdvertisementParser(), cutAt(bytes, places));
        expect(rest).toEqual(behind);
        expect(value).toMatchObject({
          version,
          refs: list.map(([ref, tip, to]) =>
            to === undefined ? { name: ref, oid: tip } : { name: ref, oid: tip, peeled: to },
          ),
        });
      }),
    );
  });

  it('answers any damage to a good advertisement with an error of its own, or reads on', () => {
    const good = message(
      `${oidA} HEAD\0symref=HEAD:refs/heads/main object-format=sha1\n`,
      `${oidA} refs/heads/main\n`,
      `${oidB} refs/tags/v1\n`,
      `${oidC} refs/tags/v1^{}\n`,
      `shallow ${oidB}\n`,
      '0000',
    );
    const codes = [
      'MALFORMED_PKT_LINE',
      'MALFORMED_ADVERTISEMENT',
      'INVALID_REF_NAME',
      'UNSUPPORTED_OBJECT_FORMAT',
    ];
    const damage = fc.array(fc.tuple(fc.nat(good.byteLength - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          parseAll(new AdvertisementParser(), [bytes]);
        } catch (error) {
          expect(codes).toContain((error as { code?: unknown }).code);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
