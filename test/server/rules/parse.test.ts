import fc from 'fast-check';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { isGitWsError } from '../../../src/base/errors.js';
import { parseRules } from '../../../server/rules/parse.js';
import { rulesJsonSchema } from '../../../server/rules/schema.js';

const rule = { repositories: ['**'], who: ['signed-in'], allow: ['read'] };
const refRule = { repositories: ['**'], refs: ['refs/heads/main'] };

/** What is wrong with a rules file. */
function faults(file: unknown): string {
  try {
    parseRules(typeof file === 'string' ? file : JSON.stringify(file), 'rules.json');
  } catch (error) {
    if (isGitWsError(error, 'INVALID_OPTION')) return error.message;
    throw error;
  }
  return '';
}

const withRule = (changed: object) => ({ version: 1, rules: [rule, { ...rule, ...changed }] });
const withRefs = (changed: object) => ({
  version: 1,
  rules: [rule],
  refs: [refRule, { ...refRule, ...changed }],
});

describe('a rules file', () => {
  it('can say all of this', () => {
    const file = {
      $schema: 'https://example.com/rules.schema.json',
      version: 1,
      groups: { staff: ['alice', 'bob'], nobody: [] },
      rules: [
        { note: 'For all the world', ...rule, who: ['anyone'], allow: ['read', 'archive'] },
        { ...rule, except: ['secret/**'], who: ['user:alice', 'group:staff'], allow: ['write'] },
      ],
      refs: [
        {
          ...refRule,
          refs: ['refs/heads/main', 'refs/tags/**', '**'],
          create: ['group:staff'],
          update: ['signed-in'],
          delete: [],
          force: ['user:alice'],
        },
      ],
    };
    expect(faults(file)).toBe('');
    expect(faults({ version: 1, rules: [] })).toBe('');
  });

  it.each([
    ['no JSON', '{ "version": 1,', 'rules.json: it is not JSON: '],
    ['no rules', { version: 1 }, 'rules.json: rules: Invalid input'],
    ['a version to come', { version: 2, rules: [] }, 'rules.json: version: must be 1.'],
    [
      'a field that does not exist',
      { version: 1, rules: [], rule: [] },
      'there is no field "rule"',
    ],
    [
      'a misspelt field of a rule',
      withRule({ repos: ['x'] }),
      'rules[1]: there is no field "repos"',
    ],
    [
      'an access that does not exist',
      withRule({ allow: ['read', 'push'] }),
      'rules[1].allow[1]: must be read, write or archive',
    ],
    ['nothing allowed', withRule({ allow: [] }), 'rules[1].allow: must name at least one'],
    ['nobody', withRule({ who: [] }), 'rules[1].who: must name at least one'],
    [
      'a bare name',
      withRule({ who: ['alice'] }),
      'rules[1].who[0]: must be anyone, signed-in, user:NAME or group:NAME',
    ],
    [
      'a group that does not exist',
      withRule({ who: ['signed-in', 'group:staf'] }),
      'rules[1].who[1]: there is no group "staf"',
    ],
    [
      'a group that only objects have',
      withRule({ who: ['group:constructor'] }),
      'there is no group "constructor"',
    ],
    [
      'writing for strangers',
      withRule({ who: ['anyone'], allow: ['read', 'write'] }),
      'rules[1].allow: write cannot be given to anyone',
    ],
    [
      'no repository',
      withRule({ repositories: [] }),
      'rules[1].repositories: must name at least one',
    ],
    [
      'a glob of refs that would take for ever',
      { version: 1, rules: [], refs: [{ repositories: ['x'], refs: ['refs/heads/*-*-*-*-x'] }] },
      'refs[0].refs[0]: the glob "refs/heads/*-*-*-*-x" has more than 3 stars between slashes',
    ],
    [
      'a glob that negates',
      withRule({ repositories: ['!x'] }),
      'rules[1].repositories[0]: the glob "!x" has one of',
    ],
    [
      'a bad glob in an exception',
      withRule({ except: ['x', '/y'] }),
      'rules[1].except[1]: the glob "/y" has an empty segment',
    ],
    [
      'a short ref name',
      withRefs({ refs: ['main'] }),
      'refs[1].refs[0]: the glob "main" does not begin with refs/',
    ],
    ['braces in a ref name', withRefs({ refs: ['refs/heads/{a,b}'] }), 'refs[1].refs[0]: the glob'],
    ['a bad repository of refs', withRefs({ repositories: ['a//b'] }), 'refs[1].repositories[0]'],
    [
      'an unknown group of refs',
      withRefs({ force: ['group:x'] }),
      'refs[1].force[0]: there is no group "x"',
    ],
    ['a bad subject of refs', withRefs({ delete: ['root'] }), 'refs[1].delete[0]: must be'],
    [
      'a group with a name like a prototype',
      withRule({ who: ['group:__proto__'] }),
      'rules[1].who[0]: must be',
    ],
    [
      'a group with a name that no rule can say',
      { version: 1, rules: [], groups: { 'a b': [] } },
      'groups.a b: must be letters',
    ],
  ])('with %s is refused, and the place is named', (_, file, sentence) => {
    expect(faults(file)).toContain(sentence);
  });

  it('with many faults has the first five named, and the rest counted', () => {
    const file = { version: 1, rules: Array.from({ length: 8 }, () => ({ ...rule, who: ['x'] })) };
    const sentence = faults(file);
    expect(sentence).toContain('rules[4].who[0]: must be');
    expect(sentence).not.toContain('rules[5]');
    expect(sentence).toMatch(/; and 3 more\.$/);
  });

  it('cannot put control characters into the error about it', () => {
    for (const file of [
      withRule({ 'a\u001b[2J\n': 1 }),
      withRule({ repositories: ['a\nb!'] }),
      withRule({ who: ['group:\u0007'] }),
      '{"version":\u0007',
    ]) {
      expect(faults(file)).toMatch(/^[ -~]+$/);
    }
  });

  it('is accepted or refused with a sentence, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((json) => `{"version":1,"rules":[${json}]}`),
        ),
        (text) => {
          faults(text);
        },
      ),
    );
  });
});

describe('the published schema', () => {
  it('in docs/rules.schema.json is the one that the server checks', async () => {
    // Written by: npx vitest run test/server/rules/parse.test.ts --update
    const json = await format(JSON.stringify(rulesJsonSchema()), {
      parser: 'json',
      printWidth: 100,
    });
    await expect(json).toMatchFileSnapshot('../../../docs/rules.schema.json');
  });

  it('describes every field', () => {
    const schema = JSON.parse(JSON.stringify(rulesJsonSchema()));
    const { properties } = schema;
    const fields = [properties.rules.items.properties, properties.refs.items.properties];
    for (const field of [properties, ...fields].flatMap((all) => Object.entries(all))) {
      const [name, { description, const: fixed }] = field as [string, Record<string, unknown>];
      expect(description ?? fixed, name).toBeDefined();
    }
  });
});
