/** Repositories of a real gitolite, over ssh, through a gateway: its account is one, its rules are its own. */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import git from '../../../../src/git/index.js';
import { expectSoundRepository, git as run, gitStatus } from '../../../helpers/git.js';
import { nativeEnvironment } from '../../../helpers/native.js';
import { RawClient } from '../../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { startSshHost, type SshHost } from '../../../helpers/ssh-host.js';
import { temporaryDirectory } from '../../../helpers/temp.js';

const author = { name: 'Test Author', email: 'author@example.com' };
const rules = `
repo gitolite-admin
    RW+ = operator

repo team/site
    RW+ release/ = nobody
    -   release/ = operator
    RW+          = operator

repo shown
    R   = operator
    RW+ = somebody

repo hidden
    RW+ = somebody
`;

let home: string;
let host: SshHost;
let gateway: TestServer;
let env: Record<string, string>;
let count = 0;
const fresh = (): string => join(home, `clone-${(count += 1)}`);

beforeAll(async () => {
  home = await temporaryDirectory();
  const gitolite = (...args: readonly string[]) =>
    promisify(execFile)('gitolite', args, {
      env: { PATH: process.env['PATH'], HOME: home, USER: 'root', LC_ALL: 'C.UTF-8' },
    });
  await gitolite('setup', '-a', 'operator');
  await fs.promises.writeFile(join(home, '.gitolite/conf/gitolite.conf'), rules);
  await gitolite('compile');
  host = await startSshHost({
    command: `HOME=${home} /usr/share/gitolite3/gitolite-shell operator`,
  });
  await fs.promises.mkdir(join(home, 'local'));
  gateway = await startServer({
    root: join(home, 'local'),
    ...{ allowPush: true, allowArchive: true, authorize: () => true },
    ...{ upstreams: [{ url: host.url, private: true }], upstreamSsh: host.files },
    onError: () => undefined,
  });
  env = await nativeEnvironment();
});

const through = (path: string): string =>
  `ws${gateway.url.slice('http'.length)}/${host.name}/${path}`;
const served = (path: string): string => join(home, 'repositories', `${path}.git`);
const refused = (path: string, service: string) =>
  new RawClient(gateway.url, { target: `/${host.name}/${path}/${service}` }).closed;

describe('gitolite', () => {
  it('takes a push, and what it has can be cloned', async () => {
    const dir = fresh();
    await git.init({ fs, dir, defaultBranch: 'main' });
    await fs.promises.writeFile(join(dir, 'a'), 'a');
    await git.add({ fs, dir, filepath: 'a' });
    const oid = await git.commit({ fs, dir, message: 'first', author });
    const url = `${host.url}/team/site.git`;
    await git.addRemote({ fs, dir, remote: 'origin', url });
    const result = await git.push({ fs, dir, ref: 'main', gateway: gateway.url });
    expect(result.ok).toBe(true);
    expect(await run(['rev-parse', 'main'], { cwd: served('team/site') })).toBe(oid);
    await expectSoundRepository(served('team/site'));

    const [own, native] = [fresh(), fresh()];
    await git.clone({ fs, dir: own, url, ref: 'main', gateway: gateway.url });
    expect(await git.resolveRef({ fs, dir: own, ref: 'HEAD' })).toBe(oid);
    await run(['clone', '--bare', through('team/site'), native], { env });
    expect(await run(['rev-parse', 'main'], { cwd: native })).toBe(oid);
  });

  it('refuses a branch by its own rules, and says why', async () => {
    const dir = fresh();
    await run(['clone', '--branch=main', through('team/site'), dir], { env });
    const push = ['push', through('team/site'), 'HEAD:refs/heads/release/1'];
    const { code, stderr } = await gitStatus(push, { cwd: dir, env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/remote: FATAL: .*refs\/heads\/release\/1 .*DENIED/);
    expect(stderr).toContain('hook declined');
  });

  it('shows to nobody what its account may not read, as what is not there', async () => {
    for (const path of ['hidden', 'none/at/all']) {
      expect(await refused(path, 'git-upload-pack')).toMatchObject({
        ...{ code: 4404, reason: 'There is no such repository.' },
      });
    }
  });

  it('takes no push to what its account may read alone', async () => {
    expect(await refused('shown', 'git-receive-pack')).toMatchObject({
      code: 4403,
      reason: expect.stringContaining(`${host.name} does not allow this: FATAL: W any`) as string,
    });
  });

  it('makes archives', async () => {
    const archive = ['archive', '--format=tar', `--remote=${through('team/site')}`, 'main'];
    expect((await run(archive, { env })).length).toBeGreaterThan(0);
  });
});
