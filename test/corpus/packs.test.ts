/** Packs of three objects, the second of which is spoilt: refused, as git refuses them, with what and where. */
import { expect, it } from 'vitest';
import { loadEngineModule } from '../../src/pack/index/engine-module.js';
import { indexPack } from '../../src/pack/index/index-pack.js';
import { inflate } from '../../src/pack/format/inflate.js';
import { gitIndex, inPieces } from '../pack/packs.js';
import { corpusBytes, readCorpus, type CorpusBytes } from './corpus.js';

/** Before the zlib data of the first object: the pack's header, and a type and size in two bytes. */
const beforeFirst = 12 + 2;

it.each(readCorpus<CorpusBytes, string>('packs'))('$name', async ({ input, expected }) => {
  const pack = corpusBytes(input);
  expect(await gitIndex(pack)).toBeUndefined();
  const wasm = await loadEngineModule();
  for (const pieces of [[], [1]]) {
    const refusal = await indexPack({ source: inPieces(pack, ...pieces), wasm }).catch(
      (error: unknown) => error,
    );
    const data = { fault: expected, object: 1 };
    expect(refusal).toMatchObject({ code: 'CORRUPT_PACK', data });
    const { offset } = (refusal as { data: { offset: number } }).data;
    expect(offset).toBeGreaterThanOrEqual(inflate(pack, beforeFirst));
    expect(offset).toBeLessThan(pack.length);
  }
});
