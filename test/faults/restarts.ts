/**
 * The server dies in the middle, or is shut down, and another one takes its place: its sessions
 * are gone. Clients begin again where that is safe, and say clearly what they do not know where it
 * is not. Each trial is judged in trial.ts.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { GitWsError, RefInDoubt } from '../../src/index.js';
import type { Proxy } from '../helpers/proxy.js';
import { git } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { eventually } from '../helpers/processes.js';
import { serveProcess, type ServeProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { Ground, type Operation } from './ground.js';
import { runTrial, type Outcome } from './trial.js';
import type { ClientName } from './clients.js';

let ground: Ground;

type Signal = 'SIGKILL' | 'SIGTERM';

/** Starts the server that will go: its window is small, so that not all is on its way at once. */
function firstServer(): Promise<ServeProcess> {
  return serveProcess(
    ground.root,
    ...['--allow-push', '--no-maintenance', '--drain-time', '5s'],
    ...['--window', '128KiB', '--max-replay', '128KiB'],
  );
}

/** Runs an operation whose server goes when that many of its bytes have passed. */
async function withoutServer(
  client: ClientName,
  operation: Operation,
  signal: Signal,
  bytes: number,
): Promise<Outcome> {
  const first = await firstServer();
  let proxy: Proxy | undefined;
  let passed = 0;
  let gone = false;
  const outcome = await runTrial(ground, {
    ...{ client, operation },
    plan: () => ({}),
    begin(started) {
      proxy = started;
      proxy.target = first.url;
    },
    onDelivery({ direction, bytes: piece }) {
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

/** Where a push was based on, and how it went. */
interface PushInDoubt {
  readonly outcome: Outcome;
  readonly old: string;
}

/** Pushes to a server that goes while a hook looks at what was pushed: all of it has arrived. */
async function pushInDoubt(client: ClientName, signal: Signal): Promise<PushInDoubt> {
  const first = await firstServer();
  let old = '';
  let gone: Promise<void> | undefined;
  const outcome = await runTrial(ground, {
    ...{ client, operation: 'push' },
    plan: () => ({}),
    async begin(proxy, { gitDir, name }) {
      old = await git(['rev-parse', 'main'], { cwd: gitDir });
      proxy.target = first.url;
      await writeHook(
        gitDir,
        'pre-receive',
        'touch at-work; until test -e go; do sleep 0.02; done',
      );
      gone = eventually(() => existsSync(join(gitDir, 'at-work'))).then(async () => {
        proxy.target = ground.url;
        first.child.kill(signal);
        // Only when the refs were asked for, they may change.
        await eventually(() => ground.reports.some(({ repository }) => repository === name));
        await writeFile(join(gitDir, 'go'), '');
      });
    },
  });
  await gone;
  await first.exited;
  await ground.rest();
  return { outcome, old };
}

/** Has a push of a whole pack end in doubt, of which the library says each ref: what it is, and was to be. */
async function expectTold(client: ClientName, signal: Signal): Promise<void> {
  const { outcome, old } = await pushInDoubt(client, signal);
  expect(outcome.failure?.code).toBe('PUSH_OUTCOME_UNKNOWN');
  const { data } = outcome.failure?.cause as GitWsError;
  const [update] = data['refs'] as readonly RefInDoubt[];
  expect(update).toMatchObject({ ref: 'refs/heads/main', old, current: old });
  expect(update?.wanted).not.toBe(old);
}

/** Bytes after which something of the answer was handed on, and before which nothing was. */
const [middle, beginning] = [500_000, 400];

/** Defines the tests for a server that gets this signal. */
export function testRestarts(signal: Signal): void {
  // Here and not beside it: files that share a worker share this module, which registers its hooks once.
  beforeAll(async () => {
    ground = await Ground.start();
    // What a killed server leaves of its own is removed with it.
    vi.stubEnv('TMPDIR', await temporaryDirectory());
  });

  afterAll(() => ground.close());

  describe(`isomorphic-git, whose server gets a ${signal}`, () => {
    it.each(['clone', 'fetch'] as const)('begins a %s again by itself', async (operation) => {
      const { failure } = await withoutServer('isomorphic-git', operation, signal, beginning);
      expect(failure).toBeUndefined();
    });

    it.each(['clone', 'fetch'] as const)(
      'is told where a %s cannot begin again, because a part of it was handed on',
      async (operation) => {
        const { failure } = await withoutServer('isomorphic-git', operation, signal, middle);
        expect(failure?.code).toBe(signal === 'SIGKILL' ? 'CONNECTION_LOST' : 'REFUSED');
      },
    );

    it('is told that half a push, of which nothing was changed, failed', async () => {
      const { failure } = await withoutServer('isomorphic-git', 'push', signal, middle);
      // HttpError: isomorphic-git's for a refusal.
      expect(failure?.code).toBe(signal === 'SIGKILL' ? 'CONNECTION_LOST' : 'HttpError');
    });

    it('is told what became of a push that had arrived whole', async () => {
      await expectTold('isomorphic-git', signal);
    });
  });

  describe(`gitws/git, whose server gets a ${signal}`, () => {
    it.each([
      ['clone', beginning],
      ['clone', middle],
      ['fetch', beginning],
      ['fetch', middle],
    ] as const)('begins a %s again by itself after %d bytes', async (operation, bytes) => {
      const { failure } = await withoutServer('gitws/git', operation, signal, bytes);
      expect(failure).toBeUndefined();
    });

    it('is told that half a push, of which nothing was changed, failed', async () => {
      const { failure } = await withoutServer('gitws/git', 'push', signal, middle);
      expect(failure?.code).toBe(signal === 'SIGKILL' ? 'CONNECTION_LOST' : 'REFUSED');
    });

    it('is told what became of a push that had arrived whole', async () => {
      await expectTold('gitws/git', signal);
    });
  });

  describe(`git-remote-ws, whose server gets a ${signal}`, () => {
    const why = {
      SIGKILL: 'it could not be resumed: the server has it no more',
      SIGTERM: 'the server ended it: The server shuts down.',
    }[signal];

    it.each(['clone', 'fetch', 'push'] as const)(
      'says so in the middle of a %s',
      async (operation) => {
        const { failure } = await withoutServer('git-remote-ws', operation, signal, middle);
        expect(failure?.message).toMatch(/fatal: the connection to '[^']+' was lost/);
        expect(failure?.message).toContain(why);
      },
    );

    it('says what became of a push that had arrived whole', async () => {
      const { outcome, old } = await pushInDoubt('git-remote-ws', signal);
      const { message = '' } = outcome.failure ?? {};
      expect(message).toContain(`was lost before the outcome of the push was known: ${why}`);
      expect(message).toContain(
        `hint: refs/heads/main is at ${old.slice(0, 12)}: the push has not changed it so far`,
      );
    });
  });
}
