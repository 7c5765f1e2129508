/**
 * Every byte of a stream, once and in order, wherever its connections were cut: held against the
 * checksum of the same stream without faults. What clients make of it: matrix.test.ts.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openChannel } from '../../src/index.js';
import { startProxy, type Proxy, type Plan } from '../helpers/proxy.js';
import { cloneRequest, nullOid, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { eventually } from '../helpers/processes.js';
import { Ground, type Plot } from './ground.js';

// Each test is many transfers, on what may be a busy machine.
vi.setConfig({ testTimeout: 180_000 });

let ground: Ground;

beforeAll(async () => {
  ground = await Ground.start();
});

afterAll(() => ground.close());

/** What one run of a service came to. */
interface Run {
  /** Checksum of everything that git wrote. */
  readonly checksum: string;
  readonly bytes: number;
  readonly proxy: Proxy;
}

async function run(
  plot: Plot,
  service: 'git-upload-pack' | 'git-receive-pack',
  request: Uint8Array,
  plan: Plan,
): Promise<Run> {
  const proxy = await startProxy(ground.url, plan);
  onTestFinished(() => proxy.close());
  const channel = await openChannel(`${proxy.url}/${plot.name}`, { service });
  const writer = channel.writable.getWriter();
  const sent = writer.write(request).then(() => writer.close());
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of channel.readable) {
    hash.update(piece);
    bytes += piece.length;
  }
  await sent;
  expect(await channel.exit).toEqual({ code: 0, signal: null });
  await channel.closed;
  await ground.rest();
  return { checksum: hash.digest('hex'), bytes, proxy };
}

function reportOf(index: number) {
  return ground.reports.at(index);
}

/** Plans: each cuts the first connection at a place of its own, and some the next ones too. */
function plansFor(direction: 'up' | 'down', total: number): [string, Plan][] {
  const cut = (after: number) => ({ strike: { direction, after, how: 'reset' as const } });
  // Behind the handshake and the first ack, before the farewell.
  const places = Array.from({ length: 12 }, (_, index) =>
    Math.floor(1_500 + ((total - 3_000) * index) / 11),
  );
  return [
    ...places.map((after): [string, Plan] => [
      `after ${after} bytes`,
      (connection) => (connection === 0 ? cut(after) : {}),
    ]),
    ['every 200,000 bytes', (connection) => (connection < 6 ? cut(200_000) : {})],
    [
      'in small pieces, every 150,000 bytes',
      (connection) => ({
        pieces: { seed: connection + 1, most: 4_000 },
        ...(connection < 6 ? cut(150_000) : {}),
      }),
    ],
  ];
}

describe('the stream', () => {
  it('of a clone has the checksum that it has without faults', async () => {
    const plot = await ground.plot('clone');
    const head = await git(['rev-parse', 'main'], { cwd: plot.gitDir });
    const request = cloneRequest([head]);
    const whole = await run(plot, 'git-upload-pack', request, () => ({}));
    for (const [where, plan] of plansFor('down', whole.proxy.connections[0]?.down ?? 0)) {
      const { checksum, bytes, proxy } = await run(plot, 'git-upload-pack', request, plan);
      expect({ where, checksum, bytes }).toEqual({
        where,
        checksum: whole.checksum,
        bytes: whole.bytes,
      });
      await eventually(() => reportOf(-1)?.repository === plot.name);
      const struck = proxy.connections.filter((connection) => connection.struck).length;
      expect(struck, where).toBeGreaterThan(0);
      expect(reportOf(-1)).toMatchObject({ resumes: struck, bytesOut: whole.bytes });
    }
  });

  it('of a push reaches git as it was sent', async () => {
    const plot = await ground.plot('push');
    const newOid = await git(['rev-parse', 'main'], { cwd: plot.clone });
    const have = await git(['rev-parse', 'main'], { cwd: plot.gitDir });
    let number = 0;
    const requestOf = (ref: string) =>
      pushRequest(plot.clone, [{ ref, oldOid: nullOid, newOid }], [have]);
    const next = (): string => `refs/heads/pushed-${(number += 1) + 100}`;
    const first = await requestOf(next());
    const whole = await run(plot, 'git-receive-pack', first, () => ({}));
    for (const [where, plan] of plansFor('up', whole.proxy.connections[0]?.up ?? 0)) {
      const ref = next();
      // git checks the pack's own checksum; nothing may be before, behind or between.
      const request = await requestOf(ref);
      expect(request.length).toBe(first.length);
      const { proxy } = await run(plot, 'git-receive-pack', request, plan);
      const struck = proxy.connections.filter((connection) => connection.struck).length;
      expect(struck, where).toBeGreaterThan(0);
      expect(reportOf(-1)).toMatchObject({ resumes: struck, bytesIn: request.length });
      expect(await git(['rev-parse', ref], { cwd: plot.gitDir }), where).toBe(newOid);
    }
    await expectSoundRepository(plot.gitDir);
  });
});
