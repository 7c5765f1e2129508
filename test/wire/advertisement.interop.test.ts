/** What real git says first, and its answer to ls-refs. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdvertisementParser } from '../../src/wire/v0/advertisement.js';
import type { Advertisement, RefAdvertisement } from '../../src/wire/v0/advertisement.js';
import { LsRefsParser } from '../../src/wire/v2/ls-refs.js';
import { isRefName } from '../../src/wire/ref-name.js';
import { git, gitBytes, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { message, parseAll, pieces } from './wire-bytes.js';

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
