/** The client's channel against a peer that does whatever the test wants. Real sockets. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GitWsError } from '../../src/base/errors.js';
import { openChannel, type Channel, type ChannelOptions } from '../../src/tunnel/client/channel.js';
import { startPeer, type Peer } from './peer.js';

const upload: ChannelOptions = { service: 'git-upload-pack' };
const receive: ChannelOptions = { service: 'git-receive-pack' };
const mib = 1024 * 1024;
const text = (chunk: Uint8Array | undefined) => Buffer.from(chunk ?? []).toString();
const coded = (code: string) => expect.objectContaining({ code }) as GitWsError;

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A channel to a server that reads nothing, and has a window of 64 KiB. */
async function openUnread(): Promise<{ peer: Peer; channel: Channel }> {
  let peer!: Peer;
  const url = await startPeer(
    (connected) => {
      peer = connected;
      peer.reading = false;
      peer.flush();
    },
    { window: 64 * 1024 },
  );
  const channel = await openChannel(url, receive);
  return { peer, channel };
}

/** Answers like git: says hello, hears the request out, says goodbye, exits. */
function polite(peer: Peer): void {
  peer.tunnel.write(Buffer.from('hello'));
  peer.flush();
  void peer
    .until(() => peer.has('end'))
    .then(() => {
      peer.tunnel.write(Buffer.from(' goodbye'));
      peer.tunnel.exit({ code: 0, signal: null });
      peer.flush();
    });
}

describe('a channel', () => {
  it('carries both directions, half-close and exit, and then nothing of it is left', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      polite(peer);
    });
    const channel = await openChannel(url, upload);
    const writer = channel.writable.getWriter();
    await writer.write(Buffer.from('question'));
    await writer.close();
    expect((await readAll(channel.readable)).toString()).toBe('hello goodbye');
    expect(await channel.exit).toEqual({ code: 0, signal: null });
    expect(channel.session).toBe('session-1');
    await channel.closed;
    expect(await peer.closed).toEqual({ code: 1000, reason: '' });
    expect(peer.tunnel.settled).toBe(true);
    expect(peer.received).toBe('question'.length);
  });

  it('asks for the service and the protocol version in the URL, and never for a credential', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      polite(peer);
    });
    const withUser = url.replace('ws://', 'http://me:s%C3%A9cret@');
    const channel = await openChannel(withUser, { ...upload, gitProtocol: 'version=2' });
    expect(peer.url).toBe('/r.git/git-upload-pack?git-protocol=version%3D2');
    channel.abort();
  });

  it('hands on stderr at once, also while nobody reads the stream', async () => {
    const heard: string[] = [];
    const url = await startPeer((peer) => {
      peer.tunnel.write(Buffer.from('unread'));
      peer.tunnel.writeStderr('remote words\n');
      peer.flush();
    });
    await new Promise<void>((resolve) => {
      void openChannel(url, {
        ...upload,
        onStderr: (words) => {
          heard.push(words);
          resolve();
        },
      }).then((channel) => {
        onTestFinished(() => {
          channel.abort();
        });
      });
    });
    expect(heard).toEqual(['remote words\n']);
  });

  it.each([
    ['onStderr', new RangeError('my own')],
    ['onStderr', undefined],
    ['onConnection', new RangeError('my own')],
    ['onConnection', null],
  ])('ends with what its %s throws, %s, and closes the connection', async (name, reason) => {
    const throws = (): never => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the point
      throw reason;
    };
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the point
    const rejects = (): unknown => Promise.reject(reason);
    for (const listener of [throws, rejects]) {
      const peers: Peer[] = [];
      const url = await startPeer((peer) => {
        peers.push(peer);
        peer.tunnel.writeStderr('remote words\n');
        peer.flush();
      });
      const failure: unknown = await openChannel(url, { ...upload, [name]: listener })
        .then((channel) => channel.exit)
        .catch((error: unknown) => error);
      if (reason instanceof Error) expect(failure).toBe(reason);
      else expect(failure).toMatchObject({ code: 'CALLBACK_FAILED', cause: reason });
      for (const peer of peers) expect((await peer.closed).code).toBe(1000);
    }
  });

  it('reports a non-zero exit as an exit and not as a failure', async () => {
    const url = await startPeer((peer) => {
      peer.tunnel.exit({ code: 128, signal: null });
      peer.flush();
    });
    const channel = await openChannel(url, upload);
    expect((await readAll(channel.readable)).length).toBe(0);
    expect(await channel.exit).toEqual({ code: 128, signal: null });
  });
});

