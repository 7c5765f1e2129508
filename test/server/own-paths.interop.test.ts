/**
 * Clients of a server whose repositories are broken in every way that makes git say where: nothing
 * that a client receives, in any stream, may hold a path of the server.
 */
import { appendFile, chmod, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GitServerOptions } from '../../server/index.js';
import { openChannel } from '../../src/tunnel/client/channel.js';
import { nullOid, pktLine, pushRequest } from '../helpers/git-stream.js';
import { git, makeRepository } from '../helpers/git.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let base: string;
let root: string;
let head: string;
let server: TestServer;
let number = 0;

const protectedMain: GitServerOptions['protectedRefs'] = (_, name) => ({
  protections: name.startsWith('protected')
    ? [{ rule: 'refs[0]', refs: ['refs/heads/main'], allowed: [] }]
    : [],
});

beforeAll(async () => {
  base = await temporaryDirectory();
  root = join(base, 'repositories');
  await mkdir(join(base, 'hooks'));
  ({ head } = await makeRepository(join(root, 'source.git'), { commits: 3, files: 5 }));
  server = await startServer({
    root,
    allowPush: true,
    allowArchive: true,
    hooksParent: join(base, 'hooks'),
    protectedRefs: protectedMain,
    authorize: () => true,
    onError: () => undefined,
  });
});

afterAll(() => server.close());

/** A bare copy of the source, without anything borrowed. */
async function copy(prefix = 'copy'): Promise<{ name: string; gitDir: string }> {
  number += 1;
  const name = `${prefix}-${number}`;
  const gitDir = join(root, `${name}.git`);
  await cp(join(root, 'source.git'), gitDir, { recursive: true });
  return { name, gitDir };
}

type Service = 'git-upload-pack' | 'git-receive-pack' | 'git-upload-archive';

/** Everything that a client of gitws.v1 receives. */
async function session(name: string, service: Service, request: Uint8Array): Promise<string> {
  let received = '';
  const channel = await openChannel(`${server.url}/${name}`, {
    service,
    onStderr: (text: string) => {
      received += text;
    },
  });
  const read = new Response(channel.readable)
    .arrayBuffer()
    .catch((error: unknown) => String(error));
  const writer = channel.writable.getWriter();
  await writer.write(request).catch(() => undefined);
  await writer.close().catch(() => undefined);
  const stdout = await read;
  await channel.exit.catch((error: unknown) => (received += String(error)));
  return received + (typeof stdout === 'string' ? stdout : Buffer.from(stdout).toString('latin1'));
}

/** Everything that a client of a raw pipe receives, the reason of the close included. */
async function rawPipe(name: string, service: Service, request: Uint8Array): Promise<string> {
  const client = new RawClient(server.url, { target: `/${name}/${service}`, protocols: [] });
  client.socket.once('open', () => {
    client.socket.send(request);
  });
  const { reason } = await client.closed;
  return Buffer.concat(client.data).toString('latin1') + reason;
}

/** What of it is the server's own. */
function ownPathsIn(received: string): string[] {
  // Also without the folder that it lies in.
  const own = [basename(base), root, tmpdir(), homedir(), 'gitws-hooks-'];
  return own.filter((path) => received.includes(path));
}

async function push(ref: string, capabilities: string, newOid = head): Promise<Buffer> {
  const request = await pushRequest(join(root, 'source.git'), [{ ref, oldOid: nullOid, newOid }]);
  const end = request.indexOf('0000', request.indexOf(' report-status'));
  const command = pktLine(`${nullOid} ${newOid} ${ref}\0 ${capabilities}`);
  return Buffer.concat([command, request.subarray(end)]);
}

const fetchRequest = (capabilities: string): Buffer =>
  Buffer.concat([
    pktLine(`want ${head} ${capabilities}\n`),
    Buffer.from('0000'),
    pktLine('done\n'),
  ]);

async function hook(gitDir: string, name: string, script: string): Promise<void> {
  await mkdir(join(gitDir, 'hooks'), { recursive: true });
  await writeFile(join(gitDir, 'hooks', name), script);
  await chmod(join(gitDir, 'hooks', name), 0o755);
}

