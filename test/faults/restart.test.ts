/**
 * The server dies in the middle, or is shut down, and another one takes its place: its sessions
 * are gone. Clients begin again where that is safe, and say clearly what they do not know where it
 * is not. Each trial is judged in trial.ts.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isGitWsError, type RefInDoubt } from '../../src/index.js';
import type { FaultProxy } from '../helpers/fault-proxy.js';
import { serveProcess, type ServeProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { Ground, type Operation } from './ground.js';
import { runTrial, type Outcome } from './trial.js';
import type { ClientName } from './clients.js';

let ground: Ground;

beforeAll(async () => {
  ground = await Ground.start();
  // What a killed server leaves of its own is removed with it.
  vi.stubEnv('TMPDIR', await temporaryDirectory());
});

afterAll(() => ground.close());

/** Runs an operation whose server goes when that many of its bytes have passed. */
async function withoutServer(
  client: ClientName,
  operation: Operation,
  signal: 'SIGKILL' | 'SIGTERM',
  bytes: number,
): Promise<Outcome> {
  const first: ServeProcess = await serveProcess(
    ground.root,
    ...['--allow-push', '--no-maintenance', '--drain-time', '5s'],
    // Little enough that most of it is not on its way yet.
    ...['--window', '128KiB', '--max-replay', '128KiB'],
  );
  let proxy: FaultProxy | undefined;
  let passed = 0;
  let gone = false;
  const outcome = await runTrial(ground, {
    ...{ client, operation },
    plan: () => ({}),
    begin(started) {
      proxy = started;
      proxy.target = first.url;
    },
    onBytes(direction, piece) {
      if (direction === (operation === 'push' ? 'up' : 'down')) passed += piece.length;
      if (gone || passed < bytes) return;
      gone = true;
      first.child.kill(signal);
      if (proxy === undefined) return;
      proxy.target = ground.url;
      // A busy machine may take a while to kill it: what it could still say must not get through,
      // while these bytes do.
      if (signal === 'SIGKILL') queueMicrotask(() => proxy?.strike('end'));
    },
  });
  expect(gone).toBe(true);
  await first.exited;
  await ground.rest();
  return outcome;
}

/** Bytes after which something of the answer was handed on, and before which nothing was. */
const [middle, beginning] = [500_000, 400];

const signals = ['SIGKILL', 'SIGTERM'] as const;

describe.each(signals)('isomorphic-git, whose server gets a %s', (signal) => {
  it.each(['clone', 'fetch'] as const)('begins a %s again by itself', async (operation) => {
    const { failure } = await withoutServer('isomorphic-git', operation, signal, beginning);
    expect(failure).toBeUndefined();
  });

  it('is told where a clone cannot begin again, because a part of it was handed on', async () => {
    const { failure } = await withoutServer('isomorphic-git', 'clone', signal, middle);
    expect(failure?.code).toBe(signal === 'SIGKILL' ? 'CONNECTION_LOST' : 'REFUSED');
  });

  it('is told what became of a push', async () => {
    const { failure } = await withoutServer('isomorphic-git', 'push', signal, middle);
    const { code, cause } = failure ?? { code: 'none', cause: undefined };
    // HttpError: isomorphic-git's for a refusal.
    expect(['CONNECTION_LOST', 'HttpError', 'PUSH_OUTCOME_UNKNOWN']).toContain(code);
    if (code !== 'PUSH_OUTCOME_UNKNOWN' || !isGitWsError(cause)) return;
    const [update] = cause.data['refs'] as readonly RefInDoubt[];
    // Half of a pack changes nothing.
    expect(update).toMatchObject({ ref: 'refs/heads/main', current: update?.old });
  });
});

describe.each(signals)('git-remote-ws, whose server gets a %s', (signal) => {
  const why = {
    SIGKILL: 'it could not be resumed: the server has it no more',
    SIGTERM: 'the server ended it: The server shuts down.',
  }[signal];

  it.each(['clone', 'push'] as const)('says so in the middle of a %s', async (operation) => {
    const { failure } = await withoutServer('git-remote-ws', operation, signal, middle);
    expect(failure?.message).toMatch(/fatal: the connection to '[^']+' was lost/);
    expect(failure?.message).toContain(why);
  });
});
