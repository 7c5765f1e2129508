/** What git and hooks wrote for a client that named places of the server. */
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ownWords } from '../../server/text/own-paths.js';
import type { OwnWord } from '../../server/text/removal.js';
import { StderrText } from '../../server/text/stderr.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { readCorpus } from './corpus.js';

let words: OwnWord[];
let places: Record<string, string>;

beforeAll(async () => {
  const directory = await temporaryDirectory();
  const [root, hooks] = [join(directory, 'repositories'), join(directory, 'hooks')];
  const gitDir = join(root, 'team/site.git');
  const alternate = join(directory, 'borrowed/objects');
  await mkdir(join(gitDir, 'objects/info'), { recursive: true });
  await writeFile(join(gitDir, 'objects/info/alternates'), `${alternate}\n`);
  words = await ownWords({ repository: { gitDir, root }, name: 'team/site', root, hooks: [hooks] });
  places = { '{root}': root, '{hooks}': hooks, '{alternate}': alternate, '{tmp}': tmpdir() };
});

it.each(readCorpus<string, string>('git-words'))('$name', ({ input, expected }) => {
  const written = input.replace(/\{\w+\}/g, (place) => places[place] ?? '');
  expect(written).not.toContain('{');
  const text = new StderrText(words);
  const read = [...text.decode(new TextEncoder().encode(written)), ...text.end()].join('');
  expect(read).toBe(expected);
});
