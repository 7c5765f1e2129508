/** Processes that nobody wants any more, or that never were: nothing of them stays open in the server. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { spawnService } from '../../server/backend/local/spawn.js';
import { SlabPool } from '../../server/base/slabs.js';
import { openDescriptors } from '../helpers/descriptors.js';
import { gitEnvironment, makeRepository } from '../helpers/git.js';
import { eventually, noProcessIn } from '../helpers/processes.js';
import { serveProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let gitDir: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir } = await makeRepository(join(root, 'site.git')));
});

it.each(['upload', 'receive'])(
  'a client that leaves while git-%s-pack starts leaves no descriptor behind',
  async (service) => {
    const server = await serveProcess(root, '--allow-push', '--resume-time', '0');
    const { hostname, port } = new URL(server.url);
    const visit = async (delay: number): Promise<void> => {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.write(
        [
          `GET /site.git/git-${service}-pack HTTP/1.1`,
          `Host: ${hostname}:${port}`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          'Sec-WebSocket-Protocol: gitws.v1',
          '',
          '',
        ].join('\r\n'),
      );
      await wait(delay);
      socket.destroy();
    };
    await visit(0);
    await noProcessIn(root);
    await wait(100);
    const before = await openDescriptors(server.pid);
    // From before it is looked for until it has started.
    for (let delay = 0; delay < 40; delay += 1) await visit(delay);
    await noProcessIn(root);
    await eventually(async () => (await openDescriptors(server.pid)) <= before);
    await server.end();
  },
);

it('a git that cannot be started leaves no descriptor behind', async () => {
  const environment = { ...gitEnvironment, PATH: '/nonexistent' };
  const slabs = new SlabPool();
  const start = () => {
    return spawnService({ service: 'git-upload-pack', gitDir, config: [], environment, slabs });
  };
  await expect(start()).rejects.toMatchObject({ code: 'ENOENT' });
  await wait(50);
  const before = await openDescriptors(process.pid);
  for (let count = 0; count < 10; count += 1) {
    await expect(start()).rejects.toMatchObject({ code: 'ENOENT' });
  }
  await eventually(async () => (await openDescriptors(process.pid)) <= before);
});
