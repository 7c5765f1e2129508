/** What gitws/git asks of a server beside fetches and pushes: no `http` is needed for it. */
import * as fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import git from '../../src/git/index.js';
import { git as realGit, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let url: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git')));
  await realGit(['--git-dir', join(root, 'site.git'), 'tag', '-a', '-m', 'One', 'v1', 'main']);
  const server = await startServer({
    root,
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'basic' && credentials.password === 'right' ? { name: 'ada' } : null,
    authorize: ({ user }) => user !== null,
  });
  url = `${server.url}/site.git`;
});

const onAuth = () => ({ username: 'ada', password: 'right' });

/** What native git lists. */
const listed = async (): Promise<string[]> => {
  const text = await realGit(['ls-remote', join(root, 'site.git')]);
  return text
    .split('\n')
    .map((line) => line.replace('\t', ' '))
    .sort();
};

describe('without an http', () => {
  it.each(['ws', 'http'])('listServerRefs lists what git lists, at %s:', async (scheme) => {
    const asked: string[] = [];
    const at = url.replace(/^\w+/, scheme);
    const refs = await git.listServerRefs({
      ...{ url: at, symrefs: true, peelTags: true, onAuth },
      onConnection: ({ state }) => asked.push(state),
    });
    const lines = refs.flatMap(({ ref, oid, peeled }) => [
      `${oid} ${ref}`,
      ...(peeled === undefined ? [] : [`${peeled} ${ref}^{}`]),
    ]);
    expect(lines.sort()).toEqual(await listed());
    expect(refs.find(({ ref }) => ref === 'HEAD')).toMatchObject({ target: 'refs/heads/main' });
    expect(asked).toContain('open');
  });

  it('listServerRefs lists the same whichever version is spoken, of each kind of repository', async () => {
    const bare = join(root, 'odd.git');
    await realGit(['clone', '-q', '--bare', join(root, 'site.git'), bare]);
    const odd = url.replace('site.git', 'odd.git');
    const expectSame = async (): Promise<void> => {
      for (const peelTags of [false, true]) {
        const refs = await git.listServerRefs({ url: odd, onAuth, peelTags });
        expect(refs).toEqual(
          await git.listServerRefs({ url: odd, onAuth, peelTags, protocolVersion: 2 }),
        );
      }
    };
    await expectSame();
    await realGit(['--git-dir', bare, 'update-ref', '--no-deref', 'HEAD', 'main~1']);
    await expectSame();
    await realGit(['--git-dir', bare, 'symbolic-ref', 'HEAD', 'refs/heads/unborn']);
    await realGit(['--git-dir', bare, 'symbolic-ref', 'refs/heads/alias', 'refs/heads/main']);
    await expectSame();
    await rm(bare, { recursive: true });
    await realGit(['init', '-q', '--bare', bare]);
    await expectSame();
  });

  it('getRemoteInfo and getRemoteInfo2 say what isomorphic-git makes of it', async () => {
    const info = await git.getRemoteInfo({ url, onAuth });
    expect(info).toMatchObject({ HEAD: 'refs/heads/main', refs: { heads: { main: head } } });
    const two = await git.getRemoteInfo2({ url, onAuth });
    expect(two).toMatchObject({ protocolVersion: 2, capabilities: { 'ls-refs': 'unborn' } });
    const one = await git.getRemoteInfo2({ url, onAuth, protocolVersion: 1 });
    expect(one.refs).toContainEqual(expect.objectContaining({ ref: 'refs/heads/main', oid: head }));
  });

  it('fastForward moves the branch as native git does, and not where it would have to merge', async () => {
    const dir = await temporaryDirectory();
    const common = { fs, dir, onAuth };
    await git.clone({ ...common, url });
    await realGit(['reset', '-q', '--hard', 'HEAD~1'], { cwd: dir });
    await git.fastForward(common);
    expect(await realGit(['rev-parse', 'HEAD'], { cwd: dir })).toBe(head);
    expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('');
    await realGit(['reset', '-q', '--hard', 'HEAD~1'], { cwd: dir });
    await realGit(['commit', '-q', '--allow-empty', '-m', 'Mine'], { cwd: dir });
    const mine = await realGit(['rev-parse', 'HEAD'], { cwd: dir });
    await expect(git.fastForward(common)).rejects.toMatchObject({ code: 'FastForwardError' });
    expect(await realGit(['rev-parse', 'HEAD'], { cwd: dir })).toBe(mine);
  });

  it('a signal ends it, a refusal is isomorphic-git’s, and a corsProxy is not used', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const controller = new AbortController();
    const asked = git.listServerRefs({
      ...{ url, onAuth, signal: controller.signal },
      onConnection: () => controller.abort(),
    });
    await expect(asked).rejects.toMatchObject({ code: 'UserCanceledError' });
    await expect(git.getRemoteInfo2({ url })).rejects.toMatchObject({
      ...{ code: 'HttpError', data: { statusCode: 401 } },
    });
    const refs = await git.listServerRefs({ url, onAuth, corsProxy: 'https://nowhere.invalid' });
    expect(refs.length).toBeGreaterThan(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('corsProxy'));
    warn.mockRestore();
  });
});
