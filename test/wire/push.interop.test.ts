/** Pushes to real git, and what real git pushes. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdvertisementParser } from '../../src/wire/v0/advertisement.js';
import { parseCapabilities } from '../../src/wire/capabilities.js';
import { zeroOid } from '../../src/wire/oid.js';
import { encodePushRequest, PushRequestParser } from '../../src/wire/v0/push-request.js';
import type { PushCommand } from '../../src/wire/v0/push-request.js';
import { PushResponseParser } from '../../src/wire/v0/push-response.js';
import type { PushResponseEvent } from '../../src/wire/v0/push-response.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { decodeText } from '../../src/wire/text.js';
import { expectSoundRepository, git, gitBytes, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { parseAll, pieces } from './wire-bytes.js';

let gitDir: string;
let head: string;

beforeAll(async () => {
  const directory = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(directory, 'sample.git')));
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

  it('begins, when git itself makes it, with commands that are read', async () => {
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
    const decoded = new PushRequestParser().push(bytes);
    if (!decoded.done) throw new Error('It is not complete.');
    const { commands, capabilities } = decoded.value;
    expect(commands).toHaveLength(3);
    expect(commands).toEqual(
      expect.arrayContaining([
        { oldOid: head, newOid: oid, ref: 'refs/heads/main' },
        { oldOid: topic, newOid: zeroOid, ref: 'refs/heads/topic' },
        { oldOid: zeroOid, newOid: oid, ref: 'refs/heads/größe/new' },
      ]),
    );
    expect(capabilities.has('side-band-64k')).toBe(true);
    expect(decodeText(bytes.subarray(decoded.end, decoded.end + 4))).toBe('PACK');
  });
});
