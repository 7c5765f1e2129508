/** What a fetch asks for. */
import { describe, expect, it } from 'vitest';
import { parseFetchRequest } from '../../src/wire/fetch-request.js';
import { encodePktLine, flushPkt } from '../../src/wire/pkt-line.js';
import { concatBytes } from '../../src/base/concat-bytes.js';

const [one, two] = ['1'.repeat(40), '2'.repeat(40)];

const parseWants = (pieces: Uint8Array[]): readonly string[] => parseFetchRequest(pieces).wants;

describe('the wants of a request', () => {
  const request = concatBytes([
    encodePktLine(`want ${two} multi_ack_detailed side-band-64k agent=git/1\n`),
    encodePktLine(`want ${one}\n`),
    encodePktLine(`want ${two}\n`),
    encodePktLine(`shallow ${'3'.repeat(40)}\n`),
    encodePktLine('deepen 1\n'),
    flushPkt,
    encodePktLine(`have ${'4'.repeat(40)}\n`),
    encodePktLine('done\n'),
  ]);

  it('are in its order, each once, and nothing else is among them', () => {
    expect(parseWants([request])).toEqual([two, one]);
  });

  it('are the same in pieces of one byte', () => {
    expect(parseWants(Array.from(request, (byte) => Uint8Array.of(byte)))).toEqual([two, one]);
  });

  it('are none where there are none', () => {
    expect(parseWants([flushPkt])).toEqual([]);
    expect(parseWants([])).toEqual([]);
  });
});

describe('what else a request says', () => {
  it('is what its client has, behind the wants, in each of the parts', () => {
    const asked = parseFetchRequest([
      encodePktLine(`want ${one} side-band-64k filter\n`),
      encodePktLine(`shallow ${two}\n`),
      encodePktLine('filter blob:none\n'),
      flushPkt,
      encodePktLine(`have ${'4'.repeat(40)}\n`),
      flushPkt,
      encodePktLine(`have ${'5'.repeat(40)}\n`),
      encodePktLine('done\n'),
    ]);
    expect(asked).toEqual({
      wants: [one],
      haves: new Set(['4'.repeat(40), '5'.repeat(40)]),
      shallow: new Set([two]),
      hasFilter: true,
    });
  });
});
