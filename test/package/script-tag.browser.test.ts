/**
 * A page without a bundler, as README.md has it: scripts of a CDN, which is another origin, and
 * their globals. The servers are real, and so is the git that judges.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type * as Git from 'isomorphic-git';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as GitWs from '../../src/index.js';
import type { ContractFs } from '../contract/context.js';
import { browserAvailable, launchBrowser, type TestPage } from '../helpers/engines.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { startWithoutWebSockets } from '../helpers/no-websockets.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { root } from './consumer.js';

/** What the scripts define. */
interface ScriptPage {
  readonly git: typeof Git;
  readonly gitws: typeof GitWs;
  readonly LightningFS: new (name: string) => ContractFs;
}

const cdnFiles: Readonly<Record<string, string>> = {
  '/isomorphic-git.js': 'node_modules/isomorphic-git/index.umd.min.js',
  '/lightning-fs.js': 'node_modules/@isomorphic-git/lightning-fs/dist/lightning-fs.min.js',
  '/gitws/gitws.global.js': 'dist/gitws.global.js',
  '/gitws/gitws-pack.min.js': 'dist/gitws-pack.min.js',
  '/gitws/gitws-http.min.js': 'dist/gitws-http.min.js',
};

let page: TestPage;
let gitDir: string;
let url: string;
/** Of the same repository, where no WebSocket passes. */
let httpUrl: string;
const asked: string[] = [];

/** What isomorphic-git needs in a page, and does not bring. */
function bufferScript(): string {
  const contents = "import { Buffer } from 'buffer'; window.Buffer = Buffer;";
  const stdin = { contents, resolveDir: root };
  const { outputFiles } = buildSync({ stdin, bundle: true, write: false, format: 'iife' });
  return outputFiles[0]?.text ?? '';
}

/** The script tag of README.md, for files of another server. */
async function scriptTag(cdn: string): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [tag = ''] = /<script src=[^>]*gitws\.global\.js.*<\/script>/.exec(readme) ?? [];
  expect(tag).toContain('/dist/gitws.global.js"');
  return tag.replace(/https:.*\/dist/, `${cdn}/gitws`);
}

beforeAll(async () => {
  if (!browserAvailable) return;
  const repositories = await temporaryDirectory();
  ({ gitDir } = await makeRepository(join(repositories, 'site.git')));
  const cdn = await listen(
    createServer((request, response) => {
      const path = request.url ?? '';
      asked.push(path);
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('content-type', 'text/javascript; charset=utf-8');
      const file = cdnFiles[path];
      if (file === undefined) return void response.writeHead(404).end();
      void readFile(join(root, file)).then((code) => response.end(code));
    }),
  );
  const tags = ['isomorphic-git', 'lightning-fs'].map(
    (name) => `<script src="${cdn.url}/${name}.js"></script>`,
  );
  tags.push(`<script>${bufferScript()}</script>`, await scriptTag(cdn.url));
  const html = `<!doctype html><title>gitws</title>${tags.join('')}`;
  const site = await listen(
    createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
    }),
  );
  const server = await startServer({
    ...{ root: repositories, allowPush: true, smartHttp: true, origins: [site.url] },
  });
  url = `${server.url}/site.git`;
  httpUrl = `${(await startWithoutWebSockets(server.url, 'refused')).url}/site.git`;
  page = await (await launchBrowser()).newPage();
  await page.goto(site.url);
});

describe.skipIf(!browserAvailable)('a page with script tags alone', () => {
  it('clones, commits and pushes', async () => {
    const oid = await page.evaluate(async (remote) => {
      const { git, gitws, LightningFS } = window as unknown as ScriptPage;
      const fs = new LightningFS('script-tag');
      const dir = '/site';
      await git.clone({ fs, http: gitws.http, dir, url: remote });
      await fs.promises.writeFile(`${dir}/mine.txt`, 'my words\n');
      await git.add({ fs, dir, filepath: 'mine.txt' });
      const author = { name: 'Test Author', email: 'author@example.com' };
      const commit = await git.commit({ fs, dir, message: 'Add my words', author });
      await git.push({ fs, http: gitws.http, dir });
      return commit;
    }, url);
    expect(await git(['log', '-1', '--format=%H %s', 'main'], { cwd: gitDir })).toBe(
      `${oid} Add my words`,
    );
    await expectSoundRepository(gitDir);
    // Nothing is loaded for the pack engine as long as nobody wants it.
    expect(asked).not.toContain('/gitws/gitws-pack.min.js');
  });

  it('has its packs indexed by the engine, from the file beside the script', async () => {
    const [commits, warnings] = await page.evaluate(async (remote) => {
      const { git, gitws, LightningFS } = window as unknown as ScriptPage;
      const fs = new LightningFS('script-tag-bound');
      const heard: string[] = [];
      const onWarning = (warning: Error): void => void heard.push(warning.message);
      const bound = gitws.bindRepository({ fs, dir: '/site', url: remote, onWarning });
      await git.clone({ ...bound });
      const { length } = await git.log({ fs, dir: '/site' });
      return [length, heard] as const;
    }, url);
    expect(warnings).toEqual([]);
    expect(asked).toContain('/gitws/gitws-pack.min.js');
    expect(`${commits}`).toBe(await git(['rev-list', '--count', 'main'], { cwd: gitDir }));
  });

  it('speaks plain HTTP where no WebSocket passes, from the file beside the script', async () => {
    expect(asked).not.toContain('/gitws/gitws-http.min.js');
    const head = await page.evaluate(async (remote) => {
      const { git, gitws, LightningFS } = window as unknown as ScriptPage;
      const fs = new LightningFS('script-tag-http');
      const http = gitws.createHttpClient({ fallback: 'http' });
      await git.clone({ fs, http, dir: '/site', url: remote });
      return git.resolveRef({ fs, dir: '/site', ref: 'HEAD' });
    }, httpUrl);
    expect(asked).toContain('/gitws/gitws-http.min.js');
    expect(head).toBe(await git(['rev-parse', 'main'], { cwd: gitDir }));
  });
});
