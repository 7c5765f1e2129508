/** What real git answers to a fetch. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdvertisementParser } from '../../src/wire/v0/advertisement.js';
import { FetchResponseParser } from '../../src/wire/fetch-response.js';
import type { FetchResponseEvent } from '../../src/wire/fetch-response.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { decodeText, encodeText } from '../../src/wire/text.js';
import { expectSoundRepository, git, gitBytes, gitStatus, makeRepository } from '../helpers/git.js';
import { seededRandom } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { message, parseAll, pieces, thrownBy } from './wire-bytes.js';

let gitDir: string;
let head: string;

beforeAll(async () => {
  const directory = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(directory, 'sample.git')));
});

describe('the answer of real git to a fetch', () => {
  /** Runs one fetch of wants, shallow lines and haves; gives what upload-pack said to it. */
  async function fetchFrom(...request: string[]) {
    const { stdout, stderr } = await uploadPack(message(...request));
    const advertised = parseAll(new AdvertisementParser(), pieces(stdout));
    const parser = new FetchResponseParser();
    const events: FetchResponseEvent[] = [];
    for (const piece of pieces(advertised.rest)) events.push(...parser.push(piece));
    parser.end();
    return { events, sideBand: parser.sideBand, stderr };
  }

  async function uploadPack(input: Uint8Array): Promise<{ stdout: Uint8Array; stderr: string }> {
    try {
      return { stdout: await gitBytes(['upload-pack', gitDir], { input }), stderr: '' };
    } catch {
      // Where it fails, all it says is text.
      const { stdout, stderr } = await gitStatus(['upload-pack', gitDir], { input });
      return { stdout: encodeText(stdout), stderr };
    }
  }

  const packOf = (events: readonly FetchResponseEvent[]): Uint8Array =>
    concatBytes(events.flatMap((event) => (event.type === 'pack' ? [event.bytes] : [])));
  const without = (events: readonly FetchResponseEvent[], ...types: string[]) =>
    events.filter((event) => !types.includes(event.type));

  async function expectPackOf(commit: string, pack: Uint8Array, shallow = ''): Promise<void> {
    const copy = await temporaryDirectory();
    await git(['init', '-q', '--bare', copy]);
    if (shallow !== '') await writeFile(join(copy, 'shallow'), shallow);
    const at = [`--git-dir=${copy}`];
    await git([...at, 'index-pack', '--stdin', '--strict'], { input: pack });
    await git([...at, 'update-ref', 'refs/heads/main', commit]);
    await expectSoundRepository(copy);
  }

  it.each(['side-band-64k', 'side-band'])('is read with %s, progress beside it', async (band) => {
    const { events, sideBand } = await fetchFrom(
      `want ${head} ${band} ofs-delta agent=test\n`,
      '0000',
      'done\n',
    );
    expect(sideBand).toBe(true);
    expect(without(events, 'pack', 'progress')).toEqual([{ type: 'nak' }, { type: 'end' }]);
    const progress = events.flatMap((event) => (event.type === 'progress' ? [event.bytes] : []));
    expect(decodeText(concatBytes(progress))).toContain('Total ');
    await expectPackOf(head, packOf(events));
  });

  it('is read without a side-band', async () => {
    const { events, sideBand } = await fetchFrom(`want ${head} ofs-delta\n`, '0000', 'done\n');
    expect(sideBand).toBe(false);
    expect(without(events, 'pack')).toEqual([{ type: 'nak' }]);
    await expectPackOf(head, packOf(events));
  });

  it('is read with a new shallow boundary, and with one that moves', async () => {
    const first = await fetchFrom(
      `want ${head} side-band-64k ofs-delta no-progress\n`,
      'deepen 1\n',
      '0000',
      'done\n',
    );
    expect(without(first.events, 'pack')).toEqual([
      { type: 'shallow', oid: head },
      { type: 'shallow-end' },
      { type: 'nak' },
      { type: 'end' },
    ]);
    await expectPackOf(head, packOf(first.events), `${head}\n`);

    const parent = await git([`--git-dir=${gitDir}`, 'rev-parse', `${head}^`]);
    const second = await fetchFrom(
      `want ${head} side-band-64k ofs-delta no-progress\n`,
      `shallow ${head}\n`,
      'deepen 2\n',
      '0000',
      `have ${head}\n`,
      'done\n',
    );
    expect(without(second.events, 'pack')).toEqual([
      { type: 'shallow', oid: parent },
      { type: 'unshallow', oid: head },
      { type: 'shallow-end' },
      { type: 'ack', oid: head, status: undefined },
      { type: 'end' },
    ]);
  });

  it('is read with the ACK lines of multi_ack_detailed and no-done', async () => {
    const have = await git([`--git-dir=${gitDir}`, 'rev-parse', `${head}~5`]);
    const { events } = await fetchFrom(
      `want ${head} multi_ack_detailed no-done side-band-64k ofs-delta no-progress\n`,
      '0000',
      `have ${have}\n`,
      `have ${'1'.repeat(40)}\n`,
      '0000',
      'done\n',
    );
    const acks = without(events, 'pack');
    expect(acks[0]).toEqual({ type: 'ack', oid: have, status: 'common' });
    expect(acks).toContainEqual({ type: 'ack', oid: have, status: undefined });
    expect(acks.at(-1)).toEqual({ type: 'end' });
    expect(decodeText(packOf(events).subarray(0, 4))).toBe('PACK');
  });

  it('says what is wrong when a wanted object is not there', async () => {
    const { events, stderr } = await fetchFrom(
      `want ${'1'.repeat(40)} side-band-64k\n`,
      '0000',
      'done\n',
    );
    expect(events).toEqual([
      { type: 'error', message: `upload-pack: not our ref ${'1'.repeat(40)}` },
    ]);
    expect(stderr).toContain('not our ref');
  });

  it('is not taken for whole when it was cut anywhere', async () => {
    const { stdout } = await uploadPack(
      message(`want ${head} side-band-64k ofs-delta\n`, '0000', 'done\n'),
    );
    const { rest } = parseAll(new AdvertisementParser(), [stdout]);
    const random = seededRandom(7);
    const lengths = [0, 1, 4, 8, 9, rest.byteLength - 1, rest.byteLength - 4];
    for (let round = 0; round < 50; round += 1) lengths.push(random.below(rest.byteLength));
    for (const length of lengths) {
      const parser = new FetchResponseParser();
      parser.push(rest.subarray(0, length));
      expect(thrownBy(() => parser.end())).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
    }
  });
});
