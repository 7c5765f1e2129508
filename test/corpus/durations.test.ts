/** Options that are times: each value is refused, or does what it says; none wakes anybody for nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultLimits, limitNames, limits } from '../../server/limits/limits.js';
import { createGitServer, limitFailures } from '../../server/index.js';
import {
  bindRepository,
  createHttpClient,
  isGitWsError,
  openChannel,
  type ChannelOptions,
} from '../../src/index.js';
import { formatMessage } from '../../src/tunnel/machine/message.js';
import { readCorpus } from './corpus.js';

const hour = 3_600_000;

/** A connection that opens when it is told to, says `open`, and then nothing more. */
class SilentSocket {
  static current: SilentSocket;
  binaryType = '';
  readonly protocol = 'gitws.v1';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  sent = 0;

  constructor() {
    SilentSocket.current = this;
  }

  say(resumeFor = 0): void {
    const message = { type: 'open', session: 's', token: 'x'.repeat(22), window: 1 << 20 } as const;
    this.onopen?.();
    this.onmessage?.({ data: formatMessage({ ...message, received: 0, resumeFor }) });
  }

  send(): void {
    this.sent += 1;
  }

  close(): void {
    // Nobody is told.
  }
}

function optionsWith(option: string, value: number): ChannelOptions {
  const [name = '', part] = option.split('.');
  const given = part === undefined ? { [name]: value } : { [name]: { [part]: value } };
  return { service: 'git-upload-pack', WebSocket: SilentSocket, ...given };
}

/** @returns how many timers fire in an hour. */
async function wakeUps(): Promise<number> {
  let count = 0;
  for (const end = Date.now() + hour; vi.getTimerCount() > 0 && count < 5_000; count += 1) {
    await vi.advanceTimersToNextTimerAsync();
    if (Date.now() > end) break;
  }
  return count;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each(readCorpus<{ readonly option: string; readonly value: string }, string>('durations'))(
  '$name: $input.option $input.value',
  ({ input: { option, value }, expected }) => {
    const options = optionsWith(option, Number(value));

    it('as an option of a channel', async () => {
      const opening = openChannel('ws://git.example/a.git', options);
      const outcome = opening.then(
        () => 'taken',
        (error: unknown) => (isGitWsError(error) ? error.code : String(error)),
      );
      await vi.advanceTimersByTimeAsync(0);
      if (expected === 'taken') {
        // The longest default, and still nobody is refused who has more time.
        if (option === 'openTimeout') await vi.advanceTimersByTimeAsync(hour);
        SilentSocket.current.say();
      }
      expect(await outcome).toBe(expected);
      if (expected !== 'taken') return;
      const channel = await opening;
      // A ping after 10 s, two looks more until the server counts as dead: no more than that.
      expect(await wakeUps()).toBeLessThan(5);
      expect(SilentSocket.current.sent).toBeLessThan(4);
      channel.abort();
      expect(vi.getTimerCount()).toBe(0);
    });

    it('as an option of the http plugin, told when it is made', () => {
      const make = () => createHttpClient(options);
      if (expected === 'taken') expect(make).not.toThrow();
      else expect(make).toThrow(expect.objectContaining({ code: expected }));
    });
  },
);

describe('a time in words, or the words of a number', () => {
  const options = [
    ...['openTimeout', 'advertisementTime', 'resumeFor', 'keepAlive'],
    ...['liveness.silence', 'liveness.answer'],
  ];

  it.each(options.flatMap((option) => ['5s', '15000', ''].map((value) => [option, value])))(
    'is refused by name: %s of %j',
    async (option = '', value = '') => {
      const given = optionsWith(option, value as unknown as number);
      const refusal = {
        code: 'INVALID_OPTION',
        message: expect.stringContaining(`${option} must be a time in ms`) as string,
        data: { [option]: value },
      };
      const url = 'ws://git.example/a.git';
      expect(() => createHttpClient(given)).toThrow(expect.objectContaining(refusal));
      const bind = () => bindRepository({ fs: {}, dir: '/a', url, ...given });
      expect(bind).toThrow(expect.objectContaining(refusal));
      // A channel gets no second request.
      if (option === 'advertisementTime') return;
      await expect(openChannel(url, given)).rejects.toMatchObject(refusal);
    },
  );
});

describe('liveness of which one time is given', () => {
  it('has the default for the other', async () => {
    const opening = openChannel('ws://git.example/a.git', optionsWith('liveness.silence', 20_000));
    await vi.advanceTimersByTimeAsync(0);
    SilentSocket.current.say();
    const channel = await opening;
    const ended = expect(channel.exit).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await wakeUps()).toBeLessThan(5);
    await ended;
  });
});

describe('a server that keeps lost sessions for ages', () => {
  it('does not keep a client busy that is offline', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    const opening = openChannel('ws://git.example/a.git', optionsWith('resumeFor', Infinity));
    await vi.advanceTimersByTimeAsync(0);
    SilentSocket.current.say(1e12);
    const channel = await opening;
    channel.exit.catch(() => undefined);
    SilentSocket.current.onclose?.({ code: 1006, reason: '' });
    await vi.advanceTimersByTimeAsync(0);
    SilentSocket.current.onclose?.({ code: 1006, reason: '' });
    expect(await wakeUps()).toBeLessThan(5);
    channel.abort();
    vi.unstubAllGlobals();
  });
});

describe('advertisementTime', () => {
  it.each([-1, NaN, 2 ** 31])('is not %d', (advertisementTime) => {
    expect(() => createHttpClient({ advertisementTime })).toThrow(
      /advertisementTime must be a time/,
    );
  });

  it.each([0, 2 ** 31 - 1, Infinity])('may be %d', (advertisementTime) => {
    expect(() => createHttpClient({ advertisementTime })).not.toThrow();
  });
});

describe('the times of a server', () => {
  const times = limitNames.filter((name) => limits[name].unit === 'ms');

  it.each(times)('%s is no endless, negative or overlong time, and no nothing', (name) => {
    for (const value of [Infinity, -1, NaN, 0.5, 2 ** 31]) {
      expect(() => createGitServer({ root: '/', limits: { [name]: value } })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      );
    }
    expect(defaultLimits[name]).toBeLessThan(2 ** 31);
  });

  it.each(['accessTime', 'openingTime', 'firstByteTime', 'idleTime', 'totalTime', 'settleTime'])(
    '%s is not 0, which would end every session',
    (name) => {
      expect(() => createGitServer({ root: '/', limits: { [name]: 0 } })).toThrow(
        / 1(ms)? to 2147483647/,
      );
    },
  );

  it.each([Infinity, 0, NaN, 2 ** 31])(
    'failures are not forgotten at once, by %d',
    (failureTime) => {
      expect(() => limitFailures(() => null, { failureTime })).toThrow(
        /failureTime cannot be used/,
      );
    },
  );
});
