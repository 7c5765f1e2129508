import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SessionReport } from '../../server/index.js';
import { cloneRequest, packOf } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let head: string;
let server: TestServer;
const reports: SessionReport[] = [];

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'team/site.git')));
  server = await startServer({
    root,
    allowPush: true,
    onSession: (report) => reports.push(report),
  });
});

describe('a session', () => {
  it('opens, and brings the advertisement, without being asked', async () => {
    const client = new RawClient(server.url, { target: '/team/site.git/git-upload-pack' });
    const advertisement = await client.advertisement();
    expect(client.protocol).toBe('gitws.v1');
    expect(client.texts[0]).toMatchObject({
      type: 'open',
      window: 4 * 1024 * 1024,
      received: 0,
      resumeFor: 0,
    });
    expect(advertisement).toContain(`${head} HEAD`);
    client.socket.close(1000);
    await client.closed;
  });

  it('clones', async () => {
    const client = new RawClient(server.url, { target: '/team/site/git-upload-pack' }).keepUp();
    await client.advertisement();
    client.send(cloneRequest([head]));
    client.send({ type: 'end' });
    expect(await client.text('exit')).toEqual({ type: 'exit', code: 0 });
    expect((await client.closed).code).toBe(1000);
    expect(client.texts.map(({ type }) => type)).toContain('end');
    const clone = await temporaryDirectory();
    await git(['init', '-q', '--bare', clone]);
    await git(['index-pack', '--stdin', '--strict'], {
      cwd: clone,
      input: packOf(Buffer.concat(client.data)),
    });
    await git(['update-ref', 'refs/heads/main', head], { cwd: clone });
    await expectSoundRepository(clone);
  });
});
