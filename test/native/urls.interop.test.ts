/** What a user of git wrote is what the server is asked for, or an error: never another repository. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh, overWs, type Native, type Transport } from './transports.js';

describe.each<[string, Transport]>([
  ['ws://', overWs],
  ['gitws-ssh', overSsh],
])('a URL over %s', (_name, transport) => {
  let native: Native;

  beforeAll(async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'b.git'), { commits: 1 });
    await makeRepository(join(root, 'team/b.git'), { commits: 1 });
    native = await transport({ root });
  });

  it.each([
    ['a line end', 'b\n.git'],
    ['a way up', 'x/../b.git'],
    ['an empty segment', '/b.git'],
  ])('with %s is refused before anything is asked', async (_what, path) => {
    const { code, stdout, stderr } = await native.gitStatus([
      'ls-remote',
      `${native.base}/${path}`,
    ]);
    expect(code).toBe(128);
    expect(stdout).toBe('');
    expect(stderr).toContain('This is not the URL of a repository: ');
  });

  it('with a blank at its end does not name the one without', async () => {
    const { code, stdout } = await native.gitStatus(['ls-remote', `${native.base}/b.git `]);
    expect({ code, stdout }).toEqual({ code: 128, stdout: '' });
  });

  it('whose bytes are no UTF-8 is refused', async () => {
    // The arguments of a process made by Node are UTF-8: the shell's are what it says.
    const alias = `alias.odd=!git ls-remote "$(printf '${native.base}/b\\377.git')"`;
    const { code, stderr } = await native.gitStatus(['-c', alias, 'odd']);
    expect(code).toBe(128);
    expect(stderr).toContain('is not UTF-8');
  });

  it('is taken where it is as it should be', async () => {
    await native.git(['ls-remote', `${native.base}/team/b.git/`]);
  });
});
