/**
 * Attacks through what git reads beside its arguments: the configuration of a repository that
 * somebody else filled (a copied directory, an unpacked archive), and what a client can put into a
 * request. In safe-git.test.ts: uploadpack.packObjectsHook, with the proof that it would be run, and
 * the server's own environment.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cloneRequest, pktLine } from '../../helpers/git-stream.js';
import { git, makeRepository } from '../../helpers/git.js';
import { processRunning } from '../../helpers/processes.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answered, openSession, runSession, said, targetOf } from './attempts.js';

/** Settings whose value is a command that some git, at some time, runs. */
const commands = [
  ...['alias.upload-pack', 'alias.pack-objects', 'alias.rev-parse', 'alias.rev-list'],
  ...['core.alternateRefsCommand', 'core.askPass', 'core.editor', 'core.fsmonitor'],
  ...['core.gitProxy', 'core.pager', 'core.sshCommand', 'credential.helper', 'diff.external'],
  ...['gc.recentObjectsHook', 'gpg.program', 'gpg.ssh.program', 'pager.rev-parse'],
  ...['pager.upload-pack', 'remote.origin.receivepack', 'remote.origin.uploadpack'],
  ...['sequence.editor', 'trailer.x.command', 'uploadpack.packObjectsHook'],
];

let base: string;
let root: string;
let markers: string;
let script: string;
let head: string;
let server: TestServer;

beforeAll(async () => {
  base = await temporaryDirectory();
  [root, markers, script] = [join(base, 'repos'), join(base, 'markers'), join(base, 'evil')];
  const made = await makeRepository(join(base, 'made.git'), { commits: 5, files: 5 });
  head = made.head;
  await git(['clone', '-q', made.gitDir, join(root, 'work')]);
  await writeFile(script, `#!/bin/sh\ntouch "${markers}/$1"\n`, { mode: 0o755 });
  server = await startServer({ root, allowArchive: true });
});

beforeEach(async () => {
  await rm(markers, { recursive: true, force: true });
  await mkdir(markers);
});

/** What `git archive --remote` sends. @returns what came back. */
async function archive(repository: string, ...args: string[]): Promise<string> {
  const client = new RawClient(server.url, {
    target: `/${repository}/git-upload-archive`,
  }).keepUp();
  await client.text('open');
  client.ack();
  client.send(Buffer.concat([...args.map((arg) => pktLine(`argument ${arg}\n`)), flush]));
  await client.text('exit');
  return answered(client);
}

const flush = Buffer.from('0000');

describe('the configuration of a repository that somebody else filled', () => {
  const requests: [string, string, () => Buffer][] = [
    ['a clone', '', () => cloneRequest([head])],
    [
      'a shallow one',
      '',
      () =>
        Buffer.concat([pktLine(`want ${head}\n`), pktLine('deepen 1\n'), flush, pktLine('done\n')]),
    ],
    [
      'one without blobs, by protocol version 2',
      '?git-protocol=version%3D2',
      () =>
        Buffer.concat([
          ...[pktLine('command=fetch\n'), Buffer.from('0001'), pktLine(`want ${head}\n`)],
          ...[pktLine('filter blob:none\n'), pktLine('done\n'), flush],
        ]),
    ],
  ];

  test.each(requests)('has none of its commands run by %s', async (_what, query, request) => {
    const cwd = join(root, 'work');
    for (const key of commands) await git(['config', key, `${script} ${key};`], { cwd });
    await writeFile(join(base, 'more'), `[core]\n\tsshCommand = ${script} include.path;\n`);
    await git(['config', 'include.path', join(base, 'more')], { cwd });
    const client = await runSession(server, targetOf('work', 'upload', query), request());
    expect(await client.text('exit')).toMatchObject({ code: 0 });
    expect(answered(client)).toContain('PACK');
    expect(await readdir(markers)).toEqual([]);
    // They are no empty words: whoever looks at the work tree runs one.
    await git(['status'], { cwd });
    expect(await readdir(markers)).toEqual(['core.fsmonitor']);
  });

  test('cannot have a reader make it fetch what it lacks, by a command of its own', async () => {
    const part = join(root, 'part');
    await git(['config', 'uploadpack.allowFilter', 'true'], { cwd: join(base, 'made.git') });
    const filter = ['--no-checkout', '--filter=blob:none'];
    await git(['clone', '-q', ...filter, `file://${base}/made.git`, part]);
    await git(['config', 'remote.origin.uploadpack', `${script} lazy;`], { cwd: part });
    await git(['config', 'remote.origin.url', join(base, 'made.git')], { cwd: part });
    expect(await archive('part', 'HEAD')).toContain('archiver died');
    const client = await runSession(server, targetOf('part', 'upload'), cloneRequest([head]));
    expect(said(client)).toContain('could not fetch');
    expect(await readdir(markers)).toEqual([]);
    await expect(git(['cat-file', '-p', 'HEAD:empty'], { cwd: part })).rejects.toThrow();
    expect(await readdir(markers)).toEqual(['lazy']);
  });
});

describe('what a client says', () => {
  test('puts nothing into the environment of git but one of three protocol versions', async () => {
    const query = 'git-protocol=version%3D2%0aGIT_DIR%3D/elsewhere&GIT_TRACE=/tmp/trace';
    const headers = {
      'Git-Protocol': 'version=2:evil',
      GIT_CONFIG_COUNT: '1',
      'X-GIT_DIR': '/elsewhere',
      Proxy: 'http://evil.example', // as HTTP_PROXY in CGI ("httpoxy")
    };
    const target = targetOf('work', 'upload', `?${query}`);
    const client = await openSession(server, target, { headers });
    const pid = await processRunning(root, 'upload-pack');
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    client.socket.close(1000);
    const names = environment.split('\0').map((entry) => entry.replace(/=.*/s, ''));
    const own = ['PATH', 'TMPDIR', 'TZ'].filter((name) => process.env[name] !== undefined);
    const fixed = ['GIT_CONFIG_NOSYSTEM', 'GIT_NO_LAZY_FETCH', 'GIT_TERMINAL_PROMPT', 'HOME'];
    expect(names.filter((name) => name !== '').sort()).toEqual([...own, ...fixed, 'LC_ALL'].sort());
  });

  test.each([
    ['--output=FILE', 'Unexpected option --output'],
    ['-oFILE', 'Unexpected option --output'],
    ['--remote=/', 'Unexpected option --remote'],
    ['--exec=touch FILE', "'--exec' requires '--remote'"],
    ['--add-file=/etc/passwd', 'cannot be used together'],
    ['--upload-pack=touch FILE', 'archiver died'],
  ])('as an option of an archive is refused: %s', async (option, why) => {
    const file = join(markers, 'written');
    expect(await archive('work', option.replace('FILE', file), 'HEAD')).toContain(why);
    expect(await readdir(markers)).toEqual([]);
  });
});
