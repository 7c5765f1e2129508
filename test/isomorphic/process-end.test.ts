/** A program that asked for the refs and nothing else: it may end, and leaves nothing at the server. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import type { SessionReport } from '../../server/index.js';
import { makeRepository } from '../helpers/git.js';
import { countConnections } from '../helpers/listen.js';
import { eventually } from '../helpers/processes.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const run = promisify(execFile);
const library = new URL('../../dist/index.js', import.meta.url).href;
const isomorphicGit = import.meta.resolve('isomorphic-git');
let root: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  await makeRepository(join(root, 'site.git'));
});

it.each([
  ['has nothing more to do', '', { kind: 'exit', code: 0, signal: null }],
  ['calls process.exit', 'process.exit(0);', { kind: 'closed', closeCode: 1000 }],
])('a process that %s ends at once, and its session with it', async (_, last, outcome) => {
  const reports: SessionReport[] = [];
  const running = await startServer({
    root,
    onSession: (report) => reports.push(report),
  });
  // Were the connection waited for, the test would run out of time.
  const program = `
    import git from ${JSON.stringify(isomorphicGit)};
    import { createHttpClient } from ${JSON.stringify(library)};
    const http = createHttpClient({ advertisementTime: 600_000 });
    const info = await git.getRemoteInfo({ http, url: ${JSON.stringify(`${running.url}/site.git`)} });
    console.log(Object.keys(info.refs.heads).join());
    ${last}
  `;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program]);
  expect(`${stdout}${stderr}`).toMatch(/^[\w,]+\n$/);
  await eventually(() => reports.length === 1);
  expect(reports[0]?.outcome).toEqual(outcome);
  expect(running.server.detached).toBe(0);
  await running.close();
});

it('a process ends at once although a connection is kept, and none of it is left at the server', async () => {
  const reports: SessionReport[] = [];
  const running = await startServer({ root, onSession: (report) => reports.push(report) });
  const program = `
    import git from ${JSON.stringify(isomorphicGit)};
    import { createHttpClient } from ${JSON.stringify(library)};
    const http = createHttpClient({ keepAlive: 600_000 });
    const url = ${JSON.stringify(`${running.url}/site.git`)};
    await git.listServerRefs({ http, url });
    const refs = await git.listServerRefs({ http, url });
    console.log(refs.length > 0);
  `;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program]);
  expect(`${stdout}${stderr}`).toBe('true\n');
  await eventually(() => reports.length === 2);
  await eventually(async () => (await countConnections(running.httpServer)) === 0);
  expect(running.server.sessions).toBe(0);
  await running.close();
});
