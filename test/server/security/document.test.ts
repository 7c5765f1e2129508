/** That docs/security.md speaks of what there is: every limit, and tests of these names. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatLimits } from '../../../bin/settings/document.js';
import { optionOf } from '../../../bin/settings/table.js';
import { limitNames, limits } from '../../../server/limits/limits.js';
import { formatQuantity } from '../../../server/limits/quantity-text.js';

const project = new URL('../../../', import.meta.url);
const text = await readFile(new URL('docs/security.md', project), 'utf8');

describe('the limit', () => {
  test.each(limitNames)('%s is there, with its default', (name) => {
    const { default: standard, unit } = limits[name];
    expect(text).toContain(`\`${name}\` (${formatQuantity(standard, unit)})`);
  });

  test('has its reason there', () => {
    const [, shown] = /<!-- limits -->\n([^]*?)\n<!-- \/limits -->/.exec(text) ?? [];
    expect(shown).toBe(formatLimits());
  });

  test('has a test that sets it, as a limit or as an option', async () => {
    const folder = fileURLToPath(new URL('test/', project));
    const names = await readdir(folder, { recursive: true });
    const sources = await Promise.all(
      names
        .filter((name) => /^(server|bin)\/.*\.test\.ts$/.test(name) && !/fuzz|settings/.test(name))
        .map((name) => readFile(join(folder, name), 'utf8')),
    );
    const untested = limitNames.filter(
      (name) =>
        !sources.some(
          (source) => source.includes(`${name}: `) || source.includes(`'--${optionOf(name)}'`),
        ),
    );
    expect(untested).toEqual([]);
  });
});

describe('each attack', () => {
  const rows = text.split('\n').filter((line) => line.includes('](../test/'));
  /** A file, and the names that are said to be in it. */
  const mentions = rows
    .flatMap((row) => [...row.matchAll(/\]\(\.\.\/(test\/[^)]+)\)((?:,? “[^”]+”)*)/g)])
    .map(([, path = '', names = '']) => ({
      path,
      names: [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => name),
    }));

  test('has a test, or several', () => {
    expect(mentions.length).toBeGreaterThan(30);
    const attacks = /\n\| attack \|[^]*?\n\n/.exec(text)?.[0].trim().split('\n').slice(2) ?? [];
    expect(attacks.filter((row) => !row.includes('](../test/'))).toEqual([]);
  });

  test('has tests that are there', async () => {
    const missing: string[] = [];
    for (const { path, names } of mentions) {
      const source = await readFile(new URL(path, project), 'utf8').catch(() => '');
      if (source === '') missing.push(path);
      for (const name of names) if (!source.includes(name)) missing.push(`${path}: ${name}`);
    }
    expect(missing).toEqual([]);
  });
});
