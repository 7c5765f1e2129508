/** The published form of a configuration file, held against what is read. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'prettier';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readSettings } from '../../bin/settings/read.js';
import { configurationJsonSchema } from '../../bin/settings/schema.js';
import { settingNames, settingOf, type SettingName } from '../../bin/settings/table.js';
import { formatQuantity } from '../../server/limits/quantity-text.js';
import { rulesJsonSchema } from '../../server/rules/schema.js';
import { fencedBlocks } from '../helpers/fenced.js';
import { runCommand } from '../helpers/serve-process.js';

const directory = mkdtempSync(join(tmpdir(), 'gitws-schema-'));

afterAll(() => {
  rmSync(directory, { recursive: true });
});

const schema = z.fromJSONSchema(configurationJsonSchema());
const path = join(directory, 'gitws.json');

/** What the schema says of a file, and what the command. */
function verdicts(content: unknown): { schema: boolean; command: boolean } {
  writeFileSync(path, JSON.stringify(content));
  let command = true;
  try {
    readSettings({ config: path }, {});
  } catch {
    command = false;
  }
  return { schema: schema.safeParse(content).success, command };
}

const right = { schema: true, command: true };
const wrong = { schema: false, command: false };

/** Values that a setting of a kind can have, and some that it cannot. */
function examples(name: SettingName): { good: readonly unknown[]; bad: readonly unknown[] } {
  const { kind, choices, minimum = 0, maximum = 2 ** 31 - 1 } = settingOf(name);
  const outside = [minimum - 1, maximum + 1, minimum + 0.5, null, 'many', '1 parsec', [1], true];
  switch (kind) {
    case 'text':
    case 'path':
      return { good: choices ?? ['x'], bad: ['', 1, null, ['x'], ...(choices ? ['x'] : [])] };
    case 'port':
      return { good: [0, 8080, 65_535], bad: [-1, 65_536, 1.5, '8080', null] };
    case 'switch':
      return { good: [true, false], bad: ['yes', 'true', 1, null] };
    case 'list':
      return { good: [[], ['a', 'b']], bad: ['a', [1], null, {}] };
    case 'pairs':
      return { good: [{}, { 'a.b': 'c' }], bad: ['a=b', { a: 1 }, ['a'], null] };
    case 'count':
      return { good: [minimum, maximum], bad: outside };
    case 'ms':
    case 'bytes': {
      const written = [minimum, maximum].map((value) => formatQuantity(value, kind));
      const unit = kind === 'ms' ? '1KiB' : '1s';
      return { good: [minimum, maximum, ...written], bad: [...outside, unit] };
    }
  }
}

describe('docs/config.schema.json', () => {
  it('is made of the table of settings', async () => {
    // Written by: npm run docs
    const json = await format(JSON.stringify(configurationJsonSchema()), {
      parser: 'json',
      printWidth: 100,
    });
    await expect(json).toMatchFileSnapshot('../../docs/config.schema.json');
  });

  const fields = settingNames.filter((name) => settingOf(name).secret === undefined);

  it.each(fields)('says of %s what the command says', (name) => {
    const { good, bad } = examples(name);
    for (const value of good) expect([value, verdicts({ [name]: value })]).toEqual([value, right]);
    for (const value of bad) expect([value, verdicts({ [name]: value })]).toEqual([value, wrong]);
  });

  it('names itself, and nothing that is no setting, and no secret', () => {
    expect(verdicts({ $schema: 'config.schema.json' })).toEqual(right);
    expect(verdicts({ idletime: '1m' })).toEqual(wrong);
    expect(verdicts({ jwtSecret: 'x' })).toEqual(wrong);
    expect(verdicts([])).toEqual(wrong);
  });

  it('has each default in a form that it takes itself', () => {
    const { properties } = configurationJsonSchema() as {
      properties: Record<string, { default?: unknown; description?: string }>;
    };
    for (const [name, { default: standard, description }] of Object.entries(properties)) {
      expect(description, name).toMatch(/^[A-Z].*\.$/);
      if (standard !== undefined) expect(verdicts({ [name]: standard }), name).toEqual(right);
    }
    expect(properties['idleTime']?.default).toBe('10m');
  });

  it('takes the example of docs/configuration.md', async () => {
    const document = new URL('../../docs/configuration.md', import.meta.url);
    const [example = ''] = await fencedBlocks(document, 'json');
    expect(verdicts(JSON.parse(example))).toEqual(right);
  });
});

describe('gitws config schema', () => {
  it.each([
    [[], configurationJsonSchema, 'config.schema.json'],
    [['rules'], rulesJsonSchema, 'rules.schema.json'],
  ])('prints the schema: %j', async (args, made, published) => {
    const { exited, output } = runCommand(['config', 'schema', ...args]);
    expect(await exited).toBe(0);
    expect(JSON.parse(output.stdout)).toEqual(JSON.parse(JSON.stringify(made())));
    const text = readFileSync(new URL(`../../docs/${published}`, import.meta.url), 'utf8');
    expect(JSON.parse(output.stdout)).toEqual(JSON.parse(text));
  });
});
