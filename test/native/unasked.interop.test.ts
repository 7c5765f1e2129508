/** Programs that asked for the refs and nothing else, and have ended: native git from there is heard. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { defaultLimits } from '../../server/limits/limits.js';
import { git, makeRepository } from '../helpers/git.js';
import { countConnections } from '../helpers/listen.js';
import { nativeEnvironment } from '../helpers/native.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const library = new URL('../../dist/index.js', import.meta.url).href;
const isomorphicGit = import.meta.resolve('isomorphic-git');
/** One more than an address may leave behind of sessions that were asked something. */
const asked = defaultLimits.maxDetachedPerAddress + 1;
let root: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git')));
});

it.each([
  ['that was killed', "process.kill(process.pid, 'SIGKILL');"],
  ['that called process.exit', 'process.exit(0);'],
])(
  'native git clones at once after many sessions of which nothing was asked: a program %s',
  async (_, last) => {
    const running = await startServer({ root });
    const url = `${running.url}/site.git`;
    // Each waits for the second request of its own until the end.
    const program = `
    import git from ${JSON.stringify(isomorphicGit)};
    import { createHttpClient } from ${JSON.stringify(library)};
    for (let count = 0; count < ${asked}; count += 1) {
      const http = createHttpClient({ advertisementTime: 600_000, keepAlive: 0 });
      await git.getRemoteInfo({ http, url: ${JSON.stringify(url)} });
    }
    process.stdout.write('all', () => { ${last} });
  `;
    const ended = await promisify(execFile)(process.execPath, [
      ...['--input-type=module', '-e', program],
    ]).catch((error: { stdout: string }) => error);
    expect(ended.stdout).toBe('all');
    const connections = (): Promise<number> => countConnections(running.httpServer);
    await expect.poll(connections, { timeout: 10_000 }).toBe(0);
    const clone = join(await temporaryDirectory(), 'clone');
    const remote = url.replace(/^http/, 'ws');
    await git(['clone', '--quiet', remote, clone], { env: await nativeEnvironment() });
    expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(head);
    expect(running.server.detached).toBeLessThanOrEqual(defaultLimits.maxUnaskedPerAddress);
    await running.close();
  },
);
