/** Packs in which something is changed, and whose checksum fits all the same: git is the judge of each. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEngineModule } from '../../src/pack/index/engine-module.js';
import { indexPack } from '../../src/pack/index/index-pack.js';
import { makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { gitIndex, inPieces, packAll, reseal } from './packs.js';

const headerSize = 12;

/** Defines the test. @param rounds changes that are tried, the same ones each time. */
export function testChangedPacks(rounds: number): void {
  describe('what git says of changed packs is what is said here', () => {
    it(`for ${rounds} changes of one bit or byte with a checksum that fits`, async () => {
      const { gitDir } = await makeRepository(join(await temporaryDirectory(), 'sample.git'), {
        commits: 8,
        files: 3,
        seed: 5,
      });
      const pack = await packAll(gitDir, ['--delta-base-offset']);
      const wasm = await loadEngineModule();
      let state = 12_345;
      const random = (below: number): number => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return (state >>> 8) % below;
      };
      for (let round = 0; round < rounds; round += 1) {
        const changed = Buffer.from(pack);
        const at = headerSize + random(pack.length - headerSize - 20);
        changed[at]! ^= round % 2 === 0 ? 1 << random(8) : 1 + random(255);
        const sealed = reseal(changed);
        const expected = await gitIndex(sealed);
        const result = await indexPack({ source: inPieces(sealed), wasm }).catch(() => undefined);
        expect(result === undefined, `round ${round}`).toBe(expected === undefined);
        if (expected !== undefined) expect(expected.equals(result?.idx ?? expected)).toBe(true);
      }
    });
  });
}
