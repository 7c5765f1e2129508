/** The operator's files for ssh: what is wrong with them is said when a server is made. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import {
  checkedSshFiles,
  type UpstreamSshOptions,
} from '../../../../server/backend/upstream/ssh/files.js';
import { createGitServer } from '../../../../server/index.js';
import { makeKey } from '../../../helpers/ssh-host.js';
import { temporaryDirectory } from '../../../helpers/temp.js';

let base: string;
let good: UpstreamSshOptions;

beforeAll(async () => {
  base = await temporaryDirectory();
  const key = await makeKey(base, 'key');
  const knownHosts = join(base, 'known_hosts');
  await writeFile(knownHosts, '');
  good = { key, knownHosts };
});

it('files that are there are taken', () => {
  expect(checkedSshFiles(good)).toEqual(good);
  expect(checkedSshFiles({ ...good, config: good.knownHosts })).toMatchObject(good);
});

const pem = '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n';

it.each([
  [
    'a key that is not there',
    () => ({ key: join(base, 'none') }),
    /^upstreamSsh\.key: .*cannot be read \(ENOENT/,
  ],
  ['a key that is a directory', () => ({ key: base }), /key: .*is not a file/],
  ['hosts that are not there', () => ({ knownHosts: join(base, 'none') }), /knownHosts: .*ENOENT/],
  ['settings that are not there', () => ({ config: join(base, 'none') }), /config: .*ENOENT/],
  ['a path that cannot be written', () => ({ key: `${base}/"` }), /has a " or a control/],
  [
    'a key with a passphrase',
    async () => ({ key: await makeKey(base, 'locked', 'pass') }),
    /^upstreamSsh\.key: .*passph/,
  ],
  ['one of PEM', async () => ({ key: await written('pem', pem, 0o600) }), /passphrase/],
  ['a key for all to read', async () => ({ key: await written('open', 'x', 0o644) }), /chmod 600/],
])('%s is refused', async (_what, change, message) => {
  const files = { ...good, ...(await change()) };
  expect(() => checkedSshFiles(files)).toThrow(message);
  await mkdir(join(base, 'root'), { recursive: true });
  const server = (): unknown =>
    createGitServer({
      ...{ root: join(base, 'root'), upstreams: ['ssh://git@forge.example'], upstreamSsh: files },
    });
  expect(server).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
});

it('an upstream of ssh:// without any is refused, and others need none', async () => {
  await mkdir(join(base, 'root'), { recursive: true });
  const root = join(base, 'root');
  const server = (url: string) => createGitServer({ root, upstreams: [url] });
  expect(() => server('ssh://git@forge.example')).toThrow(/needs a key and the hosts/);
  await server('https://forge.example').close();
});

async function written(name: string, text: string, mode: number): Promise<string> {
  const path = join(base, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}
