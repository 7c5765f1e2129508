/** The page at `/` of `gitws serve`, the lines at its start, and a single repository. */
import { createHash } from 'node:crypto';
import { createServer, request } from 'node:http';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createFrontPage } from '../../bin/front-page/answer.js';
import { createToken } from '../../server/index.js';
import { keepList, listRepositories } from '../../server/git/repository-list.js';
import { git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { nativeEnvironment } from '../helpers/native.js';
import { eventually } from '../helpers/processes.js';
import { serveProcess, type ServeProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

const evil = `<img src=x onerror=alert(1)>"'&.git`;
const bounds = { maxListed: 1_000, maxListScan: 20_000 };
let root: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'team/site.git')));
  for (const name of ['alone.git', evil, 'private/one.git']) {
    await git(['init', '-q', '--bare', join(root, name)]);
  }
  await git(['init', '-q', join(root, 'tree')]);
});

/** A plain request. */
async function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const asked = request(url, { method, headers, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      });
      asked.on('error', reject).end();
    },
  );
}

/** The commands on a page. */
function commandsOf(body: string): string[] {
  return [...body.matchAll(/<code>(git clone [^<]*)<\/code>/g)].map(([, command = '']) => command);
}

/** Lines that a server prints at its start, when they are whole. */
async function greetingOf(server: ServeProcess): Promise<string[]> {
  await eventually(() => /(once\.|--root .*)\n$/.test(server.output.stdout));
  return server.output.stdout.trimEnd().split('\n');
}

describe('gitws serve', () => {
  it('lists what is there when it starts, and on its page, with commands that clone', async () => {
    const server = await serveProcess(root);
    const at = server.url.replace('http', 'ws');
    const commands = [
      `git clone ${at}/%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E%22%27%26.git`,
      `git clone ${at}/alone.git`,
      `git clone ${at}/private/one.git`,
      `git clone ${at}/team/site.git`,
      `git clone ${at}/tree`,
    ];
    expect(await greetingOf(server)).toEqual([
      `gitws listening on ${server.url}`,
      ...commands.map((command) => `  ${command}`),
      'git needs npm install --global gitws for these, once.',
    ]);
    const { status, headers, body } = await get(server.url);
    expect(status).toBe(200);
    expect(commandsOf(body)).toEqual(commands);
    const clone = join(await temporaryDirectory(), 'clone');
    const [, , site = ''] = /(git clone) (\S+site\.git)/.exec(body) ?? [];
    await git(['clone', '-q', site, clone], { env: await nativeEnvironment() });
    expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(head);
    // A name is text, nothing may run, and nothing tells where the root is.
    expect(body).not.toContain('<img');
    expect(body).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;.git');
    expect(body).not.toContain(root);
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(body) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect((await get(server.url, {}, 'HEAD')).body).toBe('');
    expect((await get(server.url, {}, 'POST')).status).toBe(405);
    // DNS rebinding: a page of somebody else's, for which this server is its own.
    expect((await get(server.url, { Host: 'evil.example' })).status).toBe(403);
    expect((await get(`${server.url}/elsewhere`)).status).toBe(404);
    await server.end();
  });

  it('lists only what the visitor may read, signed in or not', async () => {
    const directory = await temporaryDirectory();
    const [tokens, rules] = [join(directory, 'tokens.json'), join(directory, 'rules.json')];
    const { token } = await createToken(tokens, { name: 'ada' });
    const rulesOf = (anyone: string) => ({
      version: 1,
      rules: [
        { repositories: [anyone], who: ['anyone'], allow: ['read'] },
        { repositories: ['private/*'], who: ['user:ada'], allow: ['read'] },
        { repositories: ['tree'], who: ['signed-in'], allow: ['archive'] },
      ],
    });
    await writeFile(rules, JSON.stringify(rulesOf('team/*')));
    const access = ['--tokens', tokens, '--rules', rules, '--base-path', '/git'];
    const server = await serveProcess(root, ...access, '--public-url', 'https://git.example/');
    const names = async (path: string, authorization?: string) => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      const { status, headers: told, body } = await get(`${server.url}${path}`, headers);
      if (status === 401) expect(told['www-authenticate']).toMatch(/^Basic /);
      return [status, ...commandsOf(body).map((one) => one.replace(/.*example/, ''))];
    };
    const basic = (password: string) => `Basic ${btoa(`x:${password}`)}`;
    expect(await names('/')).toEqual([200, '/git/team/site.git']);
    expect(await names('/git/')).toEqual([200, '/git/team/site.git']);
    expect(await names('/?sign-in')).toEqual([401, '/git/team/site.git']);
    const all = [200, '/git/private/one.git', '/git/team/site.git'];
    expect(await names('/git', basic(token))).toEqual(all);
    expect(await names('/', `Bearer ${token}`)).toEqual(all);
    expect(await names('/', basic('wrong'))).toEqual([401, '/git/team/site.git']);
    expect((await get(server.url)).body).toContain('git clone wss://git.example/git/team/site.git');
    // One failure for a page, however many repositories; and in the end it is one too many.
    expect(server.output.stderr.split('\n').filter((line) => line.includes('failed'))).toHaveLength(
      1,
    );
    await writeFile(rules, JSON.stringify(rulesOf('nothing')));
    server.child.kill('SIGHUP');
    await eventually(async () => (await names('/'))[0] === 401);
    expect(await names('/')).toEqual([401]);
    await server.end();
  });

  it('says when there are more, or none, and nothing at all where it shall not', async () => {
    const more = await serveProcess(root, '--max-listed', '2');
    expect(await greetingOf(more)).toHaveLength(4);
    const { body } = await get(more.url);
    expect(commandsOf(body)).toHaveLength(2);
    expect(body).toContain('There may be more');
    await more.end();
    const empty = await temporaryDirectory();
    const none = await serveProcess(empty);
    expect(await greetingOf(none)).toEqual([
      `gitws listening on ${none.url}`,
      `There is no repository yet in ${empty}: gitws init NAME.git --root ${empty}`,
    ]);
    expect((await get(none.url)).body).toContain('no repository here that you may read');
    await none.end();
    const silent = await serveProcess(root, '--no-listing');
    expect((await get(silent.url)).status).toBe(404);
    await silent.end();
    expect(silent.output.stdout).toBe(`gitws listening on ${silent.url}\n`);
  });

  it.each(['bare', 'work tree', '.git'])('serves one repository alone: %s', async (form) => {
    const parent = await temporaryDirectory();
    const env = await nativeEnvironment();
    await makeRepository(join(parent, 'one.git'));
    await makeRepository(join(parent, 'other.git'));
    await git(['clone', '-q', join(parent, 'one.git'), join(parent, 'tree')]);
    // What would be found for `tree.git`, and is not what was named.
    await makeRepository(join(parent, 'tree.git'));
    const name = form === 'bare' ? 'one.git' : 'tree';
    const server = await serveProcess(
      join(parent, form === '.git' ? 'tree/.git' : name),
      ...['--max-listed', '5'],
    );
    const at = server.url.replace('http', 'ws');
    const listed = [`git clone ${at}/${name}`];
    expect(commandsOf((await get(server.url)).body)).toEqual(listed);
    const tip = await git(['rev-parse', 'main'], { cwd: join(parent, name) });
    const refs = await git(['ls-remote', `${at}/${name}`, 'refs/heads/main'], { env });
    expect(refs).toBe(`${tip}\trefs/heads/main`);
    for (const other of ['other.git', 'other', 'tree.git', 'x']) {
      await expect(git(['ls-remote', `${at}/${other}`], { env })).rejects.toThrow(/not found/);
    }
    await server.end();
  });
});

