/** The wire code against what real git writes and reads. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdvertisementParser } from '../../src/wire/advertisement.js';
import type { Advertisement, RefAdvertisement } from '../../src/wire/advertisement.js';
import { parseCapabilities } from '../../src/wire/capabilities.js';
import { FetchResponseParser } from '../../src/wire/fetch-response.js';
import type { FetchResponseEvent } from '../../src/wire/fetch-response.js';
import { LsRefsParser } from '../../src/wire/ls-refs.js';
import { zeroOid } from '../../src/wire/oid.js';
import { decodePushRequest, encodePushRequest } from '../../src/wire/push-request.js';
import type { PushCommand } from '../../src/wire/push-request.js';
import { PushResponseParser } from '../../src/wire/push-response.js';
import type { PushResponseEvent } from '../../src/wire/push-response.js';
import { isRefName } from '../../src/wire/ref-name.js';
import { concatBytes, decodeText, encodeText } from '../../src/wire/text.js';
import { expectSoundRepository, git, gitBytes, gitStatus, makeRepository } from '../helpers/git.js';
import { seededRandom } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { message, parseAll, thrownBy } from './wire-bytes.js';

/** Pieces of 1 to 300 bytes, and now and then a long one: the same for the same bytes. */
function pieces(bytes: Uint8Array): Uint8Array[] {
  const random = seededRandom(bytes.byteLength);
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const length = 1 + random.below(random.below(20) === 0 ? 100_000 : 300);
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return cut;
}

const version = (number: number) => ({ env: { GIT_PROTOCOL: `version=${number}` } });

/** What a service says first, to a client that then says nothing. */
async function advertise(
  service: 'upload-pack' | 'receive-pack',
  directory: string,
  protocol = 0,
): Promise<Advertisement> {
  const bytes = await gitBytes([service, '--advertise-refs', directory], version(protocol));
  const { value, rest } = parseAll(new AdvertisementParser(), pieces(bytes));
  expect(rest.byteLength).toBe(0);
  return value;
}

/** The refs of a repository as git itself lists them. */
async function listRefs(gitDir: string): Promise<{ name: string; oid: string; peeled?: string }[]> {
  const format = '%(refname) %(objectname) %(*objectname)';
  const lines = await git([`--git-dir=${gitDir}`, 'for-each-ref', `--format=${format}`]);
  return lines.split('\n').map((line) => {
    const [name = '', oid = '', peeled = ''] = line.split(' ');
    return peeled === '' ? { name, oid } : { name, oid, peeled };
  });
}

let directory: string;
let gitDir: string;
let head: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(directory, 'sample.git')));
  await git([`--git-dir=${gitDir}`, 'update-ref', 'refs/heads/größe/漢字', head]);
});

describe('the advertisement of real git', () => {
  it.each([0, 1])('is read in version %i', async (protocol) => {
    const refs = await listRefs(gitDir);
    expect(refs.some((ref) => ref.peeled !== undefined)).toBe(true);
    const advertisement = await advertise('upload-pack', gitDir, protocol);
    expect(advertisement).toMatchObject({
      version: protocol,
      symrefs: new Map([['HEAD', 'refs/heads/main']]),
      refs: [{ name: 'HEAD', oid: head }, ...refs],
      shallow: [],
    });
    expect(advertisement.capabilities.get('object-format')).toEqual(['sha1']);
    expect(advertisement.capabilities.has('side-band-64k')).toBe(true);
  });

  it('is read in version 2', async () => {
    const advertisement = await advertise('upload-pack', gitDir, 2);
    expect(advertisement.version).toBe(2);
    expect(advertisement.capabilities.get('fetch')?.[0]?.split(' ')).toContain('shallow');
    expect(advertisement.capabilities.has('ls-refs')).toBe(true);
  });

  it('is read from receive-pack', async () => {
    const refs = (await listRefs(gitDir)).map(({ name, oid }) => ({ name, oid }));
    const advertisement = await advertise('receive-pack', gitDir);
    expect(advertisement).toMatchObject({ version: 0, refs });
    expect(advertisement.capabilities.has('report-status-v2')).toBe(true);
  });

  it('is read from an empty repository', async () => {
    const empty = join(directory, 'empty.git');
    await git(['init', '-q', '--bare', empty]);
    for (const protocol of [0, 1]) {
      const none = { version: protocol, refs: [], haves: [], shallow: [] };
      expect(await advertise('upload-pack', empty, protocol)).toMatchObject(none);
      const receive = await advertise('receive-pack', empty, protocol);
      expect(receive).toMatchObject(none);
      expect(receive.capabilities.has('report-status')).toBe(true);
    }
  });

  it('is read from a detached HEAD', async () => {
    const detached = join(directory, 'detached');
    await git(['clone', '-q', '--bare', gitDir, detached]);
    await git([`--git-dir=${detached}`, 'update-ref', '--no-deref', 'HEAD', head]);
    const advertisement = (await advertise('upload-pack', detached)) as RefAdvertisement;
    expect(advertisement.symrefs.size).toBe(0);
    expect(advertisement.refs[0]).toEqual({ name: 'HEAD', oid: head });
  });

  it('is read from a shallow repository', async () => {
    const shallow = join(directory, 'shallow.git');
    await git(['clone', '-q', '--bare', '--depth=3', `file://${gitDir}`, shallow]);
    const boundary = (await readFile(join(shallow, 'shallow'), 'utf8')).trim().split('\n');
    for (const service of ['upload-pack', 'receive-pack'] as const) {
      const advertisement = (await advertise(service, shallow)) as RefAdvertisement;
      expect([...advertisement.shallow].sort()).toEqual(boundary.sort());
    }
  });

  it('is read from a repository that borrows objects', async () => {
    const borrower = join(directory, 'borrower.git');
    await git(['init', '-q', '--bare', borrower]);
    await writeFile(join(borrower, 'objects/info/alternates'), `${gitDir}/objects\n`);
    const advertisement = (await advertise('receive-pack', borrower)) as RefAdvertisement;
    expect(advertisement.refs).toEqual([]);
    expect(advertisement.haves).toContain(head);
  });

  it('is refused from a SHA-256 repository in every version', async () => {
    const sha256 = await makeRepository(join(directory, 'sha256.git'), {
      commits: 3,
      objectFormat: 'sha256',
    });
    for (const protocol of [0, 1, 2]) {
      await expect(advertise('upload-pack', sha256.gitDir, protocol)).rejects.toMatchObject({
        code: 'UNSUPPORTED_OBJECT_FORMAT',
        data: { objectFormat: 'sha256' },
      });
    }
    await expect(advertise('receive-pack', sha256.gitDir)).rejects.toMatchObject({
      code: 'UNSUPPORTED_OBJECT_FORMAT',
    });
  });

  it('names refs in the ways that isRefName allows', async () => {
    for (const { name } of await listRefs(gitDir)) expect(isRefName(name)).toBe(true);
  });
});

