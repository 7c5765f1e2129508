/** A cache before an upstream that is not asked at present, or of which clients hear different things. */
import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GitServerOptions, Limits } from '../../../server/index.js';
import { openChannel } from '../../../src/tunnel/client/channel.js';
import { CachedGateway, refsOf, site } from '../../helpers/cached-gateway.js';
import { git } from '../../helpers/git.js';
import { eventually } from '../../helpers/processes.js';
import { RawClient } from '../../helpers/raw-client.js';

let all: CachedGateway;
let news: string[];

beforeEach(async () => {
  all = await CachedGateway.start();
  news = [];
  await all.clone();
});

/** The gateway again; one failure of the upstream is enough for it. */
async function again(limits: Partial<Limits> = {}, stale = 3_600_000): Promise<void> {
  await all.gateway.close();
  const options: Partial<GitServerOptions> = {
    ...{ allowPush: true, smartHttp: true },
    cache: { directory: all.directory, stale },
    limits: { maxUpstreamFailures: 1, upstreamRestTime: 3_600_000, ...limits },
    onUpstream: ({ breaker }) => news.push(breaker),
  };
  await all.startGateway(options);
  all.host.asked();
  all.reports.splice(0);
}

const listRemote = (): Promise<string> => git(['ls-remote', all.url()], { env: all.env });

async function refused(
  service = 'git-upload-pack',
  { path = site, headers }: { path?: string; headers?: Record<string, string> } = {},
): Promise<string> {
  const target = `/${all.host.name}/${path}/${service}`;
  const { code, reason } = await new RawClient(all.gateway.url, {
    target,
    ...(headers && { headers }),
  }).closed;
  return `${code} ${reason}`;
}

describe('while the breaker of an upstream is open,', () => {
  const notAsked = /^4503 127\.0\.0\.1:\d+ does not answer at present\./;
  beforeEach(async () => {
    await again();
    all.host.attend = (_request, response) => {
      response.destroy();
      return true;
    };
    await listRemote();
    expect(news).toEqual(['open']);
    expect(await all.uses(1)).toEqual(['stale']);
    all.host.asked();
    // It would answer, if it were asked.
    all.host.attend = () => false;
  });

  it('what the cache has of it is served, and it is not asked', async () => {
    const clone = await all.clone(['--mirror']);
    expect(await refsOf(clone)).toBe(await refsOf(all.repository));
    expect(await all.uses(1)).toEqual(['stale']);
    expect(all.host.asked()).toEqual([]);
  });

  it('nothing is served that only the upstream can say', async () => {
    const credentials = { 'Gitws-Upstream-Authorization': 'Basic YWRhOnB3' };
    expect(await refused('git-receive-pack')).toMatch(notAsked);
    expect(await refused('git-upload-pack', { headers: credentials })).toMatch(notAsked);
    expect(await refused('git-upload-pack', { path: 'team/other.git' })).toMatch(notAsked);
    const url = `${all.gateway.url}/${all.host.name}/${site}/info/lfs/objects/batch`;
    const batch = await fetch(url, {
      ...{ method: 'POST', body: '{"operation":"download","objects":[]}' },
      headers: { 'content-type': 'application/vnd.git-lfs+json' },
    });
    expect(batch.status).toBe(503);
    expect(Number(batch.headers.get('retry-after'))).toBeGreaterThan(3_000);
    expect(all.host.asked()).toEqual([]);
  });
});

it('what the cache did not wait for is no failure of an upstream that others wait for', async () => {
  await again({ cacheAnswerTime: 100 }, 0);
  // The first is the cache's, whatever it asks, and however late.
  let asked = 0;
  all.host.attend = () => (asked += 1) === 1;
  expect(await listRemote()).toContain(all.head);
  expect(await all.uses(1)).toEqual(['past']);
  expect(news).toEqual([]);
});

it('what is read from the cache takes no place of its upstream', async () => {
  await again({ maxPerUpstream: 1, maxQueue: 0 });
  const reading = await openChannel(`${all.gateway.url}/${all.host.name}/${site}`, {
    service: 'git-upload-pack',
  });
  await reading.readable.getReader().read();
  reading.exit.catch(() => undefined);
  expect(await listRemote()).toContain(all.head);
  reading.abort();
});

it.each([true, false])(
  'what the upstream has denied to one is not served to another that it says nothing to (read: %s)',
  async (isRead) => {
    await again({ maxUpstreamFailures: 100 });
    // It is known now, and read by somebody who came before.
    const reading = await openChannel(`${all.gateway.url}/${all.host.name}/${site}`, {
      service: 'git-upload-pack',
    });
    await reading.readable.getReader().read();
    reading.exit.catch(() => undefined);
    let held: ServerResponse | undefined;
    all.host.attend = (_request, response) => {
      if (held === undefined) held = response;
      else response.writeHead(401).end();
      return true;
    };
    const silent = refused();
    await eventually(() => held !== undefined);
    expect(await refused()).toMatch(/^4424 /);
    if (!isRead) {
      reading.abort();
      await eventually(async () => (await all.mirrors()).length === 0);
    }
    held?.destroy();
    expect(await silent).toMatch(/^4424 /);
    reading.abort();
  },
);
