/**
 * Attacks by the path of a request: out of the directory of repositories, past a proxy's rules, and
 * into the arguments or the shell of git. More single cases: bad-input.test.ts, target.test.ts and
 * repository.test.ts.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { git, makeRepository } from '../../helpers/git.js';
import { processRunning, processesIn } from '../../helpers/processes.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answerOf, openSession, targetOf } from './attempts.js';

let base: string;
let root: string;
let server: TestServer;
/** Names of repositories that the embedder's functions were asked about. */
const asked: string[] = [];

beforeAll(async () => {
  base = await temporaryDirectory();
  root = join(base, 'repos');
  await makeRepository(join(root, 'site.git'), { commits: 3, files: 3 });
  // What the attacker wants lies beside root, and beside a directory in it.
  await git(['init', '-q', '--bare', join(base, 'secret.git')]);
  await git(['init', '-q', '--bare', join(root, 'secret.git')]);
  await git(['init', '-q', '--bare', join(root, 'a#b.git')]);
  await git(['init', '-q', join(root, 'hidden/plan')]);
  await mkdir(join(root, 'team'));
  server = await startServer({
    root,
    basePath: '/git',
    allowPush: true,
    authorize: ({ repository }) => {
      asked.push(repository);
      return !repository.startsWith('secret');
    },
  });
});

const dots = {
  'plain dots': '..',
  'encoded dots': '%2e%2e',
  'encoded dots in capitals': '%2E%2E',
  'one encoded dot': '.%2e',
  'dots encoded twice': '%252e%252e',
  'overlong dots of two bytes': '%c0%ae%c0%ae',
  'overlong dots of three bytes': '%e0%80%ae%e0%80%ae',
  'dots as %u': '%u002e%u002e',
  'fullwidth dots': '%ef%bc%8e%ef%bc%8e',
  'dots with a parameter': '..;x=y',
  'dots before a NUL': '..%00',
  'dots with a space': '..%20',
  'dots as raw bytes': '\u00c0\u00ae\u00c0\u00ae',
};
const slashes = {
  'a slash': '/',
  'two slashes': '//',
  'an encoded slash': '%2f',
  'an encoded slash in capitals': '%2F',
  'a slash encoded twice': '%252f',
  'a backslash': '\\',
  'an encoded backslash': '%5c',
  'an overlong slash': '%c0%af',
  'a slash as %u': '%u2215',
  'a fullwidth slash': '%ef%bc%8f',
};
const spellings = Object.entries(dots).flatMap(([dotsName, dot]) =>
  Object.entries(slashes).map(([slashName, slash]): [string, string, string] => [
    `${dotsName}, ${slashName}`,
    dot,
    slash,
  ]),
);

describe('climbing out of root, or past a rule for a repository beside it', () => {
  test.each(spellings)('by %s', async (_spelling, dot, slash) => {
    const ways = [
      `/git/${dot}${slash}secret.git/git-upload-pack`,
      `/git/team${slash}${dot}${slash}secret.git/git-upload-pack`,
      `/git/team${slash}${dot}${slash}${dot}${slash}secret.git/git-upload-pack`,
      `/git${slash}${dot}${slash}${dot}${base.replaceAll('/', slash)}${slash}secret.git/git-upload-pack`,
    ];
    asked.length = 0;
    for (const target of ways) {
      // HTTP: Node itself refuses raw bytes, or the path is not below the base path at all.
      expect(await answerOf(server, { target })).toMatch(/^(4400|4404|HTTP 40[04])/);
    }
    // What was not refused as malformed names something that is literally called so.
    for (const name of asked) expect(name.split(/[\\/]/)).not.toContain('..');
  });

  test('by a path that is right but for what it leaves behind itself', async () => {
    for (const target of [
      '/git/../git/secret.git/git-upload-pack',
      '/git/./site.git/git-upload-pack',
      '/git//site.git/git-upload-pack',
      '/git/site.git//git-upload-pack',
      '//git/site.git/git-upload-pack',
      'http://127.0.0.1/git/../secret.git/git-upload-pack',
      '*/git/site.git/git-upload-pack',
    ]) {
      expect(await answerOf(server, { target })).toMatch(/^(4400|HTTP 40[04])/);
    }
  });
});