describe('the answer of real git to ls-refs', () => {
  async function lsRefs(repository: string, ...args: string[]) {
    const lines = args.map((arg) => `${arg}\n`);
    const input = message('command=ls-refs\n', 'object-format=sha1', '0001', ...lines, '0000');
    const options = { input, ...version(2) };
    const bytes = await gitBytes(['upload-pack', repository], options);
    const advertised = parseAll(new AdvertisementParser(), pieces(bytes));
    expect(advertised.value.version).toBe(2);
    const { value, rest } = parseAll(new LsRefsParser(), pieces(advertised.rest));
    expect(rest.byteLength).toBe(0);
    return value;
  }

  it('is read with symrefs and peeled tags', async () => {
    expect(await lsRefs(gitDir, 'peel', 'symrefs')).toEqual([
      { name: 'HEAD', oid: head, symrefTarget: 'refs/heads/main' },
      ...(await listRefs(gitDir)),
    ]);
  });

  it('is read from an empty repository, whose HEAD is unborn', async () => {
    const empty = join(directory, 'unborn.git');
    await git(['init', '-q', '--bare', '--initial-branch=trunk', empty]);
    expect(await lsRefs(empty, 'symrefs', 'unborn')).toEqual([
      { name: 'HEAD', oid: undefined, symrefTarget: 'refs/heads/trunk' },
    ]);
  });
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

describe('a push to real git', () => {
  const child = async (repository: string, parent: string): Promise<string> => {
    const at = [`--git-dir=${repository}`];
    return git([...at, 'commit-tree', `${parent}^{tree}`, '-p', parent, '-m', 'A commit']);
  };

  /** Pushes with receive-pack in a copy of the sample; gives what it said, and the copy. */
  async function push(
    capabilities: string,
    makeCommands: (oid: string) => PushCommand[],
    hook?: string,
  ) {
    const copy = join(await temporaryDirectory(), 'copy.git');
    await git(['clone', '-q', '--bare', gitDir, copy]);
    if (hook !== undefined) {
      await writeFile(join(copy, 'hooks/pre-receive'), `#!/bin/sh\ncat >/dev/null\n${hook}\n`);
      await chmod(join(copy, 'hooks/pre-receive'), 0o755);
    }
    const oid = await child(gitDir, head);
    const commands = makeCommands(oid);
    const request = { commands, capabilities: parseCapabilities(capabilities), shallow: [] };
    const pack = commands.some((command) => command.newOid !== zeroOid)
      ? await gitBytes([`--git-dir=${gitDir}`, 'pack-objects', '--stdout', '--revs', '-q'], {
          input: `${oid}\n^${head}\n`,
        })
      : new Uint8Array(0);
    const bytes = await gitBytes(['receive-pack', copy], {
      input: concatBytes([encodePushRequest(request), pack]),
    });
    const { rest } = parseAll(new AdvertisementParser(), pieces(bytes));
    const parser = new PushResponseParser({ sideBand: request.capabilities.has('side-band-64k') });
    const events: PushResponseEvent[] = [];
    for (const piece of pieces(rest)) events.push(...parser.push(piece));
    parser.end();
    const words = events.flatMap((event) => (event.type === 'progress' ? [event.bytes] : []));
    await expectSoundRepository(copy);
    return {
      copy,
      oid,
      report: events.find((event) => event.type === 'report')?.report,
      words: decodeText(concatBytes(words)),
      ended: events.at(-1)?.type === 'end',
    };
  }

  const update = (oid: string): PushCommand[] => [
    { oldOid: head, newOid: oid, ref: 'refs/heads/main' },
    { oldOid: zeroOid, newOid: oid, ref: 'refs/heads/größe/new' },
  ];
  const updated = {
    unpack: 'ok',
    refs: [
      { ref: 'refs/heads/main', ok: true },
      { ref: 'refs/heads/größe/new', ok: true },
    ],
  };

  it.each([
    'report-status side-band-64k agent=test',
    'report-status-v2 side-band-64k object-format=sha1',
    'report-status',
  ])('is made, and its report read, with %s', async (capabilities) => {
    const { copy, oid, report, ended } = await push(capabilities, update);
    expect(report).toEqual(updated);
    expect(ended).toBe(capabilities.includes('side-band'));
    expect(await git([`--git-dir=${copy}`, 'rev-parse', 'main', 'größe/new'])).toBe(
      `${oid}\n${oid}`,
    );
  });

  it('brings the words of a hook that refuses it', async () => {
    const { copy, report, words } = await push(
      'report-status side-band-64k',
      update,
      'echo "Nöt today" >&2; exit 1',
    );
    expect(words).toContain('Nöt today');
    expect(report).toEqual({
      unpack: 'ok',
      refs: updated.refs.map(({ ref }) => ({
        ref,
        ok: false,
        reason: 'pre-receive hook declined',
      })),
    });
    expect(await git([`--git-dir=${copy}`, 'rev-parse', 'main'])).toBe(head);
  });

  it('reports each ref on its own', async () => {
    const { report } = await push('report-status side-band-64k delete-refs', (oid) => [
      { oldOid: head, newOid: oid, ref: 'refs/heads/main' },
      { oldOid: oid, newOid: oid, ref: 'refs/heads/topic' },
    ]);
    expect(report?.refs[0]).toEqual({ ref: 'refs/heads/main', ok: true });
    expect(report?.refs[1]).toMatchObject({ ref: 'refs/heads/topic', ok: false });
    expect(report?.refs[1]?.ok === false && report.refs[1].reason).not.toBe('');
  });

  it('deletes a ref without a packfile', async () => {
    const topic = await git([`--git-dir=${gitDir}`, 'rev-parse', 'refs/heads/topic']);
    const { report } = await push('report-status side-band-64k delete-refs', () => [
      { oldOid: topic, newOid: zeroOid, ref: 'refs/heads/topic' },
    ]);
    expect(report).toEqual({ unpack: 'ok', refs: [{ ref: 'refs/heads/topic', ok: true }] });
  });

  it('brings no report when none was asked for', async () => {
    const { report, ended } = await push('side-band-64k', update);
    expect(report).toBeUndefined();
    expect(ended).toBe(true);
  });

  it('begins, when git itself makes it, with commands that decodePushRequest reads', async () => {
    const work = await temporaryDirectory();
    const copy = join(work, 'copy.git');
    const recorded = join(work, 'request');
    await git(['clone', '-q', '--bare', gitDir, copy]);
    const oid = await child(gitDir, head);
    const receivePack = `tee '${recorded}' | git receive-pack`;
    await git([
      ...[`--git-dir=${gitDir}`, 'push', '-q', `--receive-pack=${receivePack}`, copy],
      ...[`${oid}:refs/heads/main`, ':refs/heads/topic', `${oid}:refs/heads/größe/new`],
    ]);
    const topic = await git([`--git-dir=${gitDir}`, 'rev-parse', 'refs/heads/topic']);
    const bytes = new Uint8Array(await readFile(recorded));
    const decoded = decodePushRequest(bytes);
    if (decoded.type !== 'complete') throw new Error(decoded.type);
    expect(decoded.commands).toHaveLength(3);
    expect(decoded.commands).toEqual(
      expect.arrayContaining([
        { oldOid: head, newOid: oid, ref: 'refs/heads/main' },
        { oldOid: topic, newOid: zeroOid, ref: 'refs/heads/topic' },
        { oldOid: zeroOid, newOid: oid, ref: 'refs/heads/größe/new' },
      ]),
    );
    expect(decoded.capabilities.has('side-band-64k')).toBe(true);
    expect(decodeText(bytes.subarray(decoded.end, decoded.end + 4))).toBe('PACK');
  });
});
