/**
 * How a client resumes, frame by frame, against a server that says what the test wants; and what
 * its caller hears of that. What a real server makes of it: ../server/resume.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { openChannel } from '../../src/tunnel/client/channel.js';
import type { ChannelOptions } from '../../src/tunnel/client/channel-options.js';
import {
  beginAndDrop,
  brief,
  goOn,
  open,
  openMessage,
  serve,
  token,
  type Connection,
} from './resuming-server.js';

describe('a client whose connection is lost', () => {
  it('comes back at once with its token and what it has received, and tells of each step', async () => {
    const entries: (readonly string[])[] = [];
    const url = await serve(async (connection, number) => {
      entries.push(connection.entries);
      if (number === 0) await beginAndDrop(connection);
      else goOn(connection);
    });
    const { channel, told, all } = await open(url);
    expect(await all).toBe('abcdef');
    expect(await channel.exit).toEqual({ code: 0, signal: null });
    expect(entries).toEqual([[], [`gitws.resume.${token}.1`]]);
    expect(told).toEqual([
      { state: 'connecting', attempt: 0, wait: 0, received: 0, sent: 0, reason: '' },
      { state: 'open', attempt: 0, wait: 0, received: 0, sent: 0, reason: '' },
      {
        ...{ state: 'interrupted', attempt: 1, wait: 0, received: 3, sent: 0 },
        reason: expect.stringMatching(/^The connection ended .*\.$/) as string,
      },
      { state: 'connecting', attempt: 1, wait: 0, received: 3, sent: 0, reason: '' },
      { state: 'resumed', attempt: 1, wait: 0, received: 3, sent: 0, reason: '' },
    ]);
  });

  it('sends again what the server has not received, and nothing else', async () => {
    const sent: Buffer[] = [];
    const url = await serve(async (connection, number) => {
      const { socket, text } = connection;
      socket.on('message', (data: Buffer, isBinary) => {
        if (number === 1 && isBinary) sent.push(data);
      });
      if (number === 0) {
        socket.send(openMessage());
        await text('"end"');
        // git has taken the first of three messages.
        socket.send('{"type":"ack","consumed":1}');
        socket.send('{"type":"stderr","text":"-"}');
        await text('"consumed":1');
        socket.terminate();
        return;
      }
      socket.send(openMessage(1));
      await text('"end"');
      socket.send('{"type":"exit","code":0}');
    });
    const { channel, told } = await open(url, { service: 'git-receive-pack' });
    const writer = channel.writable.getWriter();
    await writer.write(Buffer.from('one'));
    await writer.write(Buffer.from('two'));
    await writer.close();
    await channel.exit;
    expect(Buffer.concat(sent).toString()).toBe('two');
    expect(told.find(({ state }) => state === 'interrupted')).toMatchObject({ sent: 3 });
  });

  it('waits longer after each attempt in vain; 4429 and lost handshakes are such', async () => {
    const url = await serve((connection, number) => {
      if (number === 0) return beginAndDrop(connection);
      if (number === 1) connection.socket.close(4429, 'Too many.');
      else if (number === 2) connection.socket.terminate();
      else goOn(connection);
    });
    const { told, all } = await open(url);
    expect(await all).toBe('abcdef');
    const interrupted = told.filter(({ state }) => state === 'interrupted');
    expect(interrupted.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    const [first, second, third] = interrupted.map(({ wait }) => wait);
    expect(first).toBe(0);
    expect(second).toBeGreaterThanOrEqual(250);
    expect(second).toBeLessThanOrEqual(500);
    expect(third).toBeGreaterThanOrEqual(500);
    expect(third).toBeLessThanOrEqual(1_000);
    expect(interrupted[1]?.reason).toBe('Too many.');
  });

  it('counts attempts anew only when a connection was good for something', async () => {
    const url = await serve(async (connection, number) => {
      const { socket, text } = connection;
      if (number === 0) return beginAndDrop(connection);
      if (number === 4) {
        goOn(connection);
        return;
      }
      socket.send(openMessage());
      if (number === 3) {
        socket.send(Buffer.from('-'));
        await text('"consumed":2');
      } else {
        await text('"ack"');
      }
      socket.terminate();
    });
    const { told, all } = await open(url);
    expect(await all).toBe('abc-def');
    expect(brief(told).slice(2)).toEqual([
      ...['interrupted 1', 'connecting 1', 'resumed 1'],
      ...['interrupted 2', 'connecting 2', 'resumed 2'],
      ...['interrupted 3', 'connecting 3', 'resumed 3'],
      ...['interrupted 1', 'connecting 1', 'resumed 1'],
    ]);
  });

  it('asks again for credentials that it did not get', async () => {
    const entries: (readonly string[])[] = [];
    const url = await serve(async (connection, number) => {
      entries.push(connection.entries);
      if (number === 0) await beginAndDrop(connection);
      else goOn(connection);
    });
    let asked = 0;
    const { told, all } = await open(url, {
      authorization: () => {
        asked += 1;
        if (asked === 2) throw new Error('no network');
        return `Bearer ${asked}`;
      },
    });
    expect(await all).toBe('abcdef');
    expect(asked).toBe(3);
    const bearer = (value: string): string =>
      `gitws.auth.${Buffer.from(value).toString('base64url')}`;
    expect(entries[0]).toEqual([bearer('Bearer 1')]);
    expect(entries[1]).toContain(bearer('Bearer 3'));
    expect(told.find(({ attempt }) => attempt === 2)?.reason).toContain('no network');
  });
});

describe('a client gives up', () => {
  /** @returns what it rejects with, and how many connections it made. */
  async function givingUp(
    options: Partial<ChannelOptions>,
    again: (connection: Connection) => void,
    resumeFor = 60,
  ): Promise<{ error: unknown; connections: number }> {
    let connections = 0;
    const url = await serve(async (connection, number) => {
      connections += 1;
      if (number > 0) {
        again(connection);
        return;
      }
      connection.socket.send(openMessage(0, resumeFor));
      await connection.text('"ack"');
      connection.socket.terminate();
    });
    const { channel, all } = await open(url, options);
    const error: unknown = await channel.exit.catch((reason: unknown) => reason);
    await expect(all).rejects.toBe(error);
    return { error, connections };
  }

  const tooMany = ({ socket }: Connection): void => socket.close(4429, 'Too many.');

  it('after as many attempts as `retries` says', async () => {
    const { error, connections } = await givingUp({ retries: 2 }, tooMany);
    expect(error).toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
      data: { notResumed: 'Too many.' },
    });
    expect(connections).toBe(3);
  });

  it('after the time that `resumeFor` says', async () => {
    const { error, connections } = await givingUp({ resumeFor: 50 }, tooMany);
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', data: { notResumed: 'Too many.' } });
    expect(connections).toBeGreaterThan(1);
  });

  it('without an attempt where `resumeFor` or `retries` is 0, or the server resumes nothing', async () => {
    for (const [options, resumeFor] of [
      [{ resumeFor: 0 }, 60],
      [{ retries: 0 }, 60],
      [{}, 0],
    ] as const) {
      const { error, connections } = await givingUp(options, tooMany, resumeFor);
      expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
      expect(connections).toBe(1);
    }
  });

  it.each([
    [4410, 'Gone.', { code: 'CONNECTION_LOST', data: { closeCode: 4410 } }],
    [4503, 'The server shuts down.', { code: 'REFUSED', data: { status: 503 } }],
    [4401, 'Who are you?', { code: 'REFUSED', data: { status: 401 } }],
    [4403, 'No more.', { code: 'REFUSED', data: { status: 403 } }],
    [4409, 'Taken over.', { code: 'REFUSED', data: { status: 409 } }],
  ])('at once where the server says %i', async (code, reason, expected) => {
    const { error, connections } = await givingUp({}, ({ socket }) => socket.close(code, reason));
    expect(error).toMatchObject(expected);
    expect(connections).toBe(2);
  });

  it('at once where another took over, also where it had no credentials for an attempt before', async () => {
    let asked = 0;
    const authorization = (): string => {
      asked += 1;
      if (asked === 2) throw new Error('no network');
      return 'Bearer 1';
    };
    const { error, connections } = await givingUp({ authorization }, ({ socket }) =>
      socket.close(4409, 'Taken over.'),
    );
    expect(error).toMatchObject({ code: 'REFUSED', data: { status: 409 } });
    expect(connections).toBe(2);
  });

  it('when its signal fires while it waits', async () => {
    const abort = new AbortController();
    const { error, connections } = await givingUp({ signal: abort.signal }, (connection) => {
      connection.socket.on('close', () => abort.abort());
      connection.socket.close(4429);
    });
    expect(error).toMatchObject({ code: 'UserCanceledError' });
    expect(connections).toBe(2);
  });
});

it.each([0, -1, Number.NaN])(
  'takes %d for `resumeFor` and `retries` where it is one',
  async (n) => {
    for (const name of ['resumeFor', 'retries'] as const) {
      const opened = openChannel('ws://127.0.0.1:1/r', { service: 'git-upload-pack', [name]: n });
      const code = n >= 0 ? 'CONNECTION_FAILED' : 'INVALID_OPTION';
      await expect(opened).rejects.toMatchObject({ code });
    }
  },
);
