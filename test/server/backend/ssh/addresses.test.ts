/** Where ssh connects to: names are looked up and judged by the server, and not by ssh. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { completeLimits } from '../../../../server/limits/limits.js';
import { UpstreamBackend } from '../../../../server/backend/upstream/upstream-backend.js';
import { addressesOf } from '../../../../server/backend/upstream/ssh/connect-to.js';
import type { Lookup } from '../../../../server/backend/upstream/pool.js';
import { Upstreams } from '../../../../server/backend/upstream/upstreams.js';
import { upstreamPlace } from '../../../../server/backend/place.js';
import { atEnd } from '../../../helpers/at-end.js';
import { makeRepository } from '../../../helpers/git.js';
import { knownHost, startSshHost, type SshHost } from '../../../helpers/ssh-host.js';
import { temporaryDirectory } from '../../../helpers/temp.js';

let host: SshHost;
let knownHosts: string;
let repository: string;

beforeAll(async () => {
  const base = await temporaryDirectory();
  ({ gitDir: repository } = await makeRepository(join(base, 'site.git')));
  host = await startSshHost();
  knownHosts = join(base, 'known');
  const key = await readFile(join(host.directory, 'host.pub'), 'utf8');
  await writeFile(knownHosts, knownHost('forge.example', host.port, key));
});

/** A name server that says this of every name. */
const always =
  (...addresses: readonly string[]): Lookup =>
  (_hostname, _options, callback) => {
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };

/** Asks forge.example for the repository. @returns what it says first, or why it does not. */
async function ask(lookup: Lookup, mayBePrivate: boolean) {
  const url = `ssh://${host.user}@forge.example:${host.port}`;
  const upstreams = new Upstreams([{ url, private: mayBePrivate }]);
  const [upstream] = upstreams.all;
  if (upstream === undefined) throw new Error('There is no upstream.');
  const backend = new UpstreamBackend({
    ...{ upstreams, limits: completeLimits({}), lookup },
    ssh: { ...host.files, knownHosts },
    onProcess: () => undefined,
    onUpstream: () => undefined,
    onError: () => undefined,
  });
  atEnd(() => backend.close());
  const opened = await backend.open(
    {
      place: upstreamPlace({
        location: { upstream, segments: repository.slice(1).split('/') },
        authorization: undefined,
        allows: () => Promise.resolve(false),
      }),
      ...{ service: 'git-upload-pack', name: 'x', gitProtocol: 'version=2' },
      ...{ user: null, address: undefined },
    },
    new AbortController().signal,
  );
  if ('kind' in opened) return opened;
  const said = String(opened.stdout.read());
  opened.end({ term: 0, kill: 0 });
  await opened.gone;
  return said;
}

describe('ssh connects to', () => {
  it('the address that a name has, where it is the host whose key is known by that name', async () => {
    expect(await ask(always('127.0.0.1'), true)).toContain('version 2');
  });

  it('the next address where one does not answer', async () => {
    expect(await ask(always('127.0.0.2', '127.0.0.1'), true)).toContain('version 2');
  });

  it.each([
    ['an address of this machine', ['127.0.0.1']],
    ['the same, mapped', ['::ffff:127.0.0.1']],
    ['one of its network', ['10.0.0.1']],
    ['where a cloud keeps credentials', ['169.254.169.254']],
    ['nothing', []],
  ])('no name that leads to %s', async (_what, addresses) => {
    const before = host.connections();
    expect(await ask(always(...addresses), false)).toMatchObject({
      code: 4403,
      sentence: `forge.example:${host.port} has no address that this server may connect to.`,
    });
    expect(host.connections()).toBe(before);
  });

  it('the metadata of a cloud neither where an upstream may be private', async () => {
    expect(await ask(always('169.254.169.254'), true)).toMatchObject({ code: 4403 });
  });

  it('nothing where a name cannot be looked up', async () => {
    const failing: Lookup = (_hostname, _options, callback) => {
      callback(new Error('no answer'), []);
    };
    expect(await ask(failing, true)).toMatchObject({ code: 4503 });
  });
});

it('an address is not looked up', async () => {
  const never: Lookup = () => {
    throw new Error('It was.');
  };
  expect(await addressesOf('::1', true, never)).toEqual(['::1']);
  await expect(addressesOf('127.0.0.1', false, never)).rejects.toMatchObject({
    name: 'ForbiddenAddress',
  });
});