describe('getting past a proxy that lets everybody read, and tells pushes by the end of the path', () => {
  test.each([
    '/git/site.git/git-receive%2dpack',
    '/git/site.git/git%2Dreceive-pack',
    '/git/site.git/GIT-RECEIVE-PACK',
    '/git/site.git/git-receive-pack/',
    '/git/site.git/git-receive-pack//',
    '/git/site.git/git-receive-pack/.',
    '/git/site.git/git-receive-pack;x',
    '/git/site.git/git-receive-pack%3fx',
    '/git/site.git/git-receive-pack%20',
    '/git/site.git/git-receive-pack%00/git-upload-pack',
    '/git/a#b.git/git-receive-pack',
    '/git/site.git%2fgit-receive-pack',
    '/git/site.git\\git-receive-pack',
  ])('%s', async (target) => {
    expect(await answerOf(server, { target })).toMatch(/^(4400|4404|HTTP 40[04])/);
  });

  test('a query says nothing about the service', async () => {
    const target = targetOf(
      'git/site.git',
      'upload',
      '?service=git-receive-pack&/git-receive-pack',
    );
    const client = await openSession(server, target);
    expect((await processesIn(root)).map(({ command }) => command.split(' ').at(-3))).toEqual([
      'upload-pack',
    ]);
    client.socket.close(1000);
  });
});

describe('giving a repository a name that the rules about it do not match', () => {
  test.each([
    'hidden/plan/.git',
    'hidden/plan/.git.git',
    'hidden/plan/.GIT.git',
    'hidden/plan/.git.git.git',
    'hidden/plan.git/.git',
    'hidden/plan.git/.git.git',
  ])('%s', async (name) => {
    // `except: hidden/*` speaks of what has two segments.
    const rules = await startServer({
      root,
      allowPush: true,
      authorize: ({ repository }) => !/^hidden\/[^/]+$/.test(repository),
    });
    for (const service of ['upload', 'receive'] as const) {
      expect(await answerOf(rules, { target: targetOf(name, service) })).toMatch(/^4404 /);
    }
  });
});

describe('the name of a repository that is written as an option or for a shell', () => {
  test.each([
    '--upload-pack=touch evil',
    '-c core.sshCommand=touch evil',
    '--exec=touch evil',
    '-',
  ])('is refused where it begins with a dash: %s', async (name) => {
    const target = targetOf(`git/${encodeURIComponent(name)}`, 'upload');
    expect(await answerOf(server, { target })).toMatch(/^4400 .*dash/);
  });

  test.each([
    '$(touch evil).git',
    '`touch evil`.git',
    '; touch evil;.git',
    '| touch evil #.git',
    "'; touch evil; '.git",
    '"$(touch evil)".git',
    'x\u2028touch evil.git',
    '%252e%252e.git',
    '~root.git',
    ':(glob)*.git',
  ])('is never seen by git, which is in its directory: %j', async (name) => {
    await git(['init', '-q', '--bare', join(root, name)]);
    const before = await readdir(base, { recursive: true });
    const target = targetOf(`git/${encodeURIComponent(name)}`, 'receive');
    const client = await openSession(server, target);
    const pid = await processRunning(join(root, name), 'receive-pack');
    const running = (await processesIn(join(root, name))).find((one) => one.pid === pid);
    expect(running?.argv.join(' ')).toMatch(/^git (-c [\w.]+=\w+ )+receive-pack \.$/);
    client.send(Buffer.from('0000'));
    client.send({ type: 'end' });
    expect(await client.text('exit')).toMatchObject({ code: 0 });
    expect(await readdir(base, { recursive: true })).toEqual(before);
  });
});
