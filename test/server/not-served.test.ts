/** What git can read and this server does not serve (docs/security.md), made by the real git. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { git, makeRepository } from '../helpers/git.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { answerOf, targetOf } from './security/attempts.js';

let server: TestServer;

beforeAll(async () => {
  const root = await temporaryDirectory();
  const { gitDir } = await makeRepository(join(root, 'lib.git'), { commits: 2, files: 3 });
  const run = (args: readonly string[], cwd: string): Promise<string> =>
    git(['-c', 'protocol.file.allow=always', ...args], { cwd });
  await run(['clone', '-q', gitDir, join(root, 'super')], root);
  await run(['submodule', '--quiet', 'add', gitDir, 'sub'], join(root, 'super'));
  await run(['worktree', 'add', '-q', '--detach', join(root, 'linked')], join(root, 'super'));
  await run(['worktree', 'add', '-q', '--detach', join(root, 'super/inside')], join(root, 'super'));
  await mkdir(join(root, 'kept'));
  await run(['init', '-q', `--separate-git-dir=${join(root, 'kept/apart')}`, 'apart'], root);
  server = await startServer({
    root,
    allowPush: true,
    authorize: () => true,
  });
});

afterAll(() => server.close());

const nothing = '4404 There is no such repository.';

describe.each([
  ['the .git of a work tree by that name', 'super/.git'],
  ['what lies in it', 'super/.git/modules/sub'],
  ['the checkout of a submodule', 'super/sub'],
  ['the checkout of a submodule, with .git', 'super/sub.git'],
  ['a linked work tree', 'linked'],
  ['a linked work tree below its repository', 'super/inside'],
  ['what git keeps for a linked work tree', 'super/.git/worktrees/linked'],
  ['a work tree whose repository is kept apart', 'apart'],
])('%s', (_, path) => {
  it('is to a visitor what is not there', async () => {
    expect(await answerOf(server, { target: targetOf(path, 'upload') })).toBe(nothing);
    expect(await answerOf(server, { target: targetOf(path, 'receive') })).toBe(nothing);
  });
});

test.each(['super', 'super.git', 'lib', 'kept/apart'])(
  'the repository itself is served, as %s',
  async (path) => {
    expect(await answerOf(server, { target: targetOf(path, 'upload') })).toBe('open');
  },
);
