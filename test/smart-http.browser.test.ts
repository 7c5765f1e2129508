/** `gitws serve --smart-http`: for a page without WebSockets, and for a push that takes its time. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from './helpers/chromium.js';
import { expectSoundRepository, git, makeRepository } from './helpers/git.js';
import { bundlePage, servePage } from './helpers/page.js';
import { runCommand, serveProcess } from './helpers/serve-process.js';
import { temporaryDirectory } from './helpers/temp.js';
import type { RunOverHttp } from './smart-http-page.js';

declare const runOverHttp: RunOverHttp;

let root: string;
let gitDir: string;
let head: string;

beforeAll(async () => {
  root = join(await temporaryDirectory(), 'served');
  ({ gitDir, head } = await makeRepository(join(root, 'site.git'), { commits: 4 }));
});

describe('gitws serve --smart-http', () => {
  it.skipIf(!browserAvailable)('serves a page of another origin that signs in', async () => {
    const { url: origin } = await servePage(
      await bundlePage('./smart-http-page.ts', import.meta.url),
    );
    const tokens = join(root, '..', 'tokens.json');
    const made = runCommand(['token', 'create', 'laptop', '--user', 'ada', '--tokens', tokens]);
    expect(await made.exited).toBe(0);
    const token = made.output.stdout.trim().split(/\s+/).at(-1) ?? '';
    const rules = join(root, '..', 'rules.json');
    await writeFile(
      rules,
      JSON.stringify({
        version: 1,
        rules: [{ repositories: ['**'], who: ['user:ada'], allow: ['read', 'write'] }],
      }),
    );
    const server = await serveProcess(
      root,
      ...['--smart-http', '--allow-push', '--origin', origin, '--tokens', tokens],
      ...['--rules', rules],
    );
    const browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(origin);
    const oid = await page.evaluate(([url, secret]) => runOverHttp(url, 'ada', secret), [
      `${server.url}/site.git`,
      token,
    ] as const);
    await page.close();
    expect((await git(['rev-parse', 'HEAD'], { cwd: gitDir })).trim()).toBe(oid);
    await expectSoundRepository(gitDir);
    expect(server.output.stderr).not.toContain(token);
  });

  it('waits for a push that takes longer than the head of a request may', async () => {
    const server = await serveProcess(
      root,
      ...['--smart-http', '--allow-push', '--headers-time', '500ms'],
    );
    const { hostname, port } = new URL(server.url);
    const push = request({
      ...{ hostname, port, path: '/site.git/git-receive-pack', method: 'POST' },
      headers: { 'content-type': 'application/x-git-receive-pack-request' },
    });
    const answered = new Promise<number | undefined>((resolve, reject) => {
      push.on('response', (response) => {
        response.resume().on('end', () => {
          resolve(response.statusCode);
        });
      });
      push.on('error', reject);
    });
    const body = await pushBody();
    const part = Math.ceil(body.length / 4);
    for (let at = 0; at < body.length; at += part) {
      push.write(body.subarray(at, at + part));
      await setTimeout(600);
    }
    push.end();
    expect(await answered).toBe(200);
    expect((await git(['rev-parse', 'slow'], { cwd: gitDir })).trim()).toBe(head);
  });
});

/** The body of a push that makes a branch `slow`. */
async function pushBody(): Promise<Buffer> {
  const command = `${'0'.repeat(40)} ${head} refs/heads/slow\0report-status`;
  const line = `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`;
  const folder = await temporaryDirectory();
  await git(['pack-objects', '-q', '--all', join(folder, 'pack')], { cwd: gitDir });
  const name = (await readdir(folder)).find((file) => file.endsWith('.pack')) ?? '';
  return Buffer.concat([Buffer.from(line), await readFile(join(folder, name))]);
}
