/** Each test is an attack or a broken client; after each one the server must serve the next. */
import { symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionReport } from '../../server/index.js';
import { cloneRequest } from '../helpers/git-stream.js';
import { git, makeRepository } from '../helpers/git.js';
import { eventually, noProcessIn } from '../helpers/processes.js';
import { RawClient, type RawOptions } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const site = '/site.git/git-upload-pack';
const window = 64 * 1024;
let root: string;
let head: string;
let server: TestServer;
const errors: unknown[] = [];

beforeAll(async () => {
  const base = await temporaryDirectory();
  root = join(base, 'repos');
  ({ head } = await makeRepository(join(root, 'site.git')));
  await git(['init', '-q', '--bare', join(base, 'secret.git')]);
  await symlink('../secret.git', join(root, 'link.git'));
  server = await startServer({
    root,
    allowPush: true,
    limits: { openingTime: 300, window, closeTime: 500 },
    onError: (error) => errors.push(error),
  });
});

afterEach(async () => {
  const client = new RawClient(server.url, { target: site });
  expect(await client.advertisement()).toContain(head);
  client.socket.terminate();
  await client.closed;
  await noProcessIn(root);
  // git is gone before the server has heard of it.
  await eventually(() => server.server.sessions === 0);
  expect(errors).toEqual([]);
});

async function refusedWith(options: RawOptions): Promise<string> {
  const client = new RawClient(server.url, options);
  const { code, reason, status } = await client.closed;
  expect(status).toBe(101);
  // A refused client hears nothing: no session, no advertisement, and never its own entries.
  expect(client.texts).toEqual([]);
  expect(client.data).toEqual([]);
  expect(client.protocol).toBe('gitws.v1');
  return `${code} ${reason}`;
}

describe('a path that leads elsewhere is refused', () => {
  it.each([
    ['.. leaves the root', '/../secret.git/git-upload-pack'],
    ['.. comes back into it', '/site.git/../site.git/git-upload-pack'],
    ['an encoded .. leaves the root', '/%2e%2e/secret.git/git-upload-pack'],
    ['an encoded slash makes it absolute', '/%2Fetc/git-upload-pack'],
    ['.. hides behind encoded slashes', '/..%2f..%2fetc/git-upload-pack'],
    ['// moves the host', '//evil.example/site.git/git-upload-pack'],
    ['// is in the middle', '/a//site.git/git-upload-pack'],
    ['a backslash is a slash on some systems', '/..\\secret.git/git-upload-pack'],
    ['an encoded backslash is one too', '/..%5csecret.git/git-upload-pack'],
    ['a NUL ends it for the system', '/site.git%00.evil/git-upload-pack'],
    ['it is not UTF-8', '/%ff/git-upload-pack'],
    ['an overlong encoding spells ..', '/%c0%ae%c0%ae/secret.git/git-upload-pack'],
    ['a leading dash would be an option', '/--upload-pack=touch/git-upload-pack'],
    ['it names no repository', '/git-upload-pack'],
    ['it ends in a slash', '/site.git/git-upload-pack/'],
    ['the service is encoded, past a proxy’s rule', '/site.git/git-receive%2dpack'],
    ['it is a whole URL', 'http://evil.example/site.git/git-upload-pack'],
  ])('with 4400 where %s', async (_why, target) => {
    expect(await refusedWith({ target })).toMatch(/^4400 The path /);
  });

  it.each([
    ['a symbolic link out of root', '/link.git/git-upload-pack'],
    ['a repository that does not exist', '/nothing.git/git-upload-pack'],
    ['the .git directory of another', '/site.git/.git/git-upload-pack'],
    ['a name longer than the file system allows', `/${'x'.repeat(2_000)}/git-upload-pack`],
  ])('with 4404, whatever the reason, for %s', async (_what, target) => {
    expect(await refusedWith({ target })).toBe('4404 There is no such repository.');
  });

  it('with 4404 for an unknown service', async () => {
    expect(await refusedWith({ target: '/site.git/git-frobnicate' })).toBe(
      '4404 There is no service git-frobnicate.',
    );
  });

  it('with 4403 for a service that is not enabled', async () => {
    expect(await refusedWith({ target: '/site.git/git-upload-archive' })).toMatch(/^4403 /);
  });
});