describe('backpressure', () => {
  it('of a reader that stops holds the sender at the window, and lets it go on', async () => {
    let peer!: Peer;
    const total = 3 * mib;
    const source = Buffer.alloc(total, 7);
    let written = 0;
    const pump = () => {
      written += peer.tunnel.write(source.subarray(written));
      if (written === total) {
        peer.tunnel.exit({ code: 0, signal: null });
      }
      peer.flush();
    };
    const url = await startPeer((connected) => {
      peer = connected;
      pump();
      void (async () => {
        for (;;) {
          const before = peer.events.length;
          await peer.until(() => peer.events.length > before);
          if (written < total) pump();
        }
      })();
    });
    const channel = await openChannel(url, { ...upload, window: 256 * 1024 });
    const reader = channel.readable.getReader();
    const first = await reader.read();
    let got = first.value?.length ?? 0;
    expect(written).toBeLessThanOrEqual(512 * 1024);
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      got += next.value.length;
    }
    expect(got).toBe(total);
    expect((await channel.exit).code).toBe(0);
  });

  it('of a server that stops reading holds the writer at the server’s window', async () => {
    const { peer, channel } = await openUnread();
    const writer = channel.writable.getWriter();
    let done = false;
    const writing = writer.write(new Uint8Array(mib)).then(() => (done = true));
    await peer.until(() => peer.received >= 60 * 1024);
    expect(peer.received).toBeLessThanOrEqual(64 * 1024);
    expect(done).toBe(false);
    peer.reading = true;
    peer.tunnel.consume(performance.now(), peer.events.filter((e) => e.type === 'data').length);
    peer.flush();
    await writing;
    await peer.until(() => peer.received === mib);
    channel.abort();
  });

  it('does not let the caller change bytes that are still to be sent', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      peer.flush();
    });
    const channel = await openChannel(url, receive);
    const writer = channel.writable.getWriter();
    const buffer = new Uint8Array(mib).fill(1);
    await writer.write(buffer);
    buffer.fill(2);
    await peer.until(() => peer.received === mib);
    const chunks = peer.events.flatMap((event) => (event.type === 'data' ? [event.bytes] : []));
    expect(Buffer.concat(chunks).every((byte) => byte === 1)).toBe(true);
    channel.abort();
  });
});

describe('a connection that is lost', () => {
  it('rejects reader, writer and exit', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      peer.tunnel.write(Buffer.from('half of it'));
      peer.flush();
    });
    const channel = await openChannel(url, upload);
    const reader = channel.readable.getReader();
    expect(text((await reader.read()).value)).toBe('half of it');
    peer.socket.terminate();
    await expect(reader.read()).rejects.toEqual(coded('CONNECTION_LOST'));
    await expect(channel.exit).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
    const write = channel.writable.getWriter().write(new Uint8Array(1));
    await expect(write).rejects.toEqual(coded('CONNECTION_LOST'));
    await channel.closed;
  });

  it('after end but before exit is no whole stream', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      peer.tunnel.write(Buffer.from('all?'));
      peer.tunnel.end();
      peer.flush();
    });
    const channel = await openChannel(url, upload);
    expect((await readAll(channel.readable)).toString()).toBe('all?');
    peer.socket.close(1000);
    await expect(channel.exit).rejects.toEqual(coded('CONNECTION_LOST'));
  });

  it('after exit loses nothing: what arrived can be read to the end', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      peer.tunnel.write(Buffer.from('everything'));
      peer.tunnel.exit({ code: 0, signal: null });
      peer.flush();
    });
    const channel = await openChannel(url, upload);
    expect(await channel.exit).toEqual({ code: 0, signal: null });
    peer.socket.terminate();
    await channel.closed;
    expect((await readAll(channel.readable)).toString()).toBe('everything');
  });

  it('while a write waits for credit rejects that write', async () => {
    const { peer, channel } = await openUnread();
    const writing = channel.writable.getWriter().write(new Uint8Array(mib));
    await peer.until(() => peer.received > 0);
    peer.socket.terminate();
    await expect(writing).rejects.toEqual(coded('CONNECTION_LOST'));
  });

  it('by silence is noticed', async () => {
    const url = await startPeer((peer) => {
      peer.flush();
      peer.socket.removeAllListeners('message');
    });
    const channel = await openChannel(url, {
      ...upload,
      liveness: { silence: 20, answer: 20 },
    });
    await expect(channel.exit).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      data: { reason: 'the server fell silent' },
    });
  });
});

describe('git that ended before it read everything', () => {
  it('lets a waiting write pass, as its exit says what became of it', async () => {
    const url = await startPeer(
      (peer) => {
        peer.reading = false;
        peer.flush();
        void peer
          .until(() => peer.received > 0)
          .then(() => {
            peer.tunnel.exit({ code: 1, signal: null });
            peer.flush();
          });
      },
      { window: 64 * 1024 },
    );
    const channel = await openChannel(url, receive);
    const writer = channel.writable.getWriter();
    await writer.write(new Uint8Array(mib));
    await writer.close();
    expect((await channel.exit).code).toBe(1);
  });
});

