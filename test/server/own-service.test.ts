/** A service that the table of services gets for this test: what is written there is all that it needs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openChannel,
  type Channel,
  type ChannelOptions,
  type GitService,
} from '../../src/index.js';
import { upstreamFault } from '../../server/admission/upstream-request.js';
import { Upstreams } from '../../server/backend/upstream/upstreams.js';
import { services, type ServiceFacts } from '../../server/services.js';
import { gitServices } from '../../src/tunnel/machine/request-target.js';
import { makeRepository } from '../helpers/git.js';
import { startProxy } from '../helpers/proxy.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** Sends back what it is sent: an alias, since git is what the server runs. */
const echo: ServiceFacts = {
  access: 'read',
  isEnabled: () => true,
  disabled: 'This server does not echo.',
  settings: [['alias.echo', '!cat']],
  preferences: [],
  inputSettings: [],
  command: ['echo'],
  speaksFirst: false,
  finishes: false,
  upstream: [],
  ending: () => ({ term: 0, kill: 1_000 }),
  maxInput: ({ maxRequestSize }) => maxRequestSize,
};

const name = 'git-test-echo' as GitService;
const table = services as Record<string, ServiceFacts>;
const names = gitServices as unknown as string[];
let root: string;

beforeAll(async () => {
  expect(names).not.toContain(name);
  table[name] = echo;
  names.push(name);
  root = await temporaryDirectory();
  await makeRepository(`${root}/site.git`);
});

afterAll(() => {
  names.splice(names.indexOf(name), 1);
  Reflect.deleteProperty(table, name);
});

/** Sends bytes to the echo. @returns what it sent back, and how it ended. */
async function echoed(url: string, bytes: Uint8Array, options: Partial<ChannelOptions> = {}) {
  const channel = await openChannel(`${url}/site.git`, { service: name, ...options });
  const written = writeAll(channel, bytes);
  const parts: Uint8Array[] = [];
  for await (const part of readAll(channel)) parts.push(part);
  await written;
  return { bytes: Buffer.concat(parts), status: await channel.exit };
}

async function writeAll({ writable }: Channel, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  for (let at = 0; at < bytes.length; at += 50_000) {
    await writer.write(bytes.subarray(at, at + 50_000));
  }
  await writer.close();
}

async function* readAll({ readable }: Channel): AsyncGenerator<Uint8Array> {
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

const megabytes = Buffer.alloc(3 * 2 ** 20, 'What is sent comes back. ');

describe('a service of one’s own, by one entry in the table', () => {
  it('takes and gives bytes, and its end is told', async () => {
    const { url } = await startServer({ root });
    const { bytes, status } = await echoed(url, megabytes);
    expect(bytes.equals(megabytes)).toBe(true);
    expect(status).toMatchObject({ code: 0 });
  });

  it('goes on where it was when its connection is lost', async () => {
    const { url } = await startServer({ root });
    const proxy = await startProxy(url, (connection) =>
      connection < 2 ? { strike: { direction: 'down', after: 500_000, how: 'reset' } } : {},
    );
    const { bytes } = await echoed(proxy.url, megabytes);
    expect(bytes.equals(megabytes)).toBe(true);
    expect(proxy.connections).toHaveLength(3);
  });

  it('is for whom its access is', async () => {
    const { url } = await startServer({ root, authorize: ({ access }) => access !== 'read' });
    await expect(echoed(url, megabytes)).rejects.toMatchObject({
      code: 'REFUSED',
      data: { status: 401 },
    });
  });

  it('is refused where the server does not run it', async () => {
    table[name] = { ...echo, isEnabled: () => false };
    const { url } = await startServer({ root });
    table[name] = echo;
    await expect(echoed(url, megabytes)).rejects.toMatchObject({
      code: 'REFUSED',
      data: { status: 403, reason: echo.disabled },
    });
  });

  it('takes no more than it may', async () => {
    const { url } = await startServer({ root, limits: { maxRequestSize: 100_000 } });
    await expect(echoed(url, megabytes)).rejects.toMatchObject({ code: 'REFUSED' });
    const { bytes } = await echoed(url, megabytes.subarray(0, 90_000));
    expect(bytes).toHaveLength(90_000);
  });

  it('is not asked of upstreams, unless the entry says how', () => {
    const segments = ['git.example', 'site.git'];
    const asked = { segments, service: name, upstreamAuthorization: undefined };
    for (const url of ['https://git.example', 'ssh://git@git.example']) {
      const upstream = new Upstreams([url]).find(['git.example']);
      expect(upstream && upstreamFault(upstream, asked)).toMatchObject({ code: 4403 });
    }
  });

  it('has the name that the entry has, and no other', async () => {
    const { url } = await startServer({ root });
    await expect(
      openChannel(`${url}/site.git`, { service: 'git-echoes' as GitService }),
    ).rejects.toMatchObject({ code: 'REFUSED', data: { status: 404 } });
  });
});
