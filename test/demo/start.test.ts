/** What `npm start` runs, as a person at a terminal meets it. */
import { execFile } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { start, startDemo } from './start-process.js';

const run = promisify(execFile);
const page = fileURLToPath(new URL('../../dist/demo/main.js', import.meta.url));

describe('npm start', () => {
  it('makes a sample once, says where it is, and ends cleanly', async () => {
    const data = join(await temporaryDirectory(), 'data');
    const first = await startDemo(data);
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(first.output.stdout).toContain('Made a sample repository');
    await expectSoundRepository(join(data, 'sample.git'));
    first.child.kill('SIGINT');
    expect(await first.exited).toBe(0);
    expect(first.output.stderr).toBe('');

    const tree = await git(['-C', join(data, 'sample.git'), 'rev-parse', 'main^{tree}']);
    const commit = ['commit-tree', '-p', 'main', '-m', 'Kept', tree];
    const oid = await git(['-C', join(data, 'sample.git'), ...commit]);
    await git(['-C', join(data, 'sample.git'), 'update-ref', 'refs/heads/main', oid]);
    const second = await startDemo(data);
    expect(second.output.stdout).not.toContain('Made');
    expect(await git(['-C', join(data, 'sample.git'), 'rev-parse', 'main'])).toBe(oid);
    second.child.kill('SIGTERM');
    expect(await second.exited).toBe(0);
  });

  it('builds nothing that is built already', async () => {
    const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));
    const before = await stat(page);
    expect(await run(process.execPath, [script, '--if-needed'])).toEqual({
      stdout: '',
      stderr: '',
    });
    expect((await stat(page)).mtimeMs).toBe(before.mtimeMs);
  });

  it('takes an empty GITWS_DATA for none', async () => {
    const cwd = await temporaryDirectory();
    const { output } = start(['--port', '0'], { GITWS_DATA: '' }, cwd);
    await expect.poll(() => output.stdout).toContain(`: ${join(cwd, 'data/sample.git')}\n`);
  });

  it('serves the page with a policy that lets in no other scripts', async () => {
    const { url } = await startDemo(await temporaryDirectory());
    const page = await fetch(url);
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toMatch(/; script-src 'self' 'wasm-unsafe-eval';/);
    const html = await page.text();
    expect(html).toContain('main.js');
    // What a CDN or a font service would need.
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect((await fetch(new URL('main.js', url))).status).toBe(200);
    expect((await fetch(new URL('nothing.html', url))).status).toBe(404);
    expect((await fetch(new URL('sample.git/git-upload-pack', url))).status).toBe(426);
  });

  it('serves a folder of somebody’s own, and makes nothing there', async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'team', 'größer & schöner.git'), { commits: 3 });
    await git(['init', '-q', join(root, 'worktree')]);
    await mkdir(join(root, 'empty'));
    const { url, output } = await startDemo(join(root, 'unused'), root);
    expect(await (await fetch(new URL('repositories.json', url))).json()).toEqual({
      repositories: ['team/größer & schöner.git', 'worktree'],
      more: false,
    });
    await expect.poll(() => output.stdout).toContain('/team/gr%C3%B6%C3%9Fer%20%26%20sch');
    expect(output.stdout).not.toContain('Made a sample');
  });

  it.each([
    ['a folder that is not there', ['no-such-folder'], /^no-such-folder is not a folder/],
    ['an address of another machine', ['--host', '192.0.2.1'], /^192\.0\.2\.1 is no address of/],
    ['a port that is none', ['--port', '70000'], /whole number from 0 to 65535/],
  ])('says in one sentence what is wrong with %s', async (_, args, sentence) => {
    const data = await temporaryDirectory();
    const { exited, output } = start(args, { GITWS_DATA: data });
    expect(await exited).toBe(1);
    expect(output.stderr).toMatch(sentence);
    expect(output.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('says in one sentence that a folder is a repository itself', async () => {
    const root = await temporaryDirectory();
    await git(['init', '-q', '--bare', join(root, 'site.git')]);
    const { exited, output } = start([join(root, 'site.git')]);
    expect(await exited).toBe(1);
    expect(output.stderr.trim()).toMatch(
      / is a repository itself: name the folder that holds it, /,
    );
    expect(output.stderr.trim().endsWith(`${root}.`)).toBe(true);
  });

  it('says in one sentence that a port is taken', async () => {
    const other = createServer();
    await listen(other);
    const { port } = other.address() as AddressInfo;
    const data = await temporaryDirectory();
    const { exited, output } = start(['--port', String(port)], { GITWS_DATA: data });
    expect(await exited).toBe(1);
    expect(output.stderr).toMatch(/^Port \d+ is taken by another program\. .*--port/);
    expect(output.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('says in one sentence that there is no git', async () => {
    const data = await temporaryDirectory();
    const { exited, output } = start([], { GITWS_DATA: data, PATH: data });
    expect(await exited).toBe(1);
    expect(output.stderr).toMatch(/^git was not found\..*install it/);
    expect(output.stderr.trim().split('\n')).toHaveLength(1);
  });
});
