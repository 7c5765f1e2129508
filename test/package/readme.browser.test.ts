/**
 * README.md's examples, as they stand on the page: each block is run here, or the table says which
 * test runs it. Only addresses, folders and the reader's own functions are filled in.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeAuthority } from '../helpers/certificates.js';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { fencedBlocks, fillIn } from '../helpers/fenced.js';
import { startForeignHost } from '../helpers/foreign-host.js';
import { git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { nativeEnvironment } from '../helpers/native.js';
import { RawClient } from '../helpers/raw-client.js';
import { command, serveProcess } from '../helpers/serve-process.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { root as project } from './consumer.js';

const readme = join(project, 'README.md');

/** Each block by what only it says, in order, and where it is run. */
const blocks = [
  { language: 'sh', says: 'npm ci && npm start', run: 'test/demo/start.test.ts' },
  { language: 'sh', says: '--origin http://localhost:5173', run: 'here' },
  { language: 'js', says: "from 'gitws/worker'", run: 'here' },
  { language: 'sh', says: 'npm install gitws isomorphic-git', run: 'test/package/package.test.ts' },
  { language: 'js', says: "from 'gitws'; // instead of", run: 'here' },
  { language: 'js', says: 'createHttpClient({', run: 'here' },
  { language: 'js', says: '= bindRepository(', run: 'here' },
  { language: 'js', says: "from 'gitws/git'; // in place of", run: 'here' },
  { language: 'html', says: 'gitws-element.min.js', run: 'here' },
  { language: 'html', says: 'gitws.global.js', run: 'here' },
  { language: 'sh', says: '# gitws listening on', run: 'here' },
  { language: 'sh', says: 'npx gitws token create', run: 'here' },
  { language: 'json', says: '"version": 1', run: 'here' },
  { language: 'js', says: "from 'gitws/server'", run: 'here' },
  { language: 'sh', says: '--upstream https://github.com', run: 'here' },
  { language: 'js', says: "gateway: 'wss://gateway.example'", run: 'here' },
  { language: 'sh', says: 'npm install --global gitws', run: 'here' },
  { language: 'js', says: 'openChannel(', run: 'here' },
] as const;

/** The block that says something. */
async function blockThat(says: string): Promise<string> {
  const { language } = blocks.find((block) => block.says === says) ?? { language: '' };
  const found = (await fencedBlocks(readme, language)).filter((text) => text.includes(says));
  expect(found, says).toHaveLength(1);
  return found[0] ?? '';
}

let repositories: string;
let gitDir: string;
let browser: Browser;

beforeAll(async () => {
  repositories = await temporaryDirectory();
  ({ gitDir } = await makeRepository(join(repositories, 'site.git')));
  if (browserAvailable) browser = await launchChromium();
});

describe('every block of README.md', () => {
  it('has its line in the table, in order, and names a test that is there', async () => {
    const text = await readFile(readme, 'utf8');
    const fences = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
    expect(fences.map(([, language]) => language)).toEqual(blocks.map(({ language }) => language));
    for (const [index, { says, run }] of blocks.entries()) {
      expect(fences[index]?.[2]).toContain(says);
      if (run !== 'here') await readFile(join(project, run), 'utf8');
    }
  });
});

/** A page of a server whose pages may connect to a gitws server, and that server's address. */
async function openPage(html: (server: { url: string }) => string) {
  const site = await listen(
    createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(html(server));
    }),
  );
  const server = await startServer({
    ...{ root: repositories, allowPush: true, origins: [site.url] },
    authenticate: ({ credentials }) =>
      (credentials?.scheme === 'basic' && credentials.password === 'secret') ||
      (credentials?.scheme === 'bearer' && credentials.token === 'fresh')
        ? { name: 'me' }
        : null,
    authorize: ({ user, access }) => access === 'read' || user !== null,
  });
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  return { page, site: site.url, url: server.url };
}