describe('a page of somebody else’s is refused', () => {
  it('with 4403 for a foreign Origin, although it is on this very machine', async () => {
    expect(
      await refusedWith({ target: site, headers: { Origin: 'http://localhost:3000' } }),
    ).toMatch(/^4403 .*origin/);
  });

  it('with 4403 for Origin null, of a sandboxed frame', async () => {
    expect(await refusedWith({ target: site, headers: { Origin: 'null' } })).toMatch(/^4403 /);
  });

  it('with 4403 for a rebound Host, which equals its Origin', async () => {
    const { port } = new URL(server.url);
    expect(
      await refusedWith({
        target: site,
        headers: { Host: `evil.example:${port}`, Origin: `http://evil.example:${port}` },
      }),
    ).toMatch(/^4403 .*host name/);
  });

  it('before anything else, so that it learns nothing about paths', async () => {
    expect(
      await refusedWith({ target: '/../x/git-upload-pack', headers: { Origin: 'http://evil' } }),
    ).toMatch(/^4403 /);
  });

  it('but not one of the same host and port', async () => {
    const client = new RawClient(server.url, { target: site, headers: { Origin: server.url } });
    await client.advertisement();
    client.socket.close(1000);
  });
});

describe('entries of the subprotocol header', () => {
  const auth = (text: string): string =>
    `gitws.auth.${Buffer.from(text, 'latin1').toString('base64url')}`;

  it.each([
    ['credentials with a line end', ['gitws.v1', auth('Basic x\r\nX: y')]],
    ['credentials with a NUL', ['gitws.v1', auth('Basic x\0')]],
    [
      'a password with a line end inside its base64',
      ['gitws.v1', auth(`Basic ${btoa('me:a\nb')}`)],
    ],
    ['credentials that are not UTF-8', ['gitws.v1', auth('\xff\xfe')]],
    ['two sets of credentials', ['gitws.v1', auth('Basic a'), auth('Basic b')]],
    ['a window too small', ['gitws.v1', 'gitws.window.1']],
    ['a window too large', ['gitws.v1', 'gitws.window.999999999']],
    ['a window that is no number', ['gitws.v1', 'gitws.window.0x10000']],
    ['an odd resume entry', ['gitws.v1', 'gitws.resume.x']],
    ['more than 7,000 bytes', ['gitws.v1', `gitws.x.${'x'.repeat(7_000)}`]],
  ])('are refused with 4400: %s', async (_what, protocols) => {
    expect(await refusedWith({ target: site, protocols })).toMatch(/^4400 /);
  });

  it('that would resume are refused with 4410: no session is kept here', async () => {
    const protocols = ['gitws.v1', `gitws.resume.${'a'.repeat(22)}.0`];
    expect(await refusedWith({ target: site, protocols })).toMatch(/^4410 /);
  });

  it('are never echoed but for the version, wherever it stands, and unknown ones ignored', async () => {
    const protocols = [auth('Bearer secret'), 'gitws.future.1', 'gitws.v9', 'gitws.v1'];
    const client = new RawClient(server.url, { target: site, protocols });
    await client.text('open');
    expect(client.protocol).toBe('gitws.v1');
    client.socket.close(1000);
    await client.closed;
  });

  it('without a known version get HTTP 400, which names it', async () => {
    for (const protocols of [['gitws.v2'], [auth('Bearer x')], ['chat']]) {
      const client = new RawClient(server.url, { target: site, protocols });
      const { status, body } = await client.closed;
      expect(status).toBe(400);
      expect(body).toContain('gitws.v1');
    }
  });
});

/** Opens a session and shows that a client is there. */
async function opened(target = site, protocols = ['gitws.v1']): Promise<RawClient> {
  const client = new RawClient(server.url, { target, protocols });
  await client.advertisement();
  client.ack(0);
  return client;
}

