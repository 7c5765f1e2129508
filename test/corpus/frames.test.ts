/** Frames that a WebSocket refuses by itself: a breach is no loss, and nobody comes back after it. */
import type { Socket } from 'node:net';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient, openChannel, type ConnectionEvent } from '../../src/index.js';
import { formatMessage } from '../../src/tunnel/machine/message.js';
import { nativeEnvironment } from '../helpers/native.js';
import { gitStatus } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { corpusBytes, readCorpus, type CorpusBytes } from './corpus.js';

interface Breach {
  readonly after: 'handshake' | 'open';
  /** As it comes out of the server's socket. */
  readonly frame: CorpusBytes;
}

let url: string;
let breach: Breach;
let connections = 0;

const open = formatMessage({
  ...{ type: 'open', session: 's', token: 'x'.repeat(22), window: 1 << 20 },
  ...{ received: 0, resumeFor: 60 },
});

beforeAll(async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'gitws.v1' });
  const raw = new Set<Socket>();
  sockets.on('connection', (socket, request) => {
    connections += 1;
    raw.add(request.socket);
    socket.on('error', () => undefined);
    if (breach.after === 'handshake') {
      request.socket.write(corpusBytes(breach.frame));
      return;
    }
    socket.send(open);
    // Its answer to open: the channel is there by then.
    socket.once('message', () => request.socket.write(corpusBytes(breach.frame)));
  });
  const served = await listen(server, () => {
    for (const socket of raw) socket.destroy();
  });
  url = served.url;
});

beforeEach(() => {
  connections = 0;
});

describe.each(readCorpus<Breach, string>('frames'))('$name', ({ input, expected }) => {
  beforeEach(() => {
    breach = input;
  });

  it('by a channel', async () => {
    const states: ConnectionEvent['state'][] = [];
    const run = async (): Promise<void> => {
      const onConnection = ({ state }: ConnectionEvent) => states.push(state);
      const channel = await openChannel(`${url}/a.git`, {
        ...{ service: 'git-upload-pack', onConnection },
      });
      await channel.exit;
    };
    await expect(run()).rejects.toMatchObject({ code: expected, retryable: false });
    expect(states).not.toContain('interrupted');
    expect(connections).toBe(1);
  });

  it('by the http plugin', async () => {
    const asked = createHttpClient().request({
      url: `${url}/a.git/info/refs?service=git-upload-pack`,
    });
    await expect(asked).rejects.toMatchObject({ code: expected });
    expect(connections).toBe(1);
  });
});

describe('native git', () => {
  it('says that the protocol was broken, and does not come back', async () => {
    breach = { after: 'open', frame: { base64: 'gQL//g==' } };
    const remote = `${url.replace('http', 'ws')}/a.git`;
    const { code, stderr } = await gitStatus(['ls-remote', remote], {
      env: await nativeEnvironment(),
    });
    expect(code).toBe(128);
    expect(stderr).toContain('The connection broke the WebSocket protocol: ');
    expect(connections).toBe(1);
  });
});
