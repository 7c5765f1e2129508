import { describe, expect, it } from 'vitest';
import { encodeCommand, hasFeature } from '../../src/wire/v2/command.js';
import { FetchSectionsParser, type FetchSectionEvent } from '../../src/wire/v2/fetch-response.js';
import { decodeText, encodeText } from '../../src/wire/text.js';
import { everySplit, message, oidA, oidB, thrownByPushing } from './wire-bytes.js';

/** Events of any splitting, with neighbouring bytes of one kind joined. */
function read(pieces: readonly Uint8Array[]): unknown[] {
  const parser = new FetchSectionsParser();
  const found: (FetchSectionEvent | { type: string; text: string })[] = [];
  for (const event of pieces.flatMap((piece) => parser.push(piece))) {
    const text = 'bytes' in event ? decodeText(event.bytes) : undefined;
    found.push(text === undefined ? event : { type: event.type, text });
  }
  return found;
}

const pack = (text: string): Uint8Array => encodeText(`\u0001${text}`);
const band = (text: string): string => decodeText(pack(text));

describe('FetchSectionsParser', () => {
  it('reads every section, whatever pieces they come in', () => {
    const bytes = message(
      ...['acknowledgments\n', 'NAK\n', `ACK ${oidA}\n`, 'ready\n', '0001'],
      ...['shallow-info\n', `shallow ${oidA}\n`, `unshallow ${oidB}\n`, '0001'],
      ...['wanted-refs\n', `${oidB} refs/heads/main\n`, '0001'],
      ...['packfile\n', band('PACK'), '\u0002Words\n', band(''), band('more'), '0000'],
    );
    for (const pieces of everySplit(bytes)) {
      expect(read(pieces)).toEqual([
        { type: 'nak' },
        { type: 'ack', oid: oidA },
        { type: 'ready' },
        { type: 'shallow', oid: oidA },
        { type: 'unshallow', oid: oidB },
        { type: 'wanted-ref', oid: oidB, name: 'refs/heads/main' },
        { type: 'pack', text: 'PACK' },
        { type: 'progress', text: 'Words\n' },
        { type: 'pack', text: 'more' },
        { type: 'end', hasPack: true },
      ]);
    }
  });

  it('reads where history is cut off also where git says it: behind the refs', () => {
    const bytes = message(
      ...['wanted-refs\n', `${oidB} refs/heads/main\n`, '0001'],
      ...['shallow-info\n', `shallow ${oidA}\n`, '0001', 'packfile\n', '0000'],
    );
    expect(read([bytes]).map((event) => (event as FetchSectionEvent).type)).toEqual([
      ...['wanted-ref', 'shallow', 'end'],
    ]);
  });

  it('tells an answer that asks for another round', () => {
    expect(read([message('acknowledgments\n', 'NAK\n', '0000')])).toEqual([
      { type: 'nak' },
      { type: 'end', hasPack: false },
    ]);
  });

  it.each([
    ['in place of a section', message('ERR no such ref\n')],
    ['in one', message('acknowledgments\n', 'ERR no such ref\n')],
    ['on band 3', message('packfile\n', '\u0003no such ref\n')],
  ])('hears of an error %s, and of nothing behind it', (_, bytes) => {
    expect(read([bytes, message('packfile\n', 'x')]).at(-1)).toEqual({
      type: 'error',
      message: 'no such ref',
    });
  });

  it.each<[string, Uint8Array]>([
    ['a section that is not known', message('packfile-uris\n')],
    ['sections in another order', message('wanted-refs\n', '0001', 'acknowledgments\n')],
    ['a section behind the packfile', message('packfile\n', 'wanted-refs\n')],
    ['a section twice', message('shallow-info\n', '0001', 'shallow-info\n')],
    ['a packfile twice', message('packfile\n', band('PACK'), '0001')],
    ['an answer without a section', message('0000')],
    ['a section that never comes', message('acknowledgments\n', 'ready\n', '0001', '0000')],
    ['boundaries alone', message('shallow-info\n', `shallow ${oidA}\n`, '0000')],
    ['a delim-pkt first', message('0001')],
    ['a response-end-pkt', message('packfile\n', '0002')],
    ['a band that is none', message('packfile\n', '\u0004x')],
    ['an acknowledgment without an oid', message('acknowledgments\n', 'ACK x\n')],
    ['one with more behind it', message('acknowledgments\n', `ACK ${oidA} common\n`)],
    ['a boundary of another kind', message('shallow-info\n', `deep ${oidA}\n`)],
    ['a wanted ref without an oid', message('wanted-refs\n', 'x refs/heads/main\n')],
    ['bytes behind the end', message('packfile\n', '0000', 'more')],
  ])('refuses %s', (_, bytes) => {
    for (const pieces of everySplit(bytes)) {
      expect(thrownByPushing(new FetchSectionsParser(), pieces)).toMatchObject({
        code: 'MALFORMED_PKT_LINE',
      });
    }
  });

  it('refuses a ref that git would not have, and more lines than its limit', () => {
    const bytes = message('wanted-refs\n', `${oidA} refs/heads/../x\n`);
    expect(thrownByPushing(new FetchSectionsParser(), [bytes])).toMatchObject({
      code: 'INVALID_REF_NAME',
    });
    const lines = Array.from({ length: 4 }, () => `shallow ${oidA}\n`);
    expect(
      thrownByPushing(new FetchSectionsParser(3), [message('shallow-info\n', ...lines)]),
    ).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
  });
});

describe('encodeCommand', () => {
  it('says the object format back, and puts arguments behind a delim-pkt', () => {
    const capabilities = new Map([['object-format', ['sha1']]]);
    expect(encodeCommand('fetch', capabilities, [`want ${oidA}`, 'done'])).toEqual(
      message(
        'command=fetch\n',
        'object-format=sha1\n',
        '0001',
        `want ${oidA}\n`,
        'done\n',
        '0000',
      ),
    );
    expect(encodeCommand('ls-refs', new Map(), [])).toEqual(
      message('command=ls-refs\n', '0001', '0000'),
    );
  });

  it('finds a feature of a command', () => {
    const capabilities = new Map([['fetch', ['shallow filter']]]);
    expect(hasFeature(capabilities, 'fetch', 'filter')).toBe(true);
    expect(hasFeature(capabilities, 'fetch', 'filt')).toBe(false);
    expect(hasFeature(capabilities, 'ls-refs', 'filter')).toBe(false);
  });
});
