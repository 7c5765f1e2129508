/** What indexPack is given beside a pack: bases, sinks, progress, signals, other engines. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { indexPack, type BaseObject, type PackProgress } from '../../src/pack/index/index-pack.js';
import { plainEngine, simdEngine } from '../../src/pack/inlined/wasm.js';
import { git, gitBytes, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import {
  appending,
  gitIndex,
  gitVerifies,
  inPieces,
  makePack,
  oidOf,
  ofsDelta,
  packAll,
  plain,
  pseudoText,
  refDelta,
  type Entry,
} from './packs.js';

let gitDir: string;
let pack: Uint8Array;

beforeAll(async () => {
  ({ gitDir } = await makeRepository(join(await temporaryDirectory(), 'sample.git'), {
    commits: 60,
    files: 20,
    seed: 3,
  }));
  pack = await packAll(gitDir, ['--delta-base-offset']);
});

/** Reads bases from the sample repository, and keeps what it was asked for. */
function repositoryBases() {
  const asked: string[][] = [];
  const base = async (oids: readonly string[]): Promise<BaseObject[]> => {
    asked.push([...oids]);
    const found = oids.map(async (oid) => {
      const type = (await git(['cat-file', '-t', oid], { cwd: gitDir })) as BaseObject['type'];
      return { oid, type, bytes: await gitBytes(['cat-file', type, oid], { cwd: gitDir }) };
    });
    return Promise.all(found);
  };
  return { asked, base };
}

describe('a thin pack', () => {
  /** @returns the pack of a fetch by somebody who has all but the last commits. */
  const thinPack = (offsets: boolean): Promise<Uint8Array> =>
    gitBytes(
      [
        'pack-objects',
        '--revs',
        '--thin',
        '--stdout',
        '-q',
        ...(offsets ? ['--delta-base-offset'] : []),
      ],
      { cwd: gitDir, input: 'HEAD\n--not\nHEAD~5\n' },
    );

  it.each([true, false])(
    'is completed from the repository (deltas by offset: %s)',
    async (offsets) => {
      const thin = await thinPack(offsets);
      const { asked, base } = repositoryBases();
      const result = await indexPack({ source: inPieces(thin, 700), base });
      expect(asked).toHaveLength(1);
      expect(new Set(asked[0]).size).toBe(asked[0]?.length);
      expect(result.completedWith).toBeGreaterThan(0);
      // Some of those asked for turn out to be in the pack.
      expect(result.completedWith).toBeLessThanOrEqual(asked[0]?.length ?? 0);
      const completed = result.pack ?? Buffer.alloc(0);
      expect(result.bytes).toBe(completed.length);
      expect(completed.length).toBeGreaterThan(thin.length);
      expect((await gitIndex(completed))?.equals(result.idx)).toBe(true);
      expect(Buffer.from(completed.subarray(-20)).toString('hex')).toBe(result.checksum);
    },
  );

  it('is refused without anybody to ask, and if the repository lacks a base', async () => {
    const thin = await thinPack(true);
    const refused = { code: 'CORRUPT_PACK', data: { missing: expect.any(Array) as unknown } };
    await expect(indexPack({ source: inPieces(thin) })).rejects.toMatchObject(refused);
    const base = async (oids: readonly string[]) => (await repositoryBases().base(oids)).slice(1);
    const { asked, base: all } = repositoryBases();
    await indexPack({ source: inPieces(thin), base: all });
    await expect(indexPack({ source: inPieces(thin), base })).rejects.toMatchObject({
      code: 'CORRUPT_PACK',
      data: { missing: [asked[0]?.[0]] },
    });
  });

  it('is refused if the repository gives something else for a base', async () => {
    const oid = oidOf('blob', 'right');
    const thin = makePack([refDelta(oid, appending(Buffer.from('right'), '!'))]);
    const bytes = Buffer.from('wrong');
    const base = async () => [{ oid, type: 'blob', bytes } as const];
    await expect(indexPack({ source: inPieces(thin), base })).rejects.toMatchObject({
      code: 'CORRUPT_PACK',
      data: { oid },
    });
  });

  it('is not given a base that turns out to be in it, made from another base', async () => {
    const first = Buffer.from('the one that is missing');
    const second = Buffer.concat([first, Buffer.from(' and its delta')]);
    const empty = Buffer.alloc(0);
    const objects = new Map([first, second, empty].map((bytes) => [oidOf('blob', bytes), bytes]));
    const base = async (oids: readonly string[]) =>
      oids.flatMap((oid) => {
        const bytes = objects.get(oid);
        return bytes === undefined ? [] : [{ oid, type: 'blob', bytes } as const];
      });
    const thin = makePack([
      refDelta(oidOf('blob', first), appending(first, ' and its delta')),
      refDelta(oidOf('blob', second), appending(second, '!')),
      refDelta(oidOf('blob', empty), appending(empty, 'x')),
    ]);
    const result = await indexPack({ source: inPieces(thin, 1), base });
    expect(result).toMatchObject({ objects: 5, deltas: 3, completedWith: 2 });
    expect((await gitIndex(result.pack ?? empty))?.equals(result.idx)).toBe(true);
    expect(await gitVerifies(result.pack ?? empty, result.idx)).toBe(true);
  });
});

