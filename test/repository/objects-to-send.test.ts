/** What a push sends, held against `git pack-objects --revs --thin`. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, gitBytes } from '../helpers/git.js';
import { makeRandomHistory } from '../helpers/random-history.js';
import { expectTaken, nativePack, ownPack } from '../helpers/sent-packs.js';
import { temporaryDirectory } from '../helpers/temp.js';

describe('the objects of a push', () => {
  for (let seed = 1; seed <= 4; seed += 1) {
    it(`of a random history (seed ${seed}) are enough, and none that git would not send`, async () => {
      const root = await temporaryDirectory();
      const { gitDir, commits, random } = await makeRandomHistory(join(root, 'x.git'), seed);
      if (seed % 3 === 0) await git(['--git-dir', gitDir, 'gc', '-q', '--prune=now']);
      if (seed % 3 === 1)
        await git(['--git-dir', gitDir, 'unpack-objects', '-q'], { input: await packed(gitDir) });
      const empty = join(root, 'empty.git');
      await git(['init', '-q', '--bare', empty]);
      for (let round = 0; round < 3; round += 1) {
        const pick = (most: number): string[] => [
          ...new Set(Array.from({ length: random.below(most) }, () => random.pick(commits))),
        ];
        const [haves, tips] = [pick(4), [random.pick(commits), ...pick(3)]];
        const [native, own] = await Promise.all([
          nativePack(gitDir, tips, haves),
          ownPack(gitDir, tips, haves, { thin: round !== 1, ofsDelta: round !== 2 }),
        ]);
        const needless = [...own.objects].filter((oid) => !native.objects.has(oid));
        expect({ round, needless }).toEqual({ round, needless: [] });
        await expectTaken(gitDir, own, tips, haves);
        // Not thin: all bases are in it.
        if (round === 1) {
          await git(['index-pack', '--stdin'], { cwd: empty, input: own.bytes });
        }
      }
    });
  }
});

async function packed(gitDir: string): Promise<Uint8Array> {
  return gitBytes(['--git-dir', gitDir, 'pack-objects', '-q', '--all', '--stdout']);
}
