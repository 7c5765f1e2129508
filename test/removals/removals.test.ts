/** That each defence is where the list says. Whether tests fail without it: `npm run removals`. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { removals } from './removals.js';

const project = new URL('../../', import.meta.url);

test.each(removals.map((one) => [`${one.attack}: ${one.defence}`, one] as const))(
  'can be taken away from one place: %s',
  async (_name, { file, from, to, tests }) => {
    const source = await readFile(new URL(file, project), 'utf8');
    expect(source.split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
    for (const path of tests) await readFile(new URL(`test/${path}`, project));
  },
);

test('what failed without each is in README.md, and something did', async () => {
  const text = await readFile(new URL('README.md', import.meta.url), 'utf8');
  const missing = removals.filter(
    ({ attack, defence, file }) => !text.includes(`| ${attack} | ${defence} (\`${file}\`) | “`),
  );
  expect(missing).toEqual([]);
  expect(text).not.toContain('**nothing**');
});
