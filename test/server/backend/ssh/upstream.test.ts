/** Repositories of a host that is reached over ssh, through a gateway: Debian's sshd and git behind it. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import git from '../../../../src/git/index.js';
import { git as run, makeRepository } from '../../../helpers/git.js';
import { it, long } from '../../../helpers/long.js';
import { nativeEnvironment } from '../../../helpers/native.js';
import { startServer } from '../../../helpers/server.js';
import { startSshHost, type SshHost } from '../../../helpers/ssh-host.js';
import { temporaryDirectory } from '../../../helpers/temp.js';
import { freshIn, upstreamCases, type UpstreamWorld } from '../upstream-contract.js';

let world: UpstreamWorld;
let host: SshHost;
/** As native git has written it down. */
let sshUrl: string;
const problems: unknown[] = [];

beforeAll(async () => {
  const base = await temporaryDirectory();
  const { gitDir: repository, head } = await makeRepository(join(base, "upstream/team/it's.git"), {
    commits: 300,
    bigBlobs: { count: 2, bytes: 300_000 },
  });
  const there = (...args: readonly string[]) => run(args, { cwd: repository });
  await there('config', 'uploadpack.allowFilter', 'true');
  host = await startSshHost();
  await fs.promises.mkdir(join(base, 'local'));
  let sessions = 0;
  const gateway = await startServer({
    root: join(base, 'local'),
    ...{ allowPush: true, allowArchive: true, authorize: () => true },
    upstreams: [{ url: host.url, private: true }],
    upstreamSsh: host.files,
    onSession: () => (sessions += 1),
    onError: (error) => problems.push(error),
  });
  sshUrl = `${host.url}${repository}`;
  world = {
    ...{ base, repository, head, there, gateway: gateway.url },
    through: `ws${gateway.url.slice('http'.length)}/${host.name}${repository}`,
    urls: {
      'that of ssh': sshUrl,
      // As isomorphic-git takes it: a gateway has one name for a host, however that is reached.
      'that of the host itself': `https://${host.name}${repository}`,
    },
    env: await nativeEnvironment(),
    sessions: () => sessions,
  };
});

upstreamCases(() => world, { '0': long, '1': long, '2': it });

it('makes archives', async () => {
  const { through, env, there, head } = world;
  const archive = ['archive', '--format=tar', `--remote=${through}`, 'HEAD'];
  expect(await run(archive, { env })).toBe(await there('archive', '--format=tar', head));
});

it('clones with submodules that are reached in the same way', async () => {
  const { base, repository, head, gateway } = world;
  const work = join(base, 'work');
  await run(['clone', '-q', repository, work]);
  const allow = ['-c', 'protocol.file.allow=always', 'submodule', '-q', 'add'];
  for (const part of ['near', 'far']) await run([...allow, repository, part], { cwd: work });
  const declare = ['config', '-f', '.gitmodules'];
  await run([...declare, 'submodule.near.url', "../it's.git"], { cwd: work });
  await run([...declare, 'submodule.far.url', sshUrl], { cwd: work });
  await run(['commit', '-qam', 'parts'], { cwd: work });
  const whole = join(base, 'upstream/team/whole.git');
  await run(['clone', '-q', '--bare', work, whole]);
  const dir = freshIn(world);
  await git.clone({
    ...{ fs, dir, url: `${host.url}${whole}`, gateway, recurseSubmodules: true },
  });
  for (const part of ['near', 'far']) {
    expect(await git.resolveRef({ fs, dir: join(dir, part), ref: 'HEAD' })).toBe(head);
  }
  expect(await run(['status', '--porcelain'], { cwd: dir })).toBe('');
});

it('all of it went over one connection of ssh, and nothing was wrong', () => {
  expect(problems).toEqual([]);
  expect(host.connections()).toBe(1);
});
