import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { collect as collectWhole, gather, knownLength } from '../../src/remote/gather.js';
import { PackChecksum } from '../../src/isomorphic/pack-checksum.js';
import {
  parsePhaseProgress,
  RemoteLines,
  stripControlCharacters,
} from '../../src/remote/remote-text.js';
import { parseSmartRequest } from '../../src/isomorphic/smart-request.js';
import { ByteProgress, type ProgressEvent } from '../../src/remote/progress.js';
import { errorCode } from './smart-bytes.js';

describe('a request of smart HTTP', () => {
  it('is read as repository, service and the two headers that matter', () => {
    expect(
      parseSmartRequest('GET', 'https://h/a/b.git/info/refs?service=git-upload-pack', {
        'Git-Protocol': 'version=2',
        AUTHORIZATION: 'Basic eDp5',
      }),
    ).toEqual({
      kind: 'advertisement',
      repository: 'https://h/a/b.git',
      service: 'git-upload-pack',
      authorization: 'Basic eDp5',
      gitProtocol: 'version=2',
    });
    expect(parseSmartRequest('post', 'http://h/r/git-receive-pack', {})).toMatchObject({
      kind: 'exchange',
      repository: 'http://h/r',
      service: 'git-receive-pack',
    });
    expect(
      parseSmartRequest(undefined, 'http://h/r/info/refs?service=git-receive-pack', {}),
    ).toEqual(expect.objectContaining({ kind: 'advertisement' }));
  });

  it.each([
    ['GET', 'http://h/r/HEAD'],
    ['GET', 'http://h/r/info/refs'],
    ['GET', 'http://h/r/info/refs?service=git-upload-archive'],
    ['GET', 'http://h/r/git-upload-pack'],
    ['POST', 'http://h/r/info/refs?service=git-upload-pack'],
    ['POST', 'http://h/r/git-upload-archive'],
  ])('%s %s is none, and refused with INVALID_URL', (method, url) => {
    expect(errorCode(() => parseSmartRequest(method, url, {}))).toBe('INVALID_URL');
  });
});

describe('the checksum of a pack', () => {
  const body = Uint8Array.from({ length: 300 }, (_, index) => (index * 7) % 251);
  const pack = Buffer.concat([body, createHash('sha1').update(body).digest()]);
  const check = (...parts: readonly Uint8Array[]): string | undefined =>
    errorCode(() => {
      const checksum = new PackChecksum();
      for (const part of parts) checksum.update(part);
      checksum.finish();
    });

  it('is found right wherever the pack is cut in two', () => {
    for (let at = 0; at <= pack.length; at += 1) {
      expect(check(pack.subarray(0, at), pack.subarray(at)), `cut at ${at}`).toBeUndefined();
    }
  });

  it('is found right byte by byte', () => {
    expect(check(...Array.from(pack, (byte) => Uint8Array.of(byte)))).toBeUndefined();
  });

  it('is found wrong for every byte that is another', () => {
    for (let at = 0; at < pack.length; at += 1) {
      const other = Uint8Array.from(pack);
      other[at] = (other[at] ?? 0) ^ 1;
      expect(check(other), `byte ${at}`).toBe('CORRUPT_PACK');
    }
  });

  it('is missed wherever the pack ends early, and where something follows it', () => {
    for (let length = 0; length < pack.length; length += 1) {
      expect(check(pack.subarray(0, length)), `${length} bytes`).toBe('CORRUPT_PACK');
    }
    expect(check(pack, Uint8Array.of(0))).toBe('CORRUPT_PACK');
  });
});

it('the checksum of a pack is kept, also where a Buffer is used again', () => {
  const whole = Buffer.concat([Buffer.from('PACK'), Buffer.alloc(28)]);
  const bytes = Buffer.concat([whole, createHash('sha1').update(whole).digest()]);
  const memory = Buffer.from(bytes.subarray(0, 40));
  const checksum = new PackChecksum();
  checksum.update(memory);
  memory.fill(0);
  checksum.update(bytes.subarray(40));
  expect(() => checksum.finish()).not.toThrow();
});

