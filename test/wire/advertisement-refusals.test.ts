import { describe, expect, it } from 'vitest';
import { AdvertisementParser } from '../../src/wire/v0/advertisement.js';
import { zeroOid } from '../../src/wire/oid.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import {
  everySplit,
  message,
  oidA,
  oidB,
  parseAll,
  thrownBy,
  thrownByPushing,
} from './wire-bytes.js';

describe('AdvertisementParser, refusals', () => {
  const first = `${oidA} HEAD\0ofs-delta\n`;
  const malformed = (name: string, ...parts: string[]) => ({ name, parts });

  it.each([
    malformed('an unknown version', 'version 3\n', '0000'),
    malformed('a version that only begins like one', 'version 10\n', '0000'),
    malformed('a greeting of another protocol', 'SSH-2.0-OpenSSH_9.2\n', '0000'),
    malformed('the announcement of smart HTTP', '# service=git-upload-pack\n', '0000'),
    malformed('an oid of 39 digits', `${'a'.repeat(39)} HEAD\0x\n`, '0000'),
    malformed('an oid of 41 digits', `${'a'.repeat(41)} HEAD\0x\n`, '0000'),
    malformed('an oid of 64 digits in a SHA-1 repository', `${'a'.repeat(64)} HEAD\0x\n`, '0000'),
    malformed('an oid with a letter that is no digit', `${'g'.repeat(40)} HEAD\0x\n`, '0000'),
    malformed('no space behind the oid', `${oidA}\tHEAD\0x\n`, '0000'),
    malformed('an empty line', first, '\n', '0000'),
    malformed('a ref twice', first, `${oidA} refs/heads/a\n`, `${oidB} refs/heads/a\n`, '0000'),
    malformed('a ref without an object', first, `${zeroOid} refs/heads/a\n`, '0000'),
    malformed('capabilities^{} with an object', `${oidA} capabilities^{}\0x\n`, '0000'),
    malformed(
      'refs behind capabilities^{}',
      `${zeroOid} capabilities^{}\0x\n`,
      `${oidA} refs/heads/a\n`,
      '0000',
    ),
    malformed('a peeled oid in front of its tag', first, `${oidA} refs/tags/a^{}\n`, '0000'),
    malformed(
      'a peeled oid twice',
      `${oidA} refs/tags/a\0x\n`,
      `${oidB} refs/tags/a^{}\n`,
      `${oidB} refs/tags/a^{}\n`,
      '0000',
    ),
    malformed(
      'a ref behind shallow lines',
      first,
      `shallow ${oidA}\n`,
      `${oidA} refs/heads/a\n`,
      '0000',
    ),
    malformed('a shallow line without an oid', first, 'shallow \n', '0000'),
    malformed('a shallow line with two', first, `shallow ${oidA} ${oidB}\n`, '0000'),
    malformed('a symref without a target', `${oidA} HEAD\0symref=HEAD\n`, '0000'),
    malformed('a delim-pkt', first, '0001', '0000'),
    malformed('a response-end-pkt', 'version 2\n', '0002', '0000'),
    malformed('a capability without a name', 'version 2\n', '\n', '0000'),
  ])('refuses $name as MALFORMED_ADVERTISEMENT', ({ parts }) => {
    for (const pieces of everySplit(message(...parts))) {
      expect(thrownByPushing(new AdvertisementParser(), pieces)).toMatchObject({
        code: 'MALFORMED_ADVERTISEMENT',
        data: { offset: expect.any(Number) as number },
      });
    }
  });

  it.each([
    ['outside refs/', 'config'],
    ['that climbs out of refs/', 'refs/heads/../../config'],
    ['that no ref may have', 'refs/heads/a b'],
    ['that is empty', ''],
    ['with a NUL, behind which more capabilities would stand', 'refs/heads/a\0symref=HEAD:x'],
    ['that is a lock file', 'refs/heads/main.lock'],
    ['of a peeled tag without the tag', '^{}', 'MALFORMED_ADVERTISEMENT'],
  ])('refuses a ref with a name %s', (_, name, code = 'INVALID_REF_NAME') => {
    const bytes = message(`${oidA} refs/heads/main\0x\n`, `${oidA} ${name}\n`, '0000');
    expect(thrownBy(() => new AdvertisementParser().push(bytes))).toMatchObject({ code });
  });

  it.each(['HEAD:../../config', 'HEAD:', '../HEAD:refs/heads/main', 'HEAD:refs/heads/a..b'])(
    'refuses the symref %j, whose names would become files as well',
    (symref) => {
      const bytes = message(`${oidA} HEAD\0symref=${symref}\n`, '0000');
      expect(thrownBy(() => new AdvertisementParser().push(bytes))).toMatchObject({
        code: 'INVALID_REF_NAME',
      });
    },
  );

  it.each([
    ['version 0', message(`${'a'.repeat(64)} HEAD\0object-format=sha256\n`, '0000')],
    ['version 1', message('version 1\n', `${'a'.repeat(64)} HEAD\0object-format=sha256\n`)],
    ['version 2', message('version 2\n', 'object-format=sha256\n', '0000')],
    ['empty', message(`${'0'.repeat(64)} capabilities^{}\0object-format=sha256\n`, '0000')],
  ])('refuses a SHA-256 repository by its own code: %s', (_, bytes) => {
    expect(thrownBy(() => new AdvertisementParser().push(bytes))).toMatchObject({
      code: 'UNSUPPORTED_OBJECT_FORMAT',
      data: { objectFormat: 'sha256' },
    });
  });

  it.each([
    ['in place of everything', message('ERR access denied\n')],
    ['behind the version', message('version 2\n', 'ERR access denied')],
    ['among refs', message(first, 'ERR access denied\n')],
  ])('throws the words of an ERR line %s', (_, bytes) => {
    for (const pieces of everySplit(bytes)) {
      expect(thrownBy(() => parseAll(new AdvertisementParser(), pieces))).toMatchObject({
        code: 'REMOTE_ERROR',
        data: { message: 'access denied' },
      });
    }
  });

  it('says at every point where the stream may end that it is incomplete', () => {
    const bytes = message(first, `${oidA} refs/heads/main\n`, '0000');
    for (let length = 0; length < bytes.byteLength; length += 1) {
      const parser = new AdvertisementParser();
      expect(parser.push(bytes.subarray(0, length))).toEqual({ done: false });
      expect(thrownBy(() => parser.end())).toMatchObject({ code: 'MALFORMED_ADVERTISEMENT' });
    }
  });

  it('stops at more refs than its limit, before it has them', () => {
    const parser = new AdvertisementParser({ maxRefs: 3 });
    const bytes = message(first, `${oidA} refs/heads/a\n`, `shallow ${oidA}\n`);
    expect(parser.push(bytes)).toEqual({ done: false });
    expect(thrownBy(() => parser.push(message(`shallow ${oidB}\n`)))).toMatchObject({
      code: 'MALFORMED_ADVERTISEMENT',
    });
  });

  it('stops at more bytes than its limit, whether they come as refs or as capabilities', () => {
    for (const lines of [
      [first, `${oidA} refs/heads/a\n`, '0000'],
      ['version 2\n', `agent=${'x'.repeat(100)}\n`, '0000'],
    ]) {
      const bytes = message(...lines);
      const fits = new AdvertisementParser({ maxBytes: bytes.byteLength });
      expect(fits.push(bytes)).toMatchObject({ done: true });
      const parser = new AdvertisementParser({ maxBytes: bytes.byteLength - 1 });
      expect(thrownBy(() => parser.push(bytes))).toMatchObject({ code: 'MALFORMED_ADVERTISEMENT' });
    }
  });

  it('does not count what stands behind the advertisement', () => {
    const bytes = message(first, '0000');
    const parser = new AdvertisementParser({ maxBytes: bytes.byteLength });
    const piece = concatBytes([bytes, new Uint8Array(1000)]);
    expect(parser.push(piece)).toMatchObject({ done: true, end: bytes.byteLength });
    expect(parser.push(piece)).toMatchObject({ done: true, end: 0 });
  });
});