/** Runs a module in a page, with the packages that it imports. @returns what it leaves in `result`. */
async function runInPage(page: Page, code: string): Promise<unknown> {
  const buffer = "import { Buffer } from 'buffer'; globalThis.Buffer = Buffer;";
  const contents = `${code.includes("from 'buffer'") ? '' : buffer}
    globalThis.result = (async () => { ${code.replace(/^import .*$/gm, '')} })();
    ${(code.match(/^import .*$/gm) ?? []).join('\n')}`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: project },
    alias: {
      'gitws/git': join(project, 'dist/git/index.js'),
      'gitws/worker': join(project, 'dist/worker/index.js'),
      gitws: join(project, 'dist/index.js'),
    },
    // Beside dist/index.js in an installed package, where bundlers find it.
    ...{ bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error' },
  });
  await page.evaluate(() => {
    delete (globalThis as { result?: unknown }).result;
  });
  await page.addScriptTag({ type: 'module', content: outputFiles[0]?.text ?? '' });
  // A module runs when it likes.
  await page.waitForFunction(() => 'result' in globalThis);
  return page.evaluate(() => (globalThis as unknown as { result: Promise<unknown> }).result);
}

describe.skipIf(!browserAvailable)('in a page', () => {
  it('the plugin clones and pushes, and bindRepository clones with the same calls', async () => {
    const { page, site, url } = await openPage(() => '<!doctype html><title>README</title>');
    await page.goto(site);
    const own = { 'https://git.example/site.git': `${url}/site.git` };
    const first = fillIn(await blockThat("from 'gitws'; // instead of"), {
      ...own,
      '// … edit, git.add, git.commit …': `
        await fs.promises.writeFile(dir + '/mine.txt', 'mine');
        await git.add({ fs, dir, filepath: 'mine.txt' });
        const author = { name: 'Me', email: 'me@example.com' };
        await git.commit({ fs, dir, message: 'Mine', author });`,
    });
    await runInPage(page, first);
    expect(await git(['log', '-1', '--format=%s', 'main'], { cwd: gitDir })).toBe('Mine');
    const bound = fillIn(await blockThat('= bindRepository('), own);
    const log = await runInPage(
      page,
      `import git from 'isomorphic-git';
import LightningFS from '@isomorphic-git/lightning-fs';
${bound}
return (await git.log({ fs: site.fs, dir, depth: 1 }))[0].commit.message;`.replace(
        'const site =',
        "const fs = new LightningFS('bound'), dir = '/bound'; const site =",
      ),
    );
    expect(log).toBe('Mine\n');
    const commands = fillIn(await blockThat("from 'gitws/git'; // in place of"), own);
    const [status, head] = (await runInPage(
      page,
      `import LightningFS from '@isomorphic-git/lightning-fs';
const fs = new LightningFS('own'), dir = '/own';
${commands}
return [await git.status({ fs, dir, filepath: 'mine.txt' }), await git.resolveRef({ fs, dir, ref: 'HEAD' })];`,
    )) as string[];
    expect(status).toBe('unmodified');
    expect(head).toBe(await git(['rev-parse', 'main'], { cwd: gitDir }));
  });

  it('five minutes are enough: git in a worker clones, commits and pushes', async () => {
    const { page, site } = await openPage(() => '<!doctype html><title>README</title>');
    const line = await blockThat('--origin http://localhost:5173');
    const args = fillIn(line.trim(), {
      'npx gitws serve ~/repositories': '',
      'http://localhost:5173': site,
    });
    const server = await serveProcess(repositories, ...args.trim().split(/\s+/));
    await page.goto(site);
    const example = fillIn(await blockThat("from 'gitws/worker'"), {
      'http://127.0.0.1:8080': server.url,
    });
    const seen = await runInPage(
      page,
      `${example}
const head = await git.resolveRef({ dir, ref: 'HEAD' });
await git.close();
return head;`,
    );
    expect(await git(['log', '-1', '--format=%H %s', 'main'], { cwd: gitDir })).toBe(
      `${String(seen)} Add a text`,
    );
    expect(await git(['show', 'main:new.txt'], { cwd: gitDir })).toBe('text');
    await server.end();
  });

  it('the element shows a repository, from a CDN', async () => {
    const html = await blockThat('gitws-element.min.js');
    const { page, site } = await openPage(({ url }) =>
      fillIn(html, { 'wss://git.example/site.git': `${url.replace('http', 'ws')}/site.git` }),
    );
    await page.route('https://cdn.jsdelivr.net/npm/gitws/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      const body = await readFile(join(project, pathname.replace('/npm/gitws/', '')));
      const headers = { 'Access-Control-Allow-Origin': '*' };
      await route.fulfill({ body, headers, contentType: 'text/javascript; charset=utf-8' });
    });
    await page.goto(site);
    const names = (await git(['ls-tree', '--name-only', 'main'], { cwd: gitDir })).split('\n');
    await expect.poll(() => page.getByRole('treeitem').count()).toBe(names.length);
  });

  it('a client with options of its own tells of what it does', async () => {
    const { page, site, url } = await openPage(() => '<!doctype html><title>README</title>');
    await page.goto(site);
    const heard: string[] = [];
    page.on('console', (message) => heard.push(message.text()));
    const options = await blockThat('createHttpClient({');
    await runInPage(
      page,
      `import git from 'isomorphic-git';
import LightningFS from '@isomorphic-git/lightning-fs';
const freshToken = async () => 'fresh';
${options}
const fs = new LightningFS('options');
await git.clone({ fs, http, dir: '/x', url: '${url}/site.git' });`,
    );
    expect(heard.join('\n')).toMatch(/Receiving \d+/);
  });

  it('scripts of a CDN are enough', async () => {
    const html = await blockThat('gitws.global.js');
    const bundled = await build({
      stdin: { contents: `export { Buffer } from 'buffer';`, resolveDir: project },
      ...{ bundle: true, write: false, format: 'esm' },
    });
    const files: Readonly<Record<string, string>> = {
      '/npm/isomorphic-git/': 'node_modules/isomorphic-git/',
      '/npm/@isomorphic-git/lightning-fs/': 'node_modules/@isomorphic-git/lightning-fs/',
      '/npm/gitws/': '',
    };
    const { page, site } = await openPage(({ url }) =>
      fillIn(html, { 'https://git.example/site.git': `${url}/site.git` }),
    );
    await page.route('https://cdn.jsdelivr.net/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      const [prefix = ''] = Object.keys(files).filter((one) => pathname.startsWith(one));
      const body =
        pathname === '/npm/buffer/+esm'
          ? (bundled.outputFiles[0]?.text ?? '')
          : await readFile(join(project, files[prefix] ?? '', pathname.slice(prefix.length)));
      const headers = { 'Access-Control-Allow-Origin': '*' };
      await route.fulfill({ body, headers, contentType: 'text/javascript; charset=utf-8' });
    });
    await page.goto(site);
    await page.waitForFunction(() => document.body.textContent.includes('.git'));
    const names = await git(['ls-tree', '--name-only', 'main'], { cwd: gitDir });
    const shown = await page.evaluate(() => document.body.innerText);
    for (const name of names.split('\n')) expect(shown).toContain(name);
  });
});

