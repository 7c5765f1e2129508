/**
 * That the list and the markers in the source are of the same defences, and each can be taken away.
 * Whether tests fail without it: `npm run removals`.
 */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkShell, checkTypeScript } from './faults.js';
import { findMarkers, locate, takeAway } from './markers.js';
import { removals } from './removals.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const markers = await findMarkers(project);
const located = locate(removals, markers);

test('each defence of the list has one marker in the source, and each marker is of one of them', () => {
  const listed = removals.map(({ defence }) => defence);
  expect(markers.map(({ defence }) => defence).sort()).toEqual(listed.sort());
  expect(new Set(listed).size).toBe(listed.length);
});

const edited = await Promise.all(
  located.map(async (one, index) => {
    const source = await readFile(join(project, one.file), 'utf8');
    // Each a file of its own in one program: many are of the same source.
    const path = join(project, dirname(one.file), `${index}-${basename(one.file)}`);
    return { ...one, source, path, without: takeAway(one, source) };
  }),
);

describe('without each, the source is another one, and source still', () => {
  const texts = edited.filter(({ path }) => !path.endsWith('.sh'));
  const faultsIn = checkTypeScript(new Map(texts.map(({ path, without }) => [path, without])));

  test.each(edited.map((one) => [one.defence, one] as const))('%s', async (_defence, one) => {
    const { source, without, path, tests } = one;
    expect(without).not.toBe(source);
    expect(path.endsWith('.sh') ? checkShell(without) : faultsIn(path)).toEqual([]);
    for (const name of tests) await readFile(join(project, 'test', name));
  });
});

test('what failed without each is in README.md, and something did', async () => {
  const text = await readFile(new URL('README.md', import.meta.url), 'utf8');
  const missing = located.filter(
    ({ attack, defence, file }) => !text.includes(`| ${attack} | ${defence} (\`${file}\`) | “`),
  );
  expect(missing).toEqual([]);
  expect(text).not.toContain('**nothing**');
});