describe('the list of repositories', () => {
  it('has what is served, under its own name, and nothing in a repository or behind a loop', async () => {
    const parent = await temporaryDirectory();
    await git(['init', '-q', '--bare', join(parent, 'a.git')]);
    await git(['init', '-q', join(parent, 'b')]);
    await git(['init', '-q', join(parent, 'b/vendor')]);
    await mkdir(join(parent, 'a'));
    await mkdir(join(parent, '.hidden'));
    await git(['init', '-q', '--bare', join(parent, '.hidden/c.git')]);
    await git(['init', '-q', '--bare', join(parent, 'a/-d.git')]);
    await symlink('.', join(parent, 'a/loop'));
    await symlink('../a.git', join(parent, 'a/link.git'));
    await symlink(root, join(parent, 'outside'));
    await writeFile(join(parent, 'HEAD'), 'ref: refs/heads/main\n');
    expect(await listRepositories(parent, bounds)).toEqual({
      names: ['a.git', 'a/link.git', 'b'],
      more: false,
    });
  });

  it('stops at its bounds, and says so', async () => {
    const all = await listRepositories(root, bounds);
    expect(all.names).toHaveLength(5);
    const few = await listRepositories(root, { ...bounds, maxListed: 2 });
    expect([few.names.length, few.more]).toEqual([2, true]);
    const short = await listRepositories(root, { ...bounds, maxListScan: 1 });
    expect(short.more).toBe(true);
    expect(short.names.length).toBeLessThan(2);
    await expect(listRepositories(join(root, 'gone'), bounds)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('is made once, however many ask at once and after', async () => {
    let scans = 0;
    const make = (): Promise<{ names: string[]; more: boolean }> => {
      scans += 1;
      return Promise.resolve({ names: [], more: false });
    };
    const kept = keepList(make, 60_000);
    await Promise.all([kept(), kept(), kept()]);
    await kept();
    expect(scans).toBe(1);
    const fresh = keepList(make, 0);
    await fresh();
    await fresh();
    expect(scans).toBe(3);
  });

  it('is made again when it is asked for after it could not be made', async () => {
    const made = { names: ['one.git'], more: false };
    const outcomes = [Promise.reject(new Error('EMFILE')), Promise.resolve(made)];
    const kept = keepList(
      () => outcomes.shift() ?? Promise.reject(new Error('asked once more')),
      60_000,
    );
    await expect(kept()).rejects.toThrow('EMFILE');
    expect(await kept()).toBe(made);
    expect(await kept()).toBe(made);
  });
});

describe('the page', () => {
  it.each([
    ['authenticate', { authenticate: () => new Promise<null>(() => undefined) }],
    ['authorize', { authorize: () => new Promise<boolean>(() => undefined) }],
  ])('says in the end that it could not be made, where %s answers nothing', async (_, access) => {
    const errors: unknown[] = [];
    const page = createFrontPage({
      ...access,
      scheme: 'http',
      limits: { accessTime: 50 },
      list: () => Promise.resolve({ names: ['one.git'], more: false }),
      onError: (error) => errors.push(error),
    });
    const { url } = await listen(
      createServer((asked, response) => {
        page(asked, response);
      }),
    );
    expect(await get(url)).toMatchObject({
      status: 503,
      body: 'The server could not check the credentials.\n',
    });
    expect(String(errors)).toBe('Error: authenticate and authorize took over 50 ms');
  });
});