describe('an AbortSignal', () => {
  it('ends a channel at once, on both sides, with its reason as cause', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      peer.flush();
    });
    const controller = new AbortController();
    const channel = await openChannel(url, { ...upload, signal: controller.signal });
    const reading = channel.readable.getReader().read();
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toMatchObject({
      code: 'UserCanceledError',
      cause: expect.objectContaining({ message: 'enough' }) as unknown,
    });
    await expect(channel.exit).rejects.toEqual(coded('UserCanceledError'));
    expect((await peer.closed).code).toBe(1000);
  });

  it('ends a channel that is still opening', async () => {
    const controller = new AbortController();
    const url = await startPeer(() => {
      controller.abort();
    });
    const opening = openChannel(url, { ...upload, signal: controller.signal });
    await expect(opening).rejects.toEqual(coded('UserCanceledError'));
  });

  it('that has fired opens no socket', async () => {
    let connections = 0;
    const url = await startPeer(() => (connections += 1));
    const opening = openChannel(url, { ...upload, signal: AbortSignal.abort() });
    await expect(opening).rejects.toEqual(coded('UserCanceledError'));
    const controller = new AbortController();
    const later = openChannel(url, {
      ...upload,
      signal: controller.signal,
      authorization: () => {
        controller.abort();
        return 'Bearer x';
      },
    });
    await expect(later).rejects.toEqual(coded('UserCanceledError'));
    expect(connections).toBe(0);
  });
});

describe('canceling', () => {
  it('the readable drops what comes, and exit is still known', async () => {
    const url = await startPeer((peer) => {
      peer.tunnel.write(new Uint8Array(mib));
      peer.flush();
      void peer
        .until(() => peer.has('end'))
        .then(() => {
          peer.tunnel.write(new Uint8Array(mib));
          peer.tunnel.exit({ code: 0, signal: null });
          peer.flush();
        });
    });
    const channel = await openChannel(url, receive);
    await channel.readable.cancel();
    await channel.writable.close();
    expect((await channel.exit).code).toBe(0);
    await channel.closed;
  });

  it('the writable aborts the channel: half a request must not be taken for a whole one', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      peer.flush();
    });
    const channel = await openChannel(url, receive);
    await channel.writable.abort(new Error('no'));
    await expect(channel.exit).rejects.toEqual(coded('UserCanceledError'));
    await peer.closed;
    expect(peer.has('end')).toBe(false);
  });
});

describe('a server that will not', () => {
  it('says so with a close code and a sentence', async () => {
    const url = await startPeer((peer) => {
      peer.socket.close(4404, 'There is no such repository.');
    });
    await expect(openChannel(url, upload)).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'There is no such repository.',
      data: { closeCode: 4404, status: 404 },
    });
  });

  it('in the middle of a transfer is a refusal too', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      peer.flush();
    });
    const channel = await openChannel(url, upload);
    peer.socket.close(4503, 'shutting down');
    await expect(channel.exit).rejects.toMatchObject({ code: 'REFUSED', retryable: true });
  });

  it('speak gitws is told from one that does', async () => {
    const url = await startPeer(() => undefined, { chosen: 'gitws.v9' });
    await expect(openChannel(url, upload)).rejects.toEqual(coded('CONNECTION_FAILED'));
  });

  it('answer in time is left', async () => {
    const url = await startPeer(() => undefined);
    await expect(openChannel(url, { ...upload, openTimeout: 30 })).rejects.toEqual(
      coded('TIMEOUT'),
    );
  });

  it('keep to the protocol gets 4400 and a reason', async () => {
    let peer!: Peer;
    const url = await startPeer((connected) => {
      peer = connected;
      peer.socket.send('{"type":"exit","code":0}');
    });
    await expect(openChannel(url, upload)).rejects.toEqual(coded('PROTOCOL_ERROR'));
    expect(await peer.closed).toEqual({
      code: 4400,
      reason: 'The peer broke gitws.v1: exit before open.',
    });
  });

  it('take WebSockets at all fails with what is known of it', async () => {
    const server = createServer((_, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/r.git`;
    await expect(openChannel(url, upload)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringMatching(/accepted no WebSocket .*404/) as string,
    });
    server.close();
    await expect(openChannel('ws://127.0.0.1:1/r.git', upload)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('could not be reached') as string,
    });
  });
});

describe('options', () => {
  it.each([0, 1024, 17 * mib, 1.5 * mib + 0.5, Number.NaN])(
    'with a window of %d bytes are refused',
    async (window) => {
      await expect(openChannel('ws://127.0.0.1:1/r', { ...upload, window })).rejects.toEqual(
        coded('INVALID_OPTION'),
      );
    },
  );

  it('may bring a WebSocket class of their own, which may fail to construct', async () => {
    class Forbidden {
      constructor() {
        throw new DOMException('mixed content', 'SecurityError');
      }
    }
    const opening = openChannel('ws://127.0.0.1:1/r', {
      ...upload,
      WebSocket: Forbidden as never,
    });
    await expect(opening).rejects.toEqual(coded('CONNECTION_FAILED'));
  });
});
