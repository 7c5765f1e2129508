/** What docs/deployment.md says, held against the program: options, times, the example that runs. */
import * as fs from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as isomorphicGit from 'isomorphic-git';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../server/index.js';
import { createHttpClient } from '../src/index.js';
import { believing, believingWebSocket } from './helpers/believing.js';
import { makeAuthority } from './helpers/certificates.js';
import { fencedBlocks, fillIn } from './helpers/fenced.js';
import { expectSoundRepository, git, makeRepository } from './helpers/git.js';
import { printed, runScript } from './helpers/node-process.js';
import { RawClient } from './helpers/raw-client.js';
import { runCommand } from './helpers/serve-process.js';
import { temporaryDirectory } from './helpers/temp.js';

const document = new URL('../docs/deployment.md', import.meta.url);

describe('docs/deployment.md', () => {
  it('names only options that gitws serve has', async () => {
    const { exited, output } = runCommand(['serve', '--help']);
    expect(await exited).toBe(0);
    const text = await readFile(document, 'utf8');
    const commands = text.split('\n').filter((line) => line.includes('gitws serve '));
    const named = [...commands.join('\n').matchAll(/--[a-z-]+/g)].map(([option]) => option);
    expect(named).toContain('--public-url');
    for (const option of named) expect(output.stdout).toContain(`${option} `);
  });

  it('lets systemd wait longer than a server that ends takes', async () => {
    const [unit = ''] = await fencedBlocks(document, 'ini');
    const seconds = Number(/^TimeoutStopSec=(\d+)s$/m.exec(unit)?.[1]);
    const { drainTime, killDelayReceive, closeTime } = defaultLimits;
    expect(seconds * 1000).toBeGreaterThan(drainTime + killDelayReceive + closeTime);
    // With its default, every git would get the SIGTERM that is meant for the server.
    expect(unit).toMatch(/^KillMode=mixed$/m);
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m);
  });

  it('has an example of a server of one’s own that runs as it stands', async () => {
    const authority = await makeAuthority();
    const certificate = await authority.serverCertificate(['git.example']);
    const directory = await temporaryDirectory();
    const root = join(directory, 'srv');
    const { head, gitDir } = await makeRepository(join(root, 'ada/site.git'));
    const file = (name: string): string => join(directory, name);
    await writeFile(file('fullchain.pem'), certificate.cert);
    await writeFile(file('privkey.pem'), certificate.key);
    const built = new URL('../dist/server/index.js', import.meta.url).href;
    const [text = ''] = await fencedBlocks(document, 'js');
    await writeFile(
      file('server.mjs'),
      fillIn(text, {
        "'gitws/server'": JSON.stringify(built),
        '/srv/git': root,
        '/etc/ssl/git.example/fullchain.pem': file('fullchain.pem'),
        '/etc/ssl/git.example/privkey.pem': file('privkey.pem'),
        'server.listen(443);':
          "server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));",
      }),
    );
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const example = runScript(file('server.mjs'), [], { cwd });
    const port = await printed(example, /^port (\d+)$/m);
    const origin = `https://git.example:${port}`;
    const url = `${origin}/git/ada/site.git`;

    const dir = file('clone');
    const connection = believing(authority.cert);
    const anonymous = createHttpClient({ WebSocket: believingWebSocket(connection) });
    await isomorphicGit.clone({ fs, http: anonymous, dir, url });
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(head);
    const author = { name: 'Ada', email: 'ada@example.com' };
    const oid = await isomorphicGit.commit({ fs, dir, message: 'Write', author });
    await expect(isomorphicGit.push({ fs, http: anonymous, dir })).rejects.toMatchObject({
      data: { statusCode: 401 },
    });
    const signedIn = { ...connection, headers: { Cookie: 'session=ada' } };
    const http = createHttpClient({ WebSocket: believingWebSocket(signedIn) });
    await isomorphicGit.push({ fs, http, dir });
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(oid);
    await expectSoundRepository(gitDir);

    // A page of somebody else's would bring the cookie along.
    const foreign = new RawClient(origin, {
      target: '/git/ada/site.git/git-upload-pack',
      headers: { Cookie: 'session=ada', Origin: 'https://evil.example' },
      connection,
    });
    expect((await foreign.closed).code).toBe(4403);
    example.child.kill('SIGTERM');
    expect(await example.exited).toBe(0);
    expect(example.output.stdout).toContain("{ kind: 'exit', code: 0, signal: null }");
  });
});
