/** What an upstream, or a client of one, cannot take from the server. */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Limits } from '../../../server/index.js';
import { openChannel } from '../../../src/tunnel/client/channel.js';
import { encodePktLine } from '../../../src/wire/pkt-line.js';
import { atEnd } from '../../helpers/at-end.js';
import { startForeignHost } from '../../helpers/foreign-host.js';
import { git, gitStatus, makeRepository } from '../../helpers/git.js';
import { listen } from '../../helpers/listen.js';
import { nativeEnvironment } from '../../helpers/native.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';

async function gatewayTo(url: string, limits: Partial<Limits> = {}) {
  const root = await temporaryDirectory();
  const upstreams = [{ url, private: true }];
  return startServer({ root, upstreams, limits, onError: () => undefined });
}

/** A host that takes connections and says nothing. */
async function silentHost(): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    atEnd(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([
  ['a connection that is not made in time (upstreamConnectTime)', 'https', 'upstreamConnectTime'],
  ['an answer that does not come (upstreamSilence)', 'http', 'upstreamSilence'],
])('%s is not waited for', async (_what, scheme, limit) => {
  const host = await silentHost();
  // One of these ends it, or startTime would: with another sentence.
  const limits = { upstreamConnectTime: 60_000, upstreamSilence: 60_000, startTime: 60_000 };
  const gateway = await gatewayTo(`${scheme}://${host}`, { ...limits, [limit]: 100 });
  const client = new RawClient(gateway.url, { target: `/${host}/site.git/git-upload-pack` });
  expect(await client.closed).toMatchObject({
    code: 4503,
    reason: `${host} could not be reached.`,
  });
});

it('of a fetch no more than maxNegotiation is kept', async () => {
  const root = await temporaryDirectory();
  const { head } = await makeRepository(join(root, 'site.git'));
  const host = await startForeignHost(root);
  const gateway = await gatewayTo(host.url, { maxNegotiation: 64 * 1024 });
  let words = '';
  const channel = await openChannel(`${gateway.url}/${host.name}/site.git`, {
    service: 'git-upload-pack',
    onStderr: (text) => (words += text),
  });
  void channel.readable.pipeTo(new WritableStream()).catch(() => undefined);
  const writer = channel.writable.getWriter();
  const wants = Array.from({ length: 2_000 }, () => encodePktLine(`want ${head}\n`));
  await writer.write(Buffer.concat(wants)).catch(() => undefined);
  expect(await channel.exit).toEqual({ code: 128, signal: null });
  expect(words).toContain('The request is too large.');
  expect(host.seen.filter(({ method }) => method === 'POST')).toEqual([]);
});

it('a pack that is cut off ends the service, and no clone is taken for whole', async () => {
  const root = await temporaryDirectory();
  const { gitDir } = await makeRepository(join(root, 'site.git'));
  const refs = await git(['upload-pack', '--advertise-refs', '--http-backend-info-refs', gitDir]);
  const { url } = await listen(
    createHttpServer((request, response) => {
      const isPost = request.method === 'POST';
      const type = isPost ? 'result' : 'advertisement';
      response.setHeader('content-type', `application/x-git-upload-pack-${type}`);
      if (!isPost) response.end(`${refs.replace(/0000$/, '')}0000`);
      else {
        response.write('0008NAK\n');
        response.write(encodePktLine(Buffer.from('\u0001PACK')), () => response.destroy());
      }
    }),
  );
  const gateway = await gatewayTo(url);
  const through = `ws${gateway.url.slice('http'.length)}/${new URL(url).host}/site.git`;
  const args = ['-c', 'protocol.version=0', 'clone', '--bare', through, join(root, 'clone')];
  const { code, stderr } = await gitStatus(args, { env: await nativeEnvironment() });
  expect(code).toBe(128);
  expect(stderr).toContain('broke off in the middle of its answer');
});
