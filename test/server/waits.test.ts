/** What fails or never answers around a session holds up neither others nor the server's end. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Quarantine } from '../../server/backend/local/quarantine.js';
import type { GitServerOptions, SessionReport } from '../../server/index.js';
import { nullOid, pushRequest } from '../helpers/git-stream.js';
import { makeRepository } from '../helpers/git.js';
import { eventually, noProcessIn, processRunning } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const [fetching, pushing] = ['/site.git/git-upload-pack', '/site.git/git-receive-pack'];
let root: string;
let gitDir: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git')));
});

/** Nobody ever answers. */
const never = (): Promise<never> => new Promise(() => undefined);

describe('protectedRefs that never answers', () => {
  const options = (limits: GitServerOptions['limits']): GitServerOptions => ({
    ...{ root, allowPush: true, limits, protectedRefs: never },
    onError: () => undefined,
  });

  it('gets the push refused after startTime, and its place to others', async () => {
    const running = await startServer(options({ startTime: 3_000, maxChildren: 1 }));
    const { code, reason } = await new RawClient(running.url, { target: pushing }).closed;
    expect(`${code} ${reason}`).toBe('4503 The server could not start git.');
    await new RawClient(running.url, { target: fetching }).advertisement();
    await running.close();
  });

  it('does not hold up the end of the server', async () => {
    const running = await startServer(options({ startTime: 600_000 }));
    const waiting = new RawClient(running.url, { target: pushing });
    await eventually(() => running.server.sessions === 0 && waiting.socket.readyState === 0);
    await new RawClient(running.url, { target: fetching }).advertisement();
    await running.server.close({ drainTime: 0 });
    const { code, reason } = await waiting.closed;
    expect(`${code} ${reason}`).toBe('4503 The server is shutting down.');
    await running.close();
  });
});

it('a quarantine that cannot be removed is reported, and the session is over all the same', async () => {
  const remove = vi.spyOn(Quarantine.prototype, 'remove');
  remove.mockRejectedValue(new Error('the disk is broken'));
  const errors: unknown[] = [];
  const reports: SessionReport[] = [];
  const running = await startServer({
    ...{ root, allowPush: true, onError: (error) => errors.push(error) },
    onSession: (report) => reports.push(report),
  });
  const hook = join(gitDir, 'hooks/pre-receive');
  await writeFile(hook, '#!/bin/sh\nsleep 608\n', { mode: 0o755 });
  const client = new RawClient(running.url, { target: pushing }).keepUp();
  await client.advertisement();
  const update = { ref: 'refs/heads/killed', oldOid: nullOid, newOid: head };
  client.send(await pushRequest(gitDir, [update], [head]));
  await processRunning(root, 'sleep 608');
  process.kill(await processRunning(root, 'receive-pack'), 'SIGKILL');
  await eventually(() => reports.length > 0);
  expect(errors.map(String)).toEqual(['Error: the disk is broken']);
  remove.mockRestore();
  await writeFile(hook, '#!/bin/sh\n');
  await noProcessIn(root);
  await running.close();
});

describe('what an embedder’s functions throw or reject with', () => {
  it.each([
    [
      'throw',
      () => {
        throw new Error('no log');
      },
    ],
    ['reject', () => Promise.reject(new Error('no log'))],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- any value may come
    ['reject with nothing', () => Promise.reject(undefined)],
  ])('is reported and ends nothing where they %s', async (_, listener) => {
    const errors: unknown[] = [];
    const quiet = listener as unknown as () => undefined;
    const running = await startServer({
      root,
      // What an async function is, where one is taken that returns nothing.
      onSession: quiet,
      onRefusal: quiet,
      onError: (error) => {
        errors.push(error);
        return (quiet as () => unknown)() as undefined;
      },
    });
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const client = new RawClient(running.url, { target: fetching });
    await client.advertisement();
    client.socket.close(1000);
    await eventually(() => errors.length === 1);
    expect(
      (await new RawClient(running.url, { target: '/none/git-upload-pack' }).closed).code,
    ).toBe(4404);
    await eventually(() => errors.length === 2 && warned.mock.calls.length === 2);
    warned.mockRestore();
    await running.close();
  });
});
