import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Access, User } from '../../../server/admission/access.js';
import { decide, protectedRefs } from '../../../server/rules/decide.js';
import { parseRules } from '../../../server/rules/parse.js';

const rules = parseRules(
  JSON.stringify({
    version: 1,
    groups: { staff: ['alice', 'bob'], guests: [] },
    rules: [
      { repositories: ['public/**'], who: ['anyone'], allow: ['read'] },
      {
        repositories: ['team/*'],
        except: ['team/secret'],
        who: ['group:staff'],
        allow: ['read', 'write'],
      },
      { repositories: ['**'], who: ['user:root'], allow: ['read', 'write', 'archive'] },
      { repositories: ['lobby'], who: ['signed-in'], allow: ['read'] },
      { repositories: ['for-guests'], who: ['group:guests'], allow: ['read'] },
    ],
    refs: [
      {
        repositories: ['team/*'],
        refs: ['refs/heads/main'],
        force: ['user:root'],
        delete: ['user:root'],
      },
      { repositories: ['team/*'], refs: ['refs/tags/**'], create: ['group:staff'], update: [] },
      { repositories: ['other'], refs: ['**'] },
    ],
  }),
  'rules.json',
);

const user = (name: string, more: Partial<User> = {}): User => ({
  name,
  ...more,
});
const may = (who: User | null, access: Access, repository: string) =>
  decide(rules, { user: who, repository, access }).allowed;

describe('rules', () => {
  it('give anyone what they give anyone, and nothing more', () => {
    expect(may(null, 'read', 'public/a')).toBe(true);
    expect(may(user('carol'), 'read', 'public/a.git')).toBe(true);
    expect(may(null, 'write', 'public/a')).toBe(false);
    expect(may(null, 'archive', 'public/a')).toBe(false);
    expect(may(null, 'read', 'team/site')).toBe(false);
    expect(may(null, 'read', 'lobby')).toBe(false);
  });

  it('give users and groups what is theirs', () => {
    expect(may(user('alice'), 'write', 'team/site.git')).toBe(true);
    expect(may(user('carol'), 'read', 'team/site')).toBe(false);
    expect(may(user('carol'), 'read', 'lobby')).toBe(true);
    expect(may(user('root'), 'archive', 'any/where')).toBe(true);
  });

  it('never take a user for a word of the rules: "anyone" is a name like others', () => {
    for (const name of ['anyone', 'signed-in', 'group:staff', 'user:root', 'staff', '*', '']) {
      expect(may(user(name), 'write', 'team/site')).toBe(false);
      expect(may(user(name), 'archive', 'x')).toBe(false);
    }
  });

  it('leave exceptions closed under every name that the server would find them by', () => {
    const spellings = ['team/secret', 'team/secret.git', 'team/secret.git.git', 'team/SECRET'];
    for (const spelling of spellings) {
      expect(may(user('alice'), 'read', spelling)).toBe(false);
    }
    expect(may(user('alice'), 'read', 'team/secrets')).toBe(true);
  });

  it('take groups of a token only where the rules declare them', () => {
    expect(may(user('eve', { groups: ['guests'] }), 'read', 'for-guests')).toBe(true);
    expect(may(user('eve', { groups: ['staff'] }), 'write', 'team/site')).toBe(true);
    expect(may(user('eve', { groups: ['root', 'admin'] }), 'read', 'team/site')).toBe(false);
  });

  it('are limited by the permissions of a token, and never widened by them', () => {
    const limited = (...permissions: string[]) => user('root', { permissions });
    expect(may(limited('read:team/*'), 'read', 'team/site.git')).toBe(true);
    expect(may(limited('read:team/*.git'), 'read', 'team/site')).toBe(true);
    expect(may(limited('read:team/*'), 'write', 'team/site')).toBe(false);
    expect(may(limited('read:team/*'), 'read', 'other/site')).toBe(false);
    expect(may(limited(), 'read', 'team/site')).toBe(false);
    expect(may(user('carol', { permissions: ['write:**'] }), 'write', 'team/site')).toBe(false);
    for (const nonsense of [
      'openid',
      'read',
      'read:',
      ':**',
      '**',
      'read:!x',
      'Read:**',
      'write read:**',
    ]) {
      expect(may(limited(nonsense), 'read', 'team/site')).toBe(false);
    }
  });

  it('give nothing for a path that is too long, to nobody', () => {
    const repository = 'x/'.repeat(2_000) + 'x';
    const decision = decide(rules, { user: user('root'), repository, access: 'read' });
    expect(decision.allowed).toBe(false);
    expect(decision.explanation).toMatch(
      /^the path is too long: read of "x\/x[^"]{100,130}\.\.\."/,
    );
  });

  it('give nothing where there are none', () => {
    const none = parseRules('{ "version": 1, "rules": [] }', 'f');
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, repository) => {
        for (const access of ['read', 'write', 'archive'] as const) {
          expect(decide(none, { user: user(name), repository, access }).allowed).toBe(false);
          expect(decide(none, { user: null, repository, access }).allowed).toBe(false);
        }
      }),
    );
  });

  it('say why, for the log, in one line that nobody can break', () => {
    const why = (who: User | null, access: Access, repository: string) =>
      decide(rules, { user: who, repository, access }).explanation;
    expect(why(user('alice'), 'write', 'team/site.git')).toBe(
      'rules[1] gives write of "team/site.git" to user "alice"',
    );
    expect(why(null, 'read', 'team/site')).toBe(
      'no rule gives read of "team/site" to a client without credentials',
    );
    expect(why(user('root', { permissions: [] }), 'read', 'x')).toBe(
      'rules[2] gives read of "x" to user "root", but the permissions of the token do not',
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, repository) => {
        expect(why(user(name), 'read', repository)).toMatch(/^[ -~]+$/);
        expect(why(user(`${name}\n\u202e`), 'read', `${repository}\u001b`)).toMatch(/^[ -~]+$/);
      }),
    );
  });
});

describe('protected refs', () => {
  it('of a repository are those of all rules that speak of it, for one user, as plain data', () => {
    const forAlice = protectedRefs(rules, user('alice'), 'team/site.git');
    expect(JSON.parse(JSON.stringify(forAlice))).toEqual({
      protections: [
        { rule: 'refs[0]', refs: ['refs/heads/main'], allowed: ['create', 'update'] },
        { rule: 'refs[1]', refs: ['refs/tags/**'], allowed: ['create'] },
      ],
    });
    expect(protectedRefs(rules, user('root'), 'team/site').protections).toMatchObject([
      { allowed: ['create', 'update', 'delete', 'force'] },
      { allowed: [] },
    ]);
    expect(protectedRefs(rules, user('alice'), 'elsewhere')).toEqual({ protections: [] });
  });

  it('may be neither deleted nor forced where their rule does not say who may', () => {
    expect(protectedRefs(rules, user('root'), 'other').protections).toEqual([
      { rule: 'refs[2]', refs: ['**'], allowed: ['create', 'update'] },
    ]);
  });

  it('are protected under every spelling of the repository', () => {
    for (const spelling of ['TEAM/site', 'team/site.git.git', 'Team/Site.GIT']) {
      expect(protectedRefs(rules, user('alice'), spelling).protections).toHaveLength(2);
    }
  });
});