/** Runs the lines of a shell block, with the commands that an installation has. */
async function shell(text: string, env: Record<string, string>): Promise<string> {
  const child = spawn('bash', ['-euc', text], {
    ...{ env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (output += part));
  const [code] = (await once(child, 'close')) as [number];
  expect(code, output).toBe(0);
  return output;
}

describe('on a command line', () => {
  it('serves a folder to this machine, to read and push, and says where', async () => {
    const text = await blockThat('# gitws listening on');
    const [line = '', said = ''] = text.trim().split('\n');
    const args = line.replace('npx gitws serve ~/repositories', '').trim().split(/\s+/);
    const server = await serveProcess(repositories, ...args);
    const port = new URL(server.url).port;
    expect(server.output.stdout.split('\n')[0]).toBe(said.replace('# ', '').replace('8080', port));
    const target = '/site.git/git-receive-pack';
    await new RawClient(server.url, { target }).advertisement();
    await server.end();
  });

  it('is a gateway to a host, through which a page clones', async () => {
    const host = await startForeignHost(repositories);
    const text = await blockThat('--upstream https://github.com');
    const { page, site } = await openPage(() => '<!doctype html><title>README</title>');
    const line = fillIn(text.trim(), {
      'npx gitws serve ~/repositories': '',
      '--upstream https://github.com': `--upstream-private ${host.url}`,
      'https://app.example': site,
    });
    const gateway = await serveProcess(await temporaryDirectory(), ...line.trim().split(/\s+/));
    const example = fillIn(await blockThat("gateway: 'wss://gateway.example'"), {
      'https://github.com/octocat/Hello-World.git': `${host.url}/site.git`,
      'wss://gateway.example': `ws${gateway.url.slice('http'.length)}`,
    });
    await page.goto(site);
    const head = await runInPage(
      page,
      `import LightningFS from '@isomorphic-git/lightning-fs';
const fs = new LightningFS('gateway'), dir = '/theirs';
${example}
return git.resolveRef({ fs, dir, ref: 'HEAD' });`,
    );
    expect(head).toBe(await git(['rev-parse', 'main'], { cwd: gitDir }));
    await gateway.end();
  });

  it('serves others, with TLS, as the rules on the page say', async () => {
    const cwd = await temporaryDirectory();
    const file = (name: string): string => join(cwd, name);
    const certificate = await (await makeAuthority()).serverCertificate(['git.example']);
    await writeFile(file('cert.pem'), certificate.cert);
    await writeFile(file('key.pem'), certificate.key);
    await writeFile(file('users'), '');
    await writeFile(file('rules.json'), await blockThat('"version": 1'));
    const text = fillIn(await blockThat('npx gitws token create'), {
      'npx gitws': `${process.execPath} ${command}`,
      '/srv/git': repositories,
      '--port 443': '--port 0',
      // The same settings, tried and not served: the shell would wait for ever.
      ' serve ': ' config check ',
    });
    const output = await shell(`cd ${cwd}\n${text}`, {});
    expect(output).toMatch(/^gitws_[\w-]{43}$/m);
    expect(output).toMatch(/It can be used\.\n$/);
  });

  it('native git clones what it names, by each of its ways', async () => {
    const text = await blockThat('npm install --global gitws');
    const server = await serveProcess(repositories);
    const host = new URL(server.url).host;
    await git(['clone', '-q', '--bare', gitDir, join(repositories, 'sample.git')]);
    const home = await temporaryDirectory();
    const lines = fillIn(text, {
      // What it puts on the PATH is there already: package.test.ts installs the package.
      'npm install --global gitws\n': '',
      '127.0.0.1:8080/sample.git        ': `${host}/sample.git one `,
      'ssh://127.0.0.1:8080/sample.git': `ssh://${host}/sample.git two`,
    });
    const { PATH } = await nativeEnvironment();
    await shell(`cd ${home}\n${lines}`, {
      PATH,
      HOME: home,
      GIT_CONFIG_GLOBAL: join(home, 'config'),
    });
    for (const name of ['one', 'two']) {
      const tip = await git(['rev-parse', 'main'], { cwd: gitDir });
      expect(await git(['rev-parse', 'HEAD'], { cwd: join(home, name) })).toBe(tip);
    }
    const moved = await readFile(join(home, 'config'), 'utf8');
    expect(moved).toContain('insteadOf = https://git.example/');
    await server.end();
  });
});

/** Runs a module of Node as a file beside the project's packages. */
async function runModule(code: string): Promise<{ line: string; end: () => Promise<unknown> }> {
  const file = join(await temporaryDirectory(), 'example.mjs');
  await writeFile(file, code);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const end = (): Promise<unknown> => {
    child.kill('SIGKILL');
    return exited;
  };
  onTestFinished(async () => void (await end()));
  const [line] = (await Promise.race([once(child.stdout, 'data'), exited])) as [unknown];
  return { line: String(line).trim(), end };
}

const builtFrom = (path: string): string =>
  JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);

describe('in a program', () => {
  it('a server of one’s own asks one’s own functions', async () => {
    const example = fillIn(await blockThat("from 'gitws/server'"), {
      "'gitws/server'": builtFrom('server/index.js'),
      '/srv/git': repositories,
      'createServer(yourApp)': 'createServer((request, response) => response.end("yours"))',
      'await findUser(credentials.token)': '{ name: credentials.token }',
      'server.listen(8080);': `server.listen(0, '127.0.0.1', () => console.log(server.address().port));`,
    });
    const { line } = await runModule(example);
    const url = `http://127.0.0.1:${line}`;
    expect(await (await fetch(url)).text()).toBe('yours');
    await new RawClient(url, { target: '/site.git/git-upload-pack' }).advertisement();
    const headers = { Authorization: 'Bearer somebody' };
    const refused = new RawClient(url, { target: '/site.git/git-receive-pack', headers });
    expect((await refused.closed).code).toBe(4403);
  });

  it('a pipe carries git’s own words', async () => {
    const { url } = await startServer({ root: repositories });
    const example = fillIn(await blockThat('openChannel('), {
      "'gitws'": builtFrom('index.js'),
      'wss://git.example/site.git': `${url}/site.git`,
      'await channel.exit;': `
        const reader = channel.readable.getReader();
        const { value } = await reader.read();
        console.log(new TextDecoder().decode(value).slice(4, 13));
        const writer = channel.writable.getWriter();
        await writer.write(new TextEncoder().encode('0000'));
        await writer.close();
        while (!(await reader.read()).done);
        await channel.exit;`,
    });
    expect((await runModule(example)).line).toBe('version 2');
  });
});
