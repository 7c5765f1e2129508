/** A server that does not end: it is left at a limit that has a name, and memory stays bounded until then. */
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePktLine, flushPkt } from '../../src/wire/pkt-line.js';
import { answerLimits } from '../../src/wire/answer-limits.js';
import { advertisementLimits } from '../../src/wire/v0/advertisement.js';
import { advertisement, band, oidOf } from '../isomorphic/smart-bytes.js';
import type { FakeSession } from '../helpers/fake-server.js';
import { advertises, blob, commit, packOf, tree } from './hostile-objects.js';
import { commandNames, Scene, type CommandName } from './hostile.js';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.make();
});

const oid = oidOf('1');
const fetching: readonly CommandName[] = ['clone', 'fetch', 'pull'];

/** The same bytes, for ever, in pieces of about 64 KiB. */
function* endless(line: Uint8Array): Generator<Uint8Array, void, undefined> {
  const piece = Buffer.concat(Array.from({ length: Math.ceil(65_536 / line.length) }, () => line));
  for (;;) yield piece;
}

function* endlessText(text: string): Generator<string, void, undefined> {
  for (;;) yield text;
}

/** Most memory in use while something is done, beyond what was before, in bytes. */
async function mostMemory(run: () => Promise<unknown>): Promise<number> {
  const used = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, used() - before);
  }, 5);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  return most;
}

describe('an advertisement without an end', () => {
  it.each<[string, Uint8Array]>([
    ['a million refs, and more', encodePktLine(`${oid} .have\n`)],
    ['shallow lines', encodePktLine(`shallow ${oid}\n`)],
    ['names of 60 KiB', encodePktLine(`${oid} refs/heads/${'x/'.repeat(30_000)}x\n`)],
  ])('of %s is refused by every command', async (_, line) => {
    scene.script = { advertisement: new Uint8Array(0), answer: undefined };
    for (const command of commandNames) {
      const streams = (session: FakeSession) => session.stream(endless(line));
      scene.script = { ...scene.script, before: streams };
      await scene.expectRefused(command, ['MALFORMED_ADVERTISEMENT']);
    }
  });

  it('of a million different refs takes little more memory than its limit', async () => {
    const names = function* () {
      yield advertisement({ HEAD: oid }).subarray(0, -4);
      for (let at = 0; at < 1_000; at += 1) {
        const lines = Array.from({ length: 1_000 }, (_, n) =>
          encodePktLine(`${oid} refs/heads/${at * 1_000 + n}\n`),
        );
        yield Buffer.concat(lines);
      }
      yield flushPkt;
    };
    scene.script = {
      advertisement: new Uint8Array(0),
      before: (session) => session.stream(names()),
    };
    const most = await mostMemory(() => scene.expectRefused('clone', ['MALFORMED_ADVERTISEMENT']));
    expect(most).toBeLessThan(8 * advertisementLimits.maxBytes);
  });

  it('of capabilities of 60 KiB is nothing special', async () => {
    const words = Array.from({ length: 6_000 }, (_, at) => `x-${at}`.padEnd(9, 'y')).join(' ');
    scene.script = { advertisement: advertisement({ HEAD: oid }, `side-band-64k ${words}`) };
    await scene.expectRefused('clone', ['MALFORMED_PKT_LINE']);
  });
});

describe('an answer without an end', () => {
  const begin = encodePktLine('NAK\n');
  it.each<[string, Uint8Array, Uint8Array, keyof typeof answerLimits]>([
    ['lines for a person', begin, band(2, 'remote: still at it\n'.repeat(500)), 'wordBytes'],
    ['one line for a person', begin, band(2, 'x'.repeat(10_000)), 'wordBytes'],
    [
      'states of a counter',
      begin,
      band(2, 'Counting objects: 1% (1/100)\r'.repeat(300)),
      'wordBytes',
    ],
    ['NAKs', begin, begin, 'lines'],
  ])('of %s is refused, in bounded memory', async (_, first, line, limit) => {
    const answer = async (session: FakeSession) => {
      await session.stream([first]);
      await session.stream(endless(line));
    };
    scene.script = { advertisement: advertises(oid), answer };
    for (const command of fetching) {
      const most = await mostMemory(async () => {
        const { data } = await scene.expectRefused(command, ['ANSWER_LIMIT']);
        expect(data).toEqual({ limit, value: answerLimits[limit] });
      });
      // All of it would be more than sixteen times as much before it is garbage.
      expect(most).toBeLessThan(128 * 1024 * 1024);
    }
  });

  it('of commits at which history is cut off is refused', async () => {
    const answer = (session: FakeSession) =>
      session.stream(endless(encodePktLine(`shallow ${oid}\n`)));
    scene.script = { advertisement: advertises(oid), answer };
    for (const command of fetching) {
      const { data } = await scene.expectRefused(command, ['ANSWER_LIMIT'], { depth: 1 });
      expect(data).toMatchObject({ limit: 'lines' });
    }
  });

  it('of commits in common, of which one was offered, is refused', async () => {
    const line = encodePktLine(`ACK ${scene.oids[1]} common\n`);
    scene.script = {
      advertisement: advertises(oid),
      answer: (session) => session.stream(endless(line)),
    };
    const { data } = await scene.expectRefused('fetch', ['ANSWER_LIMIT']);
    expect(data).toMatchObject({ limit: 'lines' });
  });

  it('of words around a pack is refused, which is not kept', async () => {
    const root = tree();
    const main = commit(root.oid);
    const pack = packOf([main, root, blob('x')]);
    const answer = async (session: FakeSession) => {
      await session.stream([begin, band(1, pack)]);
      await session.stream(endless(band(2, 'remote: nearly there\n'.repeat(500))));
    };
    scene.script = { advertisement: advertises(main.oid), answer };
    await scene.expectRefused('clone', ['ANSWER_LIMIT']);
  });

  it('of words of hooks leaves a push in doubt, and says why', async () => {
    const capabilities = 'report-status side-band-64k';
    scene.script = {
      advertisement: advertisement({ 'refs/heads/main': scene.oids[1] }, capabilities),
      answer: (session) => session.stream(endless(band(2, 'remote: building\n'.repeat(500)))),
    };
    const { cause } = await scene.expectRefused('push', ['PUSH_OUTCOME_UNKNOWN']);
    expect(cause).toMatchObject({ code: 'ANSWER_LIMIT', data: { limit: 'wordBytes' } });
  });

  it('of words on stderr is refused', async () => {
    const answer = async (session: FakeSession) => {
      await session.stream(endlessText('nothing to say. '.repeat(60)));
    };
    scene.script = { advertisement: advertises(oid), answer };
    for (const command of fetching) await scene.expectRefused(command, ['ANSWER_LIMIT']);
  });
});