/** Each breaks a repository; what git then says, as far as a test can know it. */
type BrokenForPushes = [
  what: string,
  prefix: string,
  words: RegExp,
  spoil: (gitDir: string) => Promise<unknown>,
  ref?: string,
];
const pushes: BrokenForPushes[] = [
  [
    'a ref name too long',
    'copy',
    /File name too long/,
    () => Promise.resolve(),
    `refs/heads/${'x'.repeat(300)}`,
  ],
  [
    'a stale lock',
    'copy',
    /Unable to create/,
    (gitDir) => writeFile(join(gitDir, 'refs/heads/new.lock'), ''),
  ],
  [
    'a file where a folder of refs should be',
    'copy',
    /refs\/heads/,
    (gitDir) => writeFile(join(gitDir, 'refs/heads/new'), 'no oid'),
  ],
  [
    'a hook with a typo',
    'copy',
    /not found/,
    (gitDir) => hook(gitDir, 'pre-receive', '#!/bin/sh\ncat >/dev/null; no-such-command\nexit 1\n'),
  ],
  [
    'a hook that no shell can run',
    'copy',
    /./,
    (gitDir) => hook(gitDir, 'update', '#!/no/such/shell\n'),
  ],
  [
    'a hook that says where it is',
    'copy',
    /team|copy/,
    (gitDir) => hook(gitDir, 'post-receive', '#!/bin/sh\npwd; echo "$0"; env; exit 0\n'),
  ],
  [
    'a hook elsewhere that fails',
    'copy',
    /not found/,
    async (gitDir) => {
      await hook(join(base, 'elsewhere'), 'pre-receive', '#!/bin/sh\nno-such-command\nexit 1\n');
      await git(['config', 'core.hooksPath', join(base, 'elsewhere/hooks')], { cwd: gitDir });
    },
  ],
  [
    "the server's own hooks, whose git fails",
    'protected',
    /cannot be judged|you may not/,
    (gitDir) => symlink('new', join(gitDir, 'refs/heads/new')),
  ],
  [
    'a damaged pack',
    'copy',
    /./,
    async (gitDir) => {
      const folder = join(gitDir, 'objects/pack');
      for (const name of await readdir(folder)) {
        await chmod(join(folder, name), 0o644);
        if (name.endsWith('.pack')) await writeFile(join(folder, name), 'PACK, or not');
      }
    },
  ],
  [
    'alternates that are gone',
    'copy',
    /alternate/,
    (gitDir) =>
      writeFile(join(gitDir, 'objects/info/alternates'), `${join(base, 'gone/objects')}\n`),
  ],
  [
    'alternates written with quotation marks',
    'copy',
    /alternate/,
    (gitDir) =>
      writeFile(join(gitDir, 'objects/info/alternates'), `"${join(base, 'g\\303\\266ne')}"\n`),
  ],
  [
    'objects that cannot be written',
    'copy',
    /./,
    async (gitDir) => {
      await rm(join(gitDir, 'objects/info'), { recursive: true });
      await writeFile(join(gitDir, 'objects/incoming'), '');
      await writeFile(join(gitDir, 'packed-refs'), 'no packed refs\n');
    },
  ],
];

describe('no path of the server reaches whoever pushes to a repository with', () => {
  test.each(pushes)('%s', async (_, prefix, words, spoil, ref = 'refs/heads/new') => {
    const { name, gitDir } = await copy(prefix);
    await spoil(gitDir);
    let all = '';
    for (const capabilities of ['report-status side-band-64k', 'report-status']) {
      const request = await push(ref, capabilities);
      all += await session(name, 'git-receive-pack', request);
      all += await rawPipe(name, 'git-receive-pack', request);
    }
    expect(all).toMatch(words);
    expect(ownPathsIn(all)).toEqual([]);
  });
});

const fetches: readonly (readonly [what: string, spoil: (gitDir: string) => Promise<unknown>])[] = [
  [
    'a damaged pack',
    async (gitDir) => {
      const folder = join(gitDir, 'objects/pack');
      for (const name of await readdir(folder)) {
        await chmod(join(folder, name), 0o644);
        if (name.endsWith('.pack')) await writeFile(join(folder, name), 'PACK, or not');
      }
    },
  ],
  [
    'alternates that are gone',
    (gitDir) =>
      writeFile(join(gitDir, 'objects/info/alternates'), `${join(base, 'gone/objects')}\n`),
  ],
  ['a broken configuration', (gitDir) => appendFile(join(gitDir, 'config'), '[no\n')],
  [
    'a broken configuration elsewhere, which its own includes',
    async (gitDir) => {
      await writeFile(join(base, 'included'), '[no\n');
      await git(['config', 'include.path', join(base, 'included')], { cwd: gitDir });
    },
  ],
  ['a broken list of refs', (gitDir) => writeFile(join(gitDir, 'packed-refs'), 'no packed refs\n')],
  [
    'refs that lead nowhere',
    (gitDir) => writeFile(join(gitDir, 'refs/heads/x'), `${'1'.repeat(40)}\n`),
  ],
];

describe('no path of the server reaches whoever reads a repository with', () => {
  test.each(fetches)('%s', async (_, spoil) => {
    const { name, gitDir } = await copy();
    await spoil(gitDir);
    let all = '';
    for (const capabilities of ['side-band-64k ofs-delta', 'side-band', '']) {
      for (const way of [session, rawPipe]) {
        all += await way(name, 'git-upload-pack', fetchRequest(capabilities)).catch(String);
      }
    }
    const archive = Buffer.concat([pktLine('argument HEAD\n'), Buffer.from('0000')]);
    all += await session(name, 'git-upload-archive', archive).catch(String);
    expect(all).not.toBe('');
    expect(ownPathsIn(all)).toEqual([]);
  });
});