describe('gathering a body', () => {
  const collect = async (parts: readonly Uint8Array[]) => {
    const pieces: { length: number; last: boolean }[] = [];
    const all: Uint8Array[] = [];
    for await (const { bytes, last } of gather(parts)) {
      pieces.push({ length: bytes.length, last });
      all.push(Uint8Array.from(bytes));
    }
    return { pieces, bytes: Buffer.concat(all) };
  };
  const kib = 1024;

  it('whole keeps each piece, also where a Buffer is used again', async () => {
    const memory = Buffer.alloc(3);
    function* pieces(): Generator<Uint8Array> {
      for (const text of ['one', 'two']) {
        memory.set(Buffer.from(text));
        yield memory;
      }
    }
    expect(Buffer.concat(await collectWhole(pieces())).toString()).toBe('onetwo');
  });

  it('makes few large pieces of many small ones, and says which is the last', async () => {
    const parts = Array.from({ length: 1000 }, (_, index) => new Uint8Array(100).fill(index));
    const { pieces, bytes } = await collect(parts);
    expect(pieces.length).toBe(2);
    expect(pieces.map(({ last }) => last)).toEqual([false, true]);
    expect(bytes.equals(Buffer.concat(parts))).toBe(true);
  });

  it('keeps the order around pieces that are large already', async () => {
    const parts = [1, 100 * kib, 2, 64 * kib, 3].map((length, index) =>
      new Uint8Array(length).fill(index + 1),
    );
    const { pieces, bytes } = await collect(parts);
    expect(bytes.equals(Buffer.concat(parts))).toBe(true);
    expect(pieces.filter(({ last }) => last)).toHaveLength(1);
    expect(pieces.at(-1)?.last).toBe(true);
  });

  it('gives one empty last piece for an empty body', async () => {
    expect((await collect([])).pieces).toEqual([{ length: 0, last: true }]);
  });

  it('knows the length of an array only', () => {
    expect(knownLength([new Uint8Array(3), new Uint8Array(4)])).toBe(7);
    expect(knownLength(new Set([new Uint8Array(3)]))).toBeUndefined();
  });
});

describe("a server's words", () => {
  const text = 'Counting: 1% (1/100)\rCounting: 100% (100/100), done.\r\nGrüße\nno end';
  const lines = [
    'Counting: 1% (1/100)\r',
    'Counting: 100% (100/100), done.\r\n',
    'Grüße\n',
    'no end',
  ];

  it('are cut into the same lines wherever the bytes were cut', () => {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at <= bytes.length; at += 1) {
      const reader = new RemoteLines();
      const found = [
        ...reader.push(bytes.subarray(0, at)),
        ...reader.push(bytes.subarray(at)),
        ...reader.end(),
      ];
      expect(found, `cut at ${at}`).toEqual(lines);
    }
  });

  it('do not fill the memory where no line ever ends', () => {
    const reader = new RemoteLines();
    const found = reader.push(new Uint8Array(100_000).fill(0x61));
    expect(found.join('').length).toBe(100_000);
  });

  it('are read as numbers where they are progress', () => {
    expect(parsePhaseProgress('Compressing objects:  50% (3/6)\r')).toEqual({
      phase: 'Compressing objects',
      loaded: 3,
      total: 6,
    });
    expect(parsePhaseProgress('Total 6 (delta 2), reused 0 (delta 0)\n')).toBeUndefined();
    expect(parsePhaseProgress('remote: nothing')).toBeUndefined();
  });

  it('lose what could move a terminal’s cursor', () => {
    expect(stripControlCharacters('a\u001b[2Jb\u0007\u009bc\td\r\n')).toBe('a[2Jbc\td\r\n');
  });
});

describe('byte progress', () => {
  it('is told at once, then seldom, and in the end with the whole sum', async () => {
    const events: ProgressEvent[] = [];
    const progress = new ByteProgress('Receiving', (event) => void events.push(event));
    for (let count = 0; count < 1000; count += 1) await progress.add(10);
    await progress.finish();
    await progress.finish();
    expect(events[0]).toEqual({ phase: 'Receiving', loaded: 10 });
    expect(events.at(-1)).toEqual({ phase: 'Receiving', loaded: 10_000 });
    expect(events.length).toBeLessThan(100);
    expect(events.filter(({ loaded }) => loaded === 10_000)).toHaveLength(1);
  });
});
