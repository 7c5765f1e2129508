import { describe, expect, it } from 'vitest';
import { LsRefsParser } from '../../src/wire/v2/ls-refs.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { encodeText } from '../../src/wire/text.js';
import {
  everySplit,
  message,
  oidA,
  oidB,
  oidC,
  parseAll,
  thrownBy,
  thrownByPushing,
} from './wire-bytes.js';

describe('LsRefsParser', () => {
  it('reads symbolic refs, peeled tags and attributes that are not known', () => {
    const bytes = message(
      `${oidA} HEAD symref-target:refs/heads/main\n`,
      `${oidA} refs/heads/main\n`,
      `${oidB} refs/tags/v1 peeled:${oidC}\n`,
      `${oidB} refs/tags/v2 new:thing peeled:${oidC} flag`,
      '0000',
    );
    const rest = encodeText('0002');
    for (const pieces of everySplit(concatBytes([bytes, rest]))) {
      expect(parseAll(new LsRefsParser(), pieces)).toEqual({
        value: [
          { name: 'HEAD', oid: oidA, symrefTarget: 'refs/heads/main' },
          { name: 'refs/heads/main', oid: oidA },
          { name: 'refs/tags/v1', oid: oidB, peeled: oidC },
          { name: 'refs/tags/v2', oid: oidB, peeled: oidC },
        ],
        rest,
      });
    }
  });

  it('reads HEAD of an empty repository, which points to a branch not born yet', () => {
    const bytes = message('unborn HEAD symref-target:refs/heads/main\n', '0000');
    expect(parseAll(new LsRefsParser(), [bytes]).value).toEqual([
      { name: 'HEAD', oid: undefined, symrefTarget: 'refs/heads/main' },
    ]);
  });

  it('reads no refs at all', () => {
    expect(parseAll(new LsRefsParser(), [message('0000')]).value).toEqual([]);
  });

  it.each([
    ['an oid that is none', `${'a'.repeat(39)} HEAD\n`],
    ['a word in its place', 'born HEAD\n'],
    ['no name', `${oidA}\n`],
    ['an empty line', '\n'],
    ['a peeled oid that is none', `${oidA} refs/tags/a peeled:${'z'.repeat(40)}\n`],
    ['a delim-pkt', '0001'],
    ['a response-end-pkt', '0002'],
  ])('refuses %s as MALFORMED_ADVERTISEMENT', (_, line) => {
    for (const pieces of everySplit(message(line, '0000'))) {
      expect(thrownByPushing(new LsRefsParser(), pieces)).toMatchObject({
        code: 'MALFORMED_ADVERTISEMENT',
      });
    }
  });

  it.each([
    ['a name outside refs/', `${oidA} hooks/post-checkout\n`],
    ['an empty name', `${oidA}  symref-target:refs/heads/a\n`],
    ['a symref to such a name', `${oidA} HEAD symref-target:../config\n`],
    ['a symref to nowhere', `${oidA} HEAD symref-target:\n`],
  ])('refuses %s as INVALID_REF_NAME', (_, line) => {
    expect(thrownBy(() => new LsRefsParser().push(message(line)))).toMatchObject({
      code: 'INVALID_REF_NAME',
    });
  });

  it('throws the words of an ERR line', () => {
    expect(
      thrownBy(() => new LsRefsParser().push(message('ERR unknown object format\n'))),
    ).toMatchObject({ code: 'REMOTE_ERROR', data: { message: 'unknown object format' } });
  });

  it('says at every point where the stream may end that it is incomplete', () => {
    const bytes = message(`${oidA} HEAD\n`, '0000');
    for (let length = 0; length < bytes.byteLength; length += 1) {
      const parser = new LsRefsParser();
      expect(parser.push(bytes.subarray(0, length))).toEqual({ done: false });
      expect(thrownBy(() => parser.end())).toMatchObject({ code: 'MALFORMED_ADVERTISEMENT' });
    }
  });

  it('keeps to its limits', () => {
    const bytes = message(`${oidA} refs/heads/a\n`, `${oidA} refs/heads/b\n`, '0000');
    for (const limits of [{ maxRefs: 1 }, { maxBytes: bytes.byteLength - 1 }]) {
      expect(thrownBy(() => new LsRefsParser(limits).push(bytes))).toMatchObject({
        code: 'MALFORMED_ADVERTISEMENT',
      });
    }
    const limits = { maxRefs: 2, maxBytes: bytes.byteLength };
    expect(new LsRefsParser(limits).push(bytes)).toMatchObject({ done: true });
  });
});
