/**
 * The example of a custom server of Next.js, as somebody would have it: a project of its own, which is
 * installed here from its lock file. With React it is too large to be one of this project's own packages.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { git, makeRepository } from '../helpers/git.js';
import { nativeEnvironment } from '../helpers/native.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { examples, hear, startExample } from './example.js';

const run = promisify(execFile);
const project = fileURLToPath(new URL('../../', import.meta.url));

it('Next.js serves repositories, its page and its own WebSocket on one port', async () => {
  const base = await temporaryDirectory();
  const [root, app, clone] = ['root', 'app', 'clone'].map((name) => join(base, name)) as [
    ...[string, string, string],
  ];
  await mkdir(root);
  const { head } = await makeRepository(join(root, 'site.git'));
  await cp(join(examples, 'next'), app, { recursive: true });
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: app });
  await symlink(project, join(app, 'node_modules', 'gitws'));
  const url = await startExample(join(app, 'server.mjs'), root);
  const env = await nativeEnvironment();
  const remote = `${url.replace('http', 'ws')}/git/site.git`;
  await git(['clone', '--quiet', remote, clone], { env });
  expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(head);
  const page = await fetch(url);
  expect([page.status, await page.text()]).toEqual([
    200,
    expect.stringContaining('A page of Next'),
  ]);
  // What its client in the page waits for.
  expect(JSON.parse(await hear(`${url}/_next/hmr?id=1`))).toHaveProperty('type');
  // And again, after the other has been spoken to.
  expect(await git(['ls-remote', remote, 'HEAD'], { env })).toBe(`${head}\tHEAD`);
});