describe('a breach of gitws.v1 ends the session with 4400', () => {
  it.each<[string, unknown[]]>([
    ['text that is not JSON', ['garbage']],
    ['JSON that is no object', ['[1]']],
    ['a message without a type', [{ consumed: 1 }]],
    ['a text message over 8 KiB', [JSON.stringify({ type: 'x', x: 'x'.repeat(8_192) })]],
    ['a text message of nearly 1 MiB', ['€'.repeat(340_000)]],
    ['an empty binary message', [new Uint8Array()]],
    ['data after end', [{ type: 'end' }, Buffer.from('0000')]],
    ['end twice', [{ type: 'end' }, { type: 'end' }]],
    ['an ack above what was sent', [{ type: 'ack', consumed: 1_000 }]],
    [
      'an ack that goes back',
      [
        { type: 'ack', consumed: 1 },
        { type: 'ack', consumed: 0 },
      ],
    ],
    ['an ack of half a message', [{ type: 'ack', consumed: 0.5 }]],
    ['a negative ack', [{ type: 'ack', consumed: -1 }]],
    ['stderr from a client', [{ type: 'stderr', text: 'x' }]],
    ['exit from a client', [{ type: 'exit', code: 0 }]],
    ['open from a client', [{ type: 'open' }]],
    ['more than the credit', [Buffer.alloc(window), Buffer.alloc(1)]],
    ['more than the credit in one message', [Buffer.alloc(1024 * 1024)]],
    ['250 pings at once', Array.from({ length: 250 }, (_, id) => ({ type: 'ping', id }))],
  ])('%s', async (_what, messages) => {
    const client = await opened();
    for (const message of messages) client.send(message);
    const { code, reason } = await client.closed;
    expect(`${code} ${reason}`).toMatch(/^4400 The peer broke gitws\.v1: /);
  });

  it('but not an unknown message, which a later version may send', async () => {
    const client = await opened();
    client.send({ type: 'novelty', consumed: 'x' });
    client.send({ type: 'ping', id: 7 });
    expect(await client.text('pong')).toEqual({ type: 'pong', id: 7 });
    client.socket.close(1000);
    await client.closed;
  });
});

describe('broken WebSocket framing ends as ws ends it', () => {
  /** Bytes of one client frame, masked with zeros. */
  const frame = (first: number, payload: Buffer): Buffer =>
    Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);

  it.each<[string, number, Buffer]>([
    ['text that is not UTF-8', 1007, frame(0x81, Buffer.from([0xff]))],
    ['an unknown opcode', 1002, frame(0x83, Buffer.alloc(1))],
    ['a reserved bit', 1002, frame(0xc2, Buffer.alloc(1))],
    ['a frame without a mask', 1002, Buffer.from([0x82, 1, 0])],
  ])('%s: %i', async (_what, expected, bytes) => {
    const client = await opened();
    (client.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(bytes);
    expect((await client.closed).code).toBe(expected);
  });

  it('a message over 1 MiB: 1009', async () => {
    const client = await opened();
    client.send(Buffer.alloc(1024 * 1024 + 1));
    expect((await client.closed).code).toBe(1009);
  });

  it('an endless message in fragments: 1009', async () => {
    const client = await opened();
    const fragment = Buffer.alloc(256 * 1024);
    for (let count = 0; count < 5; count += 1) client.socket.send(fragment, { fin: false });
    expect((await client.closed).code).toBe(1009);
  });
});

