/** What an operator says about git and refs, from createGitServer's options to a pusher's screen. */
import * as fs from 'node:fs';
import { chown, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as isomorphic from 'isomorphic-git';
import { expect, test } from 'vitest';
import type { GitServerOptions } from '../../server/index.js';
import type { ProtectedRefs } from '../../server/rules/types.js';
import { http } from '../../src/index.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const onlyForward: ProtectedRefs = {
  protections: [{ rule: 'refs[0]', refs: ['refs/heads/main'], allowed: ['update'] }],
};

/** A server, and a clone to push from. */
async function serve(options: Partial<GitServerOptions>) {
  const root = await temporaryDirectory();
  const hooksParent = await temporaryDirectory();
  const { gitDir, head } = await makeRepository(join(root, 'site.git'), { commits: 3, files: 5 });
  const errors: unknown[] = [];
  const server = await startServer({
    root,
    hooksParent,
    allowPush: true,
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'basic' ? { name: credentials.username } : null,
    authorize: ({ access, user }) => access === 'read' || user !== null,
    onError: (error) => errors.push(error),
    ...options,
  });
  const clone = { fs, http, dir: await temporaryDirectory() };
  await isomorphic.clone({ ...clone, url: `${server.url}/site` });
  const push = async (username: string, more: { force?: boolean; delete?: boolean } = {}) => {
    let words = '';
    const result: unknown = await isomorphic
      .push({
        ...{ ...clone, remote: 'origin', ref: 'main', ...more },
        onAuth: () => ({ username, password: 'x' }),
        onMessage: (text) => {
          words += text;
        },
      })
      .catch((error: unknown) => error);
    return { result, words };
  };
  const author = { name: 'A', email: 'a@example.com' };
  const commit = (message: string) => isomorphic.commit({ ...clone, message, author });
  /** A commit that has nothing to do with the others. */
  const rewrite = () => isomorphic.commit({ ...clone, message: 'rewritten', author, parent: [] });
  const tip = () => git(['rev-parse', 'main'], { cwd: gitDir });
  return { root, gitDir, head, hooksParent, server, errors, push, commit, rewrite, tip };
}

test('rules for refs hold for whom they are meant, and their words reach the pusher', async () => {
  const asked = new Set<string>();
  const { push, commit, rewrite, tip, server, gitDir, hooksParent } = await serve({
    protectedRefs: (user, repository) => {
      asked.add(`${user?.name} ${repository}`);
      return user?.name === 'ada' ? { protections: [] } : onlyForward;
    },
  });
  const next = await commit('next');
  expect(await push('eve')).toMatchObject({ result: { ok: true } });
  expect(await tip()).toBe(next);
  const rewritten = await rewrite();
  const refused = await push('eve', { force: true });
  expect(refused.words).toContain('gitws: you may not force-push to refs/heads/main.');
  expect(refused.result).toMatchObject({ code: 'GitPushError' });
  expect(await tip()).toBe(next);
  expect(await push('ada', { force: true })).toMatchObject({ result: { ok: true } });
  expect(await tip()).toBe(rewritten);
  expect([...asked]).toEqual(['eve site', 'ada site']);
  expect(await readdir(hooksParent)).toHaveLength(1);
  await server.close();
  expect(await readdir(hooksParent)).toEqual([]);
  await expectSoundRepository(gitDir);
});

test("a repository's own hooks learn who pushes, and nothing of the server's settings", async () => {
  for (const protections of [[], onlyForward.protections]) {
    const { root, push, commit, gitDir } = await serve({
      gitConfig: { 'receive.denyDeletes': 'true' },
      protectedRefs: () => ({ protections }),
    });
    const dump = join(root, 'environment');
    await writeFile(join(gitDir, 'hooks/post-receive'), `#!/bin/sh\nenv >"${dump}"\n`, {
      mode: 0o755,
    });
    await commit('next');
    expect(await push('eve')).toMatchObject({ result: { ok: true } });
    const environment = await readFile(dump, 'utf8');
    expect(environment).toContain('REMOTE_USER=eve\n');
    expect(environment).toContain('REMOTE_ADDR=127.0.0.1\n');
    expect(environment).not.toMatch(/GITWS|GIT_CONFIG_(PARAMETERS|COUNT)|denyDeletes/);
  }
});

test("an operator's settings beat those of repositories", async () => {
  const { push, gitDir, head, tip } = await serve({ gitConfig: { 'receive.denyDeletes': 'true' } });
  await git(['config', 'receive.denyDeletes', 'false'], { cwd: gitDir });
  await git(['config', 'receive.denyDeleteCurrent', 'ignore'], { cwd: gitDir });
  expect((await push('eve', { delete: true })).words).toContain('denying ref deletion');
  expect(await tip()).toBe(head);
});

test('a push is refused where its rules cannot be had', async () => {
  const { push, commit, tip, head, errors } = await serve({
    protectedRefs: () => Promise.reject(new Error('the database is gone')),
  });
  await commit('next');
  expect((await push('eve')).result).toMatchObject({ data: { statusCode: 500 } });
  expect(String(errors[0])).toContain('the database is gone');
  expect(await tip()).toBe(head);
});

test('a push is refused where its rules cannot be enforced', async () => {
  const { push, commit, tip, head, errors, hooksParent } = await serve({
    protectedRefs: () => onlyForward,
  });
  await rm(hooksParent, { recursive: true });
  await commit('next');
  expect((await push('eve')).result).toMatchObject({ data: { statusCode: 500 } });
  expect(String(errors[0])).toContain('ENOENT');
  expect(await tip()).toBe(head);
});

test.runIf(process.getuid?.() === 0)(
  "a repository of another user's is served where the operator lists it",
  async () => {
    const root = await temporaryDirectory();
    const { gitDir } = await makeRepository(join(root, 'site.git'), { commits: 3, files: 5 });
    await chown(gitDir, 12345, 12345);
    for (const [safeDirectories, code] of [
      [[], 'HttpError'],
      [[join(root, 'site.git')], undefined],
      [[root], undefined],
    ] as const) {
      const errors: unknown[] = [];
      const onError = (error: unknown): void => void errors.push(error);
      const server = await startServer({ root, safeDirectories, onError });
      const outcome = await isomorphic
        .clone({ fs, http, dir: await temporaryDirectory(), url: `${server.url}/site` })
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      await server.close();
      if (code === undefined) {
        expect(outcome).toBeUndefined();
        expect(errors).toEqual([]);
        continue;
      }
      // The client learns what, and nothing that is about the server's machine; the operator which.
      expect(String(outcome)).toContain('dubious ownership in this repository');
      expect(String(outcome)).not.toMatch(/at '\.'|safe\.directory/);
      expect(errors.map(String)).toEqual([
        expect.stringContaining(`git refuses ${gitDir}: it belongs to another user`),
      ]);
    }
  },
);
