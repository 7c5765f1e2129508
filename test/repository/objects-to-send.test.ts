/** What a push sends, held against `git pack-objects --revs --thin`. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, gitBytes, gitStatus, makeRepository } from '../helpers/git.js';
import { makeRandomHistory } from '../helpers/random-history.js';
import { expectTaken, nativePack, ownPack } from '../helpers/sent-packs.js';
import { temporaryDirectory } from '../helpers/temp.js';

describe('the objects of a push', () => {
  for (let seed = 1; seed <= 2; seed += 1) {
    it(`of a random history (seed ${seed}) are enough, and none that git would not send`, async () => {
      const root = await temporaryDirectory();
      const { gitDir, commits, random } = await makeRandomHistory(join(root, 'x.git'), seed);
      if (seed % 3 === 0) await git(['--git-dir', gitDir, 'gc', '-q', '--prune=now']);
      if (seed % 3 === 1)
        await git(['--git-dir', gitDir, 'unpack-objects', '-q'], { input: await packed(gitDir) });
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
      }
    });
  }
});

describe('the pack of a push', () => {
  for (const kind of ['packed', 'loose']) {
    it(`of what is ${kind} is made from what the remote has, unless that is not wanted`, async () => {
      const root = await temporaryDirectory();
      const sample = await makeRepository(join(root, 'a.git'), { commits: 60, files: 30 });
      let { gitDir } = sample;
      if (kind === 'packed') {
        await git(['--git-dir', gitDir, 'repack', '-adfq']);
      } else {
        gitDir = join(root, 'loose.git');
        await git(['init', '-q', '--bare', gitDir]);
        await git(['unpack-objects', '-q'], { cwd: gitDir, input: await packed(sample.gitDir) });
      }
      const tip = sample.head;
      const back = await git(['--git-dir', gitDir, 'rev-parse', `${tip}~8`]);
      const native = await nativePack(gitDir, [tip], [back]);
      const thin = await ownPack(gitDir, [tip], [back]);
      const whole = await ownPack(gitDir, [tip], [back], { thin: false });
      expect([...thin.objects].sort()).toEqual([...native.objects].sort());
      expect(thin.bytes.length).toBeLessThan(native.bytes.length * 1.2);
      expect(whole.bytes.length).toBeGreaterThan(thin.bytes.length * 1.2);
      await expectTaken(gitDir, thin, [tip], [back]);
      // All that it is made from is in it, or is not.
      for (const [pack, isTaken] of [
        [whole, true],
        [thin, false],
      ] as const) {
        const empty = await temporaryDirectory();
        await git(['init', '-q', '--bare', empty]);
        const taken = await gitStatus(['index-pack', '--stdin'], { cwd: empty, input: pack.bytes });
        expect(taken.code === 0, taken.stderr).toBe(isTaken);
      }
    });
  }
});

async function packed(gitDir: string): Promise<Uint8Array> {
  return gitBytes(['--git-dir', gitDir, 'pack-objects', '-q', '--all', '--stdout']);
}
