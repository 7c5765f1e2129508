/** That docs/security.md speaks of what there is: every limit, and tests of these names. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { limitNames, limits } from '../../../server/limits.js';
import { formatQuantity } from '../../../server/quantity.js';

const project = new URL('../../../', import.meta.url);
const text = await readFile(new URL('docs/security.md', project), 'utf8');

test.each(limitNames)('the limit %s is there, with its default', (name) => {
  const { default: standard, unit } = limits[name];
  expect(text).toContain(`\`${name}\` (${formatQuantity(standard, unit)})`);
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