describe('a sink', () => {
  /** As little as can be: what deltas need is read back. */
  const keptBytes = 0;

  /** A pack with deltas that are left to the second pass. */
  const wide = (): Buffer => {
    const base = pseudoText(200_000);
    const entries: Entry[] = [plain('blob', base)];
    // Each small enough for the ring, which is as large as their number asks for.
    for (let index = 0; index < 400; index += 1)
      entries.push(plain('blob', pseudoText(90_000, index + 9)));
    let back = entries.reduce((sum, bytes) => sum + bytes.length, 0);
    let content = base;
    for (let depth = 0; depth < 30; depth += 1) {
      const more = pseudoText(100, depth + 1);
      const entry = ofsDelta(back, appending(content, more));
      entries.push(entry);
      back = entry.length;
      content = Buffer.concat([content, more]);
    }
    return makePack(entries);
  };

  it.each([
    ['can be read', 'reads'],
    ['can be read, and need not be,', 'keeps'],
    ['cannot be read', 'writes'],
  ])('that %s gets every byte in order', async (_, kind) => {
    const path = join(await temporaryDirectory(), 'x.pack');
    const file = await open(path, 'w+');
    const whole = wide();
    let reads = 0;
    let next = 0;
    const sink = {
      async write(bytes: Uint8Array, position: number) {
        expect(position).toBe(next);
        next += bytes.length;
        await file.write(bytes, 0, bytes.length, position);
        // They are the sink's own.
        bytes.fill(0);
      },
    };
    const reading = {
      async read(position: number, length: number) {
        reads += 1;
        const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
        return buffer;
      },
    };
    const both = kind === 'writes' ? sink : { ...sink, ...reading };
    const result = await indexPack({
      ...{ source: inPieces(whole, 65_536), sink: both },
      ...(kind === 'keeps' ? {} : { keptBytes }),
    });
    await file.close();
    expect(result.pack).toBeUndefined();
    expect(reads > 0).toBe(kind === 'reads');
    expect((await readFile(path)).equals(whole)).toBe(true);
    expect((await gitIndex(whole))?.equals(result.idx)).toBe(true);
  });

  it('gets a completed pack', async () => {
    const thin = await gitBytes(['pack-objects', '--revs', '--thin', '--stdout', '-q'], {
      cwd: gitDir,
      input: 'HEAD\n--not\nHEAD~5\n',
    });
    for (const isReadable of [true, false]) {
      let written = Buffer.alloc(0);
      const sink = {
        write(bytes: Uint8Array, position: number) {
          const end = Math.max(written.length, position + bytes.length);
          written = Buffer.concat([written, Buffer.alloc(end - written.length)]);
          written.set(bytes, position);
        },
        ...(isReadable
          ? {
              read: (position: number, length: number) =>
                written.subarray(position, position + length),
            }
          : {}),
      };
      const { base } = repositoryBases();
      const result = await indexPack({ source: inPieces(thin, 300), base, sink });
      expect(result.bytes).toBe(written.length);
      expect((await gitIndex(written))?.equals(result.idx)).toBe(true);
    }
  });

  long('that fails, or gives back other bytes than it got, fails the call', async () => {
    const full = new Error('no space left');
    const sink = {
      write: async () => {
        throw full;
      },
    };
    await expect(indexPack({ source: inPieces(pack), sink })).rejects.toBe(full);
    const whole = wide();
    const liar = {
      write: () => undefined,
      read: (_: number, length: number) => new Uint8Array(length).fill(0x3f),
    };
    await expect(
      indexPack({ source: inPieces(whole), sink: liar, keptBytes }),
    ).rejects.toMatchObject({
      code: 'CORRUPT_PACK',
    });
    // A sound entry in the place of the base, but of a shorter object.
    const other = Buffer.from(whole);
    plain('blob', pseudoText(199_000)).copy(other, 12);
    const swapped = {
      write: () => undefined,
      read: (position: number, length: number) => other.subarray(position, position + length),
    };
    await expect(
      indexPack({ source: inPieces(whole), sink: swapped, keptBytes }),
    ).rejects.toMatchObject({
      code: 'CORRUPT_PACK',
      data: { fault: 'CHANGED', object: 0 },
    });
    const short = { write: () => undefined, read: () => new Uint8Array(3) };
    await expect(indexPack({ source: inPieces(whole), sink: short, keptBytes })).rejects.toThrow(
      /3 bytes/,
    );
  });
});