describe('a client that does not do its part', () => {
  it('is closed with 4408 where it connects and says nothing', async () => {
    const client = new RawClient(server.url, { target: site });
    const { code, reason } = await client.closed;
    expect(`${code} ${reason}`).toBe('4408 The client said nothing.');
    expect(client.texts[0]?.type).toBe('open');
  });

  it('may send rubbish to git itself: git says so, and its exit is told', async () => {
    const client = await opened();
    client.keepUp();
    client.send(Buffer.from('00zz rubbish'));
    expect(await client.text('exit')).toEqual({ type: 'exit', code: 128 });
    const said = client.texts.filter(({ type }) => type === 'stderr').map(({ text }) => text);
    expect(said.join('')).toContain('bad line length');
    expect((await client.closed).code).toBe(1000);
  });

  it('may end at once: git’s complaint and exit are told', async () => {
    const client = await opened();
    client.keepUp();
    client.send({ type: 'end' });
    expect(await client.text('exit')).toEqual({ type: 'exit', code: 128 });
    expect((await client.closed).code).toBe(1000);
  });

  it('loses its session where it acknowledges what it does not read', async () => {
    // Acks free credit: without a bound on the socket they would make the server's memory grow.
    const { hostname, port } = new URL(server.url);
    const big = await temporaryDirectory();
    const made = await makeRepository(join(big, 'big.git'), {
      commits: 3,
      bigBlobs: { count: 12, bytes: 2 * 1024 * 1024 },
    });
    const reports: SessionReport[] = [];
    const other = await startServer({ root: big, onSession: (report) => reports.push(report) });
    const socket = connect(Number(new URL(other.url).port || port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      [
        'GET /big.git/git-upload-pack HTTP/1.1',
        `Host: ${hostname}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
        'Sec-WebSocket-Protocol: gitws.v1, gitws.window.16777216',
        '\r\n',
      ].join('\r\n'),
    );
    await new Promise<void>((resolve) => {
      let seen = '';
      socket.on('data', (chunk) => {
        seen += chunk.toString('latin1');
        if (seen.endsWith('0000')) resolve();
      });
    });
    // From here on it reads nothing, and acknowledges one message after the other.
    socket.pause();
    const send = (opcode: number, payload: Buffer): void => {
      const length =
        payload.length < 126
          ? Buffer.from([0x80 | payload.length])
          : Buffer.from([0xfe, payload.length >> 8, payload.length & 0xff]);
      socket.write(Buffer.concat([Buffer.from([opcode]), length, Buffer.alloc(4), payload]));
    };
    send(0x82, cloneRequest([made.head]));
    let consumed = 0;
    const timer = setInterval(() => {
      consumed += 1;
      send(0x81, Buffer.from(JSON.stringify({ type: 'ack', consumed })));
    }, 20);
    await new Promise((resolve) => socket.on('close', resolve).on('end', resolve));
    clearInterval(timer);
    await noProcessIn(big);
    await other.close();
    expect(reports[0]?.outcome).toEqual({ kind: 'closed', closeCode: 4400 });
    // The window, the socket's buffers, and not the whole of it.
    expect(reports[0]?.bytesOut).toBeLessThan(20 * 1024 * 1024);
  });
});

describe('what is no gitws client at all', () => {
  const raw = async (text: string): Promise<string> => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.end(text);
    let answer = '';
    for await (const chunk of socket.setEncoding('latin1')) answer += String(chunk);
    return answer.split('\r\n')[0] ?? '';
  };
  const upgrade = (...lines: string[]): Promise<string> =>
    raw([`GET ${site} HTTP/1.1`, 'Host: localhost', ...lines, '\r\n'].join('\r\n'));

  it('gets an HTTP answer: an upgrade to another protocol', async () => {
    expect(
      await upgrade('Connection: Upgrade', 'Upgrade: h2c', 'Sec-WebSocket-Protocol: gitws.v1'),
    ).toBe('HTTP/1.1 400 Bad Request');
  });

  it('gets an HTTP answer: an upgrade without a key', async () => {
    expect(
      await upgrade(
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Protocol: gitws.v1',
      ),
    ).toBe('HTTP/1.1 400 Bad Request');
  });

  it('gets an HTTP answer: a WebSocket for a path that is nobody’s', async () => {
    const client = new RawClient(server.url, { target: '/chat', protocols: [] });
    expect((await client.closed).status).toBe(404);
  });
});
