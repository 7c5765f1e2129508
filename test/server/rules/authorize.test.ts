import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Access, Authorize, User } from '../../../server/admission/access.js';
import { authorizeByRules, authorizeLocally } from '../../../server/rules/authorize.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { requestFrom } from '../authentication/attempts.js';

const ask = (
  authorize: Authorize,
  access: Access,
  { user = null as User | null, address = '127.0.0.1', headers = {} } = {},
) =>
  authorize({ user, repository: 'team/site.git', access, request: requestFrom(address, headers) });

describe('authorization by a rules file', () => {
  let file: string;
  const write = (who: string, refs: object[] = []) =>
    writeFile(
      file,
      JSON.stringify({
        version: 1,
        rules: [{ repositories: ['team/*'], who: [who], allow: ['read', 'archive'] }],
        refs,
      }),
    );

  beforeEach(async () => {
    file = join(await temporaryDirectory(), 'rules.json');
  });

  it('follows the file as it is now, and tells why', async () => {
    await write('user:alice');
    const why: string[] = [];
    const onDecision = ({ explanation }: { explanation: string }) => why.push(explanation);
    const { authorize } = await authorizeByRules({ file, onDecision });
    const alice = { user: { name: 'alice' } };
    expect(await ask(authorize, 'read', alice)).toBe(true);
    expect(await ask(authorize, 'write', alice)).toBe(false);
    await write('user:bob');
    expect(await ask(authorize, 'read', alice)).toBe(false);
    expect(why).toEqual([
      'rules[0] gives read of "team/site.git" to user "alice"',
      'no rule gives write of "team/site.git" to user "alice"',
      'no rule gives read of "team/site.git" to user "alice"',
    ]);
  });

  it('goes on with the old rules when the new ones are broken or gone, never with none', async () => {
    await write('user:alice');
    const reports: string[] = [];
    const report = (sentence: string) => reports.push(sentence);
    const rules = await authorizeByRules({ file, report });
    const { authorize } = rules;
    await write('alice');
    expect(await ask(authorize, 'read')).toBe(false);
    expect(await ask(authorize, 'read', { user: { name: 'alice' } })).toBe(true);
    expect(reports[0]).toContain('rules[0].who[0]: must be anyone, signed-in');
    expect(await rules.reload()).toBe(false);
    await rm(file);
    expect(await ask(authorize, 'read', { user: { name: 'alice' } })).toBe(true);
    await write('anyone');
    expect(await rules.reload()).toBe(true);
    expect(await ask(authorize, 'read')).toBe(true);
  });

  it('gives the refs that are protected, as the file is now', async () => {
    await write('anyone');
    const rules = await authorizeByRules({ file });
    expect(await rules.protectedRefs({ name: 'a' }, 'team/site')).toEqual({ protections: [] });
    await write('anyone', [{ repositories: ['**'], refs: ['refs/heads/main'] }]);
    expect(await rules.protectedRefs({ name: 'a' }, 'team/site')).toEqual({
      protections: [{ rule: 'refs[0]', refs: ['refs/heads/main'], allowed: ['create', 'update'] }],
    });
  });

  it('does not start without a file that can be used', async () => {
    await expect(authorizeByRules({ file })).rejects.toThrow('there is no such file');
    await write('alice');
    await expect(authorizeByRules({ file })).rejects.toThrow('rules[0].who[0]');
  });
});

describe('authorization without rules', () => {
  it('lets everybody on this machine read, and write where pushing is allowed', async () => {
    expect(await ask(authorizeLocally(false), 'read')).toBe(true);
    expect(await ask(authorizeLocally(false), 'write')).toBe(false);
    expect(await ask(authorizeLocally(true), 'write')).toBe(true);
    expect(await ask(authorizeLocally(true), 'read', { address: '::1' })).toBe(true);
  });

  it('lets nobody from elsewhere do anything, signed in or not', async () => {
    for (const access of ['read', 'write', 'archive'] as const) {
      for (const user of [null, { name: 'alice' }]) {
        expect(await ask(authorizeLocally(true), access, { user, address: '192.0.2.1' })).toBe(
          false,
        );
      }
    }
  });

  it('takes what a reverse proxy on this machine passes on for what it is: from elsewhere', async () => {
    const headers = { 'x-forwarded-for': '127.0.0.1' };
    expect(await ask(authorizeLocally(true), 'read', { headers })).toBe(false);
  });

  it('is limited by the permissions of a token too', async () => {
    const user = { name: 'ci', permissions: ['read:team/*'] };
    expect(await ask(authorizeLocally(true), 'read', { user })).toBe(true);
    expect(await ask(authorizeLocally(true), 'write', { user })).toBe(false);
  });
});
