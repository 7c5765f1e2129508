/** A stateful conversation over requests: what a client hears of answers that end too early. */
import { describe, expect, it } from 'vitest';
import { LineInput } from '../../src/wire/stateless/line-input.js';
import { runService } from '../../src/wire/stateless/run-service.js';

const pkt = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text;
const oid = '1'.repeat(40);
const refs = `${pkt(`${oid} refs/heads/main\0multi_ack_detailed\n`)}0000`;
const version2 = `${pkt('version 2\n')}${pkt('fetch\n')}0000`;

async function* pieces(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  // One byte each: nothing may depend on where they are cut.
  for (const letter of text) yield new TextEncoder().encode(letter);
}

/** A client that says something, and then waits for ever. */
async function* waiting(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces(text);
  await new Promise(() => undefined);
}

/** @returns what the client hears, and how that ends. */
async function converse(first: string, said: string, answers: readonly string[]): Promise<object> {
  let heard = '';
  const left = [...answers];
  const service = { isPush: false, advertisement: pieces(first), mostKept: 1_000_000 };
  const ended = runService(service, {
    input: new LineInput(waiting(said)),
    write: async (bytes) => {
      heard += new TextDecoder().decode(bytes);
      return Promise.resolve();
    },
    post: () => Promise.resolve(pieces(left.shift() ?? '')),
  });
  const late = new Promise((resolve) => setTimeout(resolve, 200, { code: 'it waits' }));
  const failure = await Promise.race([ended.catch((error: unknown) => error), late]);
  return { heard: heard.slice(first.length), code: (failure as { code: string }).code };
}

const wants = `${pkt(`want ${oid} multi_ack_detailed\n`)}`;
const haves = `${pkt(`have ${oid}\n`)}0000`;
const error = pkt('ERR upload-pack: not our ref\n');
const lost = 'CONNECTION_LOST';

describe('a client that waits', () => {
  it.each([
    ['', refs.slice(0, -4)],
    ['half a line', refs.slice(0, -2)],
    ['of version 2', version2.slice(0, -4)],
  ])('hears that the advertisement has no end %s', async (_, first) => {
    expect(await converse(first, '', [])).toMatchObject({ code: lost });
  });

  it.each([
    ['nothing', ''],
    ['an error', error],
    ['a beginning', pkt('packfile\n')],
    ['half a line', '00'],
  ])('hears that to a command of version 2 there is %s', async (_, answer) => {
    const command = `${pkt('command=fetch')}00010000`;
    expect(await converse(version2, command, [answer])).toEqual({ heard: answer, code: lost });
  });

  it.each([
    ['nothing', ''],
    ['an error', error],
    ['half a line', '00'],
  ])('hears that to what it has there is %s', async (_, answer) => {
    const said = `${wants}0000${haves}`;
    expect(await converse(refs, said, [answer])).toEqual({ heard: answer, code: lost });
  });

  it('hears that acknowledgments have no end', async () => {
    const answer = pkt(`ACK ${oid} common\n`);
    expect(await converse(refs, `${wants}0000${haves}`, [answer])).toEqual({
      ...{ heard: answer, code: lost },
    });
  });

  it.each([
    ['nothing', ''],
    ['an error', error],
    ['a beginning', pkt(`shallow ${oid}`)],
  ])('hears that of shallow history there is %s', async (_, answer) => {
    const said = `${wants}${pkt('deepen 1')}0000`;
    expect(await converse(refs, said, [answer])).toEqual({ heard: answer, code: lost });
  });

  it('goes on to wait after answers that are whole', async () => {
    const shallow = `${pkt(`shallow ${oid}`)}0000`;
    const acknowledged = `${pkt(`ACK ${oid} common\n`)}${pkt('NAK\n')}`;
    const said = `${wants}${pkt('deepen 1')}0000${haves}`;
    const answers = [shallow, `${shallow}${acknowledged}`];
    expect(await converse(refs, said, answers)).toEqual({
      ...{ heard: `${shallow}${acknowledged}`, code: 'it waits' },
    });
    const command = `${pkt('command=ls-refs')}00010000`;
    const listed = `${pkt(`${oid} HEAD\n`)}0000`;
    expect(await converse(version2, command, [listed])).toEqual({
      ...{ heard: listed, code: 'it waits' },
    });
  });
});
