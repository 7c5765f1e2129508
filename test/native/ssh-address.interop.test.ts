/** How gitws-ssh is told where to go. The contract of native git over it: ssh.long.test.ts. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh } from './transports.js';

it('gitws-ssh takes host:path as ssh does, with the options that its user gave', async () => {
  const root = await temporaryDirectory();
  const { head, gitDir } = await makeRepository(join(root, 'a b.git'), { commits: 5 });
  const native = await overSsh({ root, allowPush: true });
  const { port } = new URL(native.base);
  const env = { GIT_SSH_COMMAND: `gitws-ssh -4 -p ${port}` };
  const clone = join(await temporaryDirectory(), 'clone');
  await native.git(['clone', '-q', '127.0.0.1:a b.git', clone], { env });
  expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(head);
  await native.git(['push', '-q', 'origin', 'main:refs/heads/new'], { cwd: clone, env });
  expect(await git(['rev-parse', 'new'], { cwd: gitDir })).toBe(head);
  for (const repository of [clone, gitDir]) await expectSoundRepository(repository);
});
