/** That the corpus is read: a file that no test names is none. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCorpus } from './corpus.js';

const tests = fileURLToPath(new URL('..', import.meta.url));
const kinds = (await readdir(join(tests, 'corpus')))
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace('.json', ''));

describe.each(kinds)('%s.json', (kind) => {
  it('is read by a test that npm test runs', async () => {
    const names = await readdir(tests, { recursive: true });
    const sources = await Promise.all(
      names
        .filter((name) => name.endsWith('.test.ts') && !name.endsWith('.long.test.ts'))
        .map((name) => readFile(join(tests, name), 'utf8')),
    );
    const call = new RegExp(`readCorpus(<.*>)?\\(\\s*'${kind}'`, 's');
    expect(sources.some((source) => call.test(source))).toBe(true);
  });

  it('has a name for each case, and no case twice', () => {
    const cases = readCorpus<unknown, unknown>(kind);
    expect(cases.every(({ name }) => name !== '')).toBe(true);
    const inputs = cases.map(({ name, input }) => JSON.stringify([name, input]));
    expect(inputs.filter((one, at) => inputs.indexOf(one) !== at)).toEqual([]);
  });
});