describe('on the caller’s thread', () => {
  it('others have their turn all the time', async () => {
    const entries = Array.from({ length: 60 }, (_, index) =>
      plain('blob', pseudoText(1_000_000, index), 1),
    );
    const whole = makePack(entries);
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    // In one piece: it is not the source that gives the others their turns.
    await indexPack({ source: inPieces(whole), packWorker: false });
    isOver = true;
    expect(turns).toBeGreaterThan(10);
  });

  it('progress says how far it is, and ends with the whole', async () => {
    const reports: PackProgress[] = [];
    const result = await indexPack({
      source: inPieces(pack, 500),
      onProgress: (p) => reports.push(p),
    });
    const received = reports.filter(({ phase }) => phase === 'Receiving objects');
    const { objects, bytes } = result;
    expect(received.at(-1)).toEqual({
      phase: 'Receiving objects',
      loaded: objects,
      total: objects,
      bytes,
    });
    expect(reports.at(-1)).toMatchObject({ phase: 'Resolving deltas' });
    for (const [index, { loaded, total }] of received.entries()) {
      expect(total).toBe(objects);
      expect(loaded).toBeGreaterThanOrEqual(received[index - 1]?.loaded ?? 0);
    }
  });

  it('what onProgress throws fails the call', async () => {
    const thrown = new Error('enough');
    const onProgress = (): void => {
      throw thrown;
    };
    await expect(indexPack({ source: inPieces(pack), onProgress })).rejects.toBe(thrown);
  });

  it.each([
    ['an error', new Error('enough') as unknown],
    ['null', null],
  ])('what an asynchronous onProgress rejects with, %s, fails the call', async (_, reason) => {
    let reports = 0;
    const onProgress = (): void => {
      reports += 1;
      // A promise fits void where the caller's function is declared so.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is the case
      return Promise.reject(reason) as unknown as undefined;
    };
    const failed = indexPack({ source: inPieces(pack), onProgress });
    if (reason !== null) await expect(failed).rejects.toBe(reason);
    else await expect(failed).rejects.toMatchObject({ code: 'CALLBACK_FAILED', cause: null });
    expect(reports).toBeGreaterThan(0);
  });

  it('what the source throws fails the call', async () => {
    const lost = new Error('connection lost');
    async function* source(): AsyncGenerator<Uint8Array> {
      yield pack.subarray(0, 1000);
      throw lost;
    }
    await expect(indexPack({ source: source() })).rejects.toBe(lost);
  });

  it('a signal ends it, even while it waits for the source, whose iterator is then returned', async () => {
    const controller = new AbortController();
    let returned = false;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          controller.abort(new Error('the user left'));
          return new Promise<IteratorResult<Uint8Array>>(() => undefined);
        },
        return: async () => {
          returned = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const { signal } = controller;
    const call = indexPack({ source, signal });
    await expect(call).rejects.toMatchObject({
      code: 'UserCanceledError',
      cause: { message: 'the user left' },
    });
    expect(returned).toBe(true);
    await expect(indexPack({ source: inPieces(pack), signal })).rejects.toMatchObject({
      code: 'UserCanceledError',
    });
  });

  it('takes a stream, too, and cancels it after an error', async () => {
    const stream = new Response(Buffer.from(pack)).body as ReadableStream<Uint8Array>;
    expect((await indexPack({ source: stream })).bytes).toBe(pack.length);
    let isCanceled = false;
    const wrong = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.alloc(100, 'no pack')),
      cancel: () => {
        isCanceled = true;
      },
    });
    await expect(indexPack({ source: wrong })).rejects.toMatchObject({ code: 'CORRUPT_PACK' });
    expect(isCanceled).toBe(true);
  });

  it('many packs at once do not meet', async () => {
    const byOid = await packAll(gitDir, ['--no-reuse-delta']);
    const packs = [pack, byOid, makePack([plain('blob', 'one')])];
    const results = await Promise.all(
      [...packs, ...packs].map((each) => indexPack({ source: inPieces(each, 400) })),
    );
    for (const [index, result] of results.entries()) {
      expect((await gitIndex(packs[index % 3] ?? pack))?.equals(result.idx)).toBe(true);
    }
  });
});

describe('the engine', () => {
  it('may be given as bytes or as a module, with SIMD or without', async () => {
    const expected = (await indexPack({ source: inPieces(pack) })).idx;
    for (const text of [plainEngine, simdEngine]) {
      const bytes = Buffer.from(text, 'base64');
      for (const wasm of [bytes, await WebAssembly.compile(bytes)]) {
        expect((await indexPack({ source: inPieces(pack), wasm })).idx).toEqual(expected);
      }
    }
  });

  it('that is none is an error of its own', async () => {
    const wasm = Buffer.from('no engine');
    await expect(indexPack({ source: inPieces(pack), wasm })).rejects.toMatchObject({
      code: 'PACK_ENGINE_UNAVAILABLE',
    });
    const packWorker = new URL('file:///nowhere.js');
    await expect(indexPack({ source: inPieces(pack), packWorker })).rejects.toMatchObject({
      code: 'PACK_ENGINE_UNAVAILABLE',
    });
  });
});
