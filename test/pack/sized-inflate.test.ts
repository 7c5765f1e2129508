/** Inflating what is as long as it is said to be: by WebAssembly, and by the library where that may not run. */
import { constants, deflateSync, inflateSync, type ZlibOptions } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../helpers/random.js';

const random = seededRandom(12);
const noise = (length: number): Uint8Array => random.bytes(length);
const text = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => 97 + ((at * at) % 7) + (at % 900 === 0 ? 13 : 0));

interface Case {
  readonly what: string;
  readonly content: Uint8Array;
  readonly options?: ZlibOptions;
}

const cases: readonly Case[] = [
  { what: 'nothing', content: new Uint8Array(0) },
  { what: 'one byte', content: Uint8Array.of(7) },
  { what: 'a text', content: text(70_000) },
  { what: 'noise', content: noise(70_000) },
  { what: 'what is stored', content: text(70_000), options: { level: 0 } },
  {
    what: 'what has the codes of the standard',
    content: text(5_000),
    options: { strategy: constants.Z_FIXED },
  },
  { what: 'more noise than the engine takes at once', content: noise(0x120000) },
  { what: 'more than the engine keeps memory for', content: text(0x480000) },
];

describe.each([
  ['WebAssembly', true],
  ['the library', false],
])('by %s', (_by, hasWebAssembly) => {
  let inflateSized: (zlib: Uint8Array, size: number) => Promise<Uint8Array>;
  let inputEnded: Error;

  beforeAll(async () => {
    vi.resetModules();
    if (!hasWebAssembly) vi.stubGlobal('WebAssembly', undefined);
    ({ inflateSized } = await import('../../src/pack/read/sized-inflate.js'));
    ({ inputEnded } = await import('../../src/pack/format/inflate.js'));
    // It looks once whether it may run.
    await inflateSized(deflateSync(''), 0);
    vi.unstubAllGlobals();
  });

  afterAll(() => {
    vi.unstubAllGlobals();
  });

  it.each(cases)('inflates $what, whatever is behind it', async ({ content, options }) => {
    const zlib = deflateSync(content, options);
    const followed = Buffer.concat([zlib, noise(100)]);
    expect(Buffer.compare(await inflateSized(followed, content.length), content)).toBe(0);
    expect(Buffer.compare(await inflateSized(zlib, content.length), content)).toBe(0);
  });

  it('says where its input ends too early', async () => {
    const zlib = deflateSync(text(3_000));
    for (let length = 0; length < zlib.length - 4; length += 1) {
      const cut = zlib.subarray(0, length);
      await expect(inflateSized(cut, 3_000), String(length)).rejects.toBe(inputEnded);
    }
  });

  it('refuses what is shorter or longer, and what is no zlib data', async () => {
    const zlib = deflateSync(text(3_000));
    for (const size of [0, 1, 2_999, 3_001, 1_000_000]) {
      await expect(inflateSized(zlib, size), String(size)).rejects.toThrow(RangeError);
    }
    const block = Buffer.from(zlib).fill(0xff, 2, 20);
    await expect(inflateSized(block, 3_000)).rejects.toThrow(RangeError);
  });

  it('gives damaged data as zlib does, or refuses it', async () => {
    const zlib = deflateSync(text(900));
    for (let at = 2; at < zlib.length - 4; at += 1) {
      const damaged = Buffer.from(zlib);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      const got = await inflateSized(damaged, 900).catch((error: unknown) => {
        expect(error === inputEnded || error instanceof RangeError).toBe(true);
        return undefined;
      });
      // The library looks at no checksum: whoever reads an object has its hash.
      if (got === undefined || !hasWebAssembly) continue;
      expect(Buffer.compare(got, inflateSync(damaged))).toBe(0);
    }
  });
});

it('looks at the checksum where WebAssembly runs', async () => {
  vi.resetModules();
  const { inflateSized } = await import('../../src/pack/read/sized-inflate.js');
  const zlib = deflateSync(text(3_000));
  zlib[zlib.length - 1] = (zlib.at(-1) ?? 0) ^ 1;
  await expect(inflateSized(zlib, 3_000)).rejects.toThrow(RangeError);
});
