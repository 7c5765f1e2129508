/** Histories made from a seed: branches and merges, folders that come and go, clocks that are wrong. */
import { git } from './run-git.js';
import { seededRandom, type Random } from './random.js';

/** A repository with such a history. */
export interface RandomHistory {
  readonly gitDir: string;
  /** Oids of the commits, parents first. */
  readonly commits: readonly string[];
  readonly random: Random;
}

/** @param gitDir of the bare repository to make. */
export async function makeRandomHistory(
  gitDir: string,
  seed: number,
  count = 24,
): Promise<RandomHistory> {
  const random = seededRandom(seed);
  await git(['init', '-q', '--bare', gitDir]);
  const stream: string[] = [];
  for (let at = 0; at < count; at += 1) {
    // Some go backwards.
    const date = 1_700_000_000 + at * 60 - (random.below(6) === 0 ? 3_600 : 0);
    stream.push(`commit refs/heads/c${at}\nmark :${at + 1}\n`);
    stream.push(`committer A <a@example.com> ${date} +0000\ndata 1\nc\n`);
    if (at > 0 && random.below(12) > 0) {
      const [first, second] = [1 + random.below(at), 1 + random.below(at)];
      stream.push(`from :${first}\n`);
      if (second !== first && random.below(3) === 0) stream.push(`merge :${second}\n`);
    }
    for (let change = 0; change <= random.below(4); change += 1) stream.push(changeOf(random));
  }
  await git(['--git-dir', gitDir, 'fast-import', '--quiet', '--force', '--date-format=raw'], {
    input: stream.join(''),
  });
  const names = Array.from({ length: count }, (_, at) => `refs/heads/c${at}`);
  const commits = (await git(['--git-dir', gitDir, 'rev-parse', ...names])).split('\n');
  return { gitDir, commits, random };
}

function changeOf(random: Random): string {
  const folder = random.pick(['', 'a/', 'a/b/', 'a/b/c/', 'd/', 'd/e/']);
  const path = `${folder}f${random.below(4)}`;
  switch (random.below(8)) {
    case 0:
      return `D ${path}\n`;
    case 1:
      return `D ${random.pick(['a', 'd', 'a/b'])}\n`;
    default: {
      // Few contents, so that some come back, and long enough that deltas are worth it.
      const text = `${'line of the file\n'.repeat(20)}${random.below(6)}\n${'more\n'.repeat(30)}`;
      return `M 100644 inline ${path}\ndata ${text.length}\n${text}\n`;
    }
  }
}
