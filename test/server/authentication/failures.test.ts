import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Authenticate } from '../../../server/admission/access.js';
import {
  formatFailedSignIn,
  limitFailures,
  type FailedSignIn,
} from '../../../server/authentication/failures.js';
import { attempt, basic, bearer } from './attempts.js';

const tooMany = { code: 'REFUSED', retryable: true, data: { closeCode: 4429, status: 429 } };
const here = '203.0.113.9';
const there = '198.51.100.7';

let checked = 0;
let failures: FailedSignIn[];

/** The password of everybody is "right". */
const authenticate: Authenticate = async ({ credentials }) => {
  if (credentials === undefined) return null;
  checked += 1;
  await Promise.resolve();
  const right = credentials.scheme === 'basic' && credentials.password === 'right';
  return right ? { name: credentials.username } : null;
};

const limited = (options = {}) =>
  limitFailures(authenticate, { onFailure: (failure) => failures.push(failure), ...options });

type Limited = ReturnType<typeof limitFailures>;

/** What comes of an attempt; as much time passes as the longest delay takes. */
async function outcome(limit: Limited, ...given: Parameters<typeof basic>): Promise<unknown> {
  const result = limit(basic(...given)).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(2_000);
  return await result;
}

const guess = (limit: Limited, address = here) => outcome(limit, 'alice', 'wrong', address);

beforeEach(() => {
  checked = 0;
  failures = [];
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('guessing passwords', () => {
  it('ends with 4429 after so many failures, for right credentials too', async () => {
    const limit = limited({ maxFailures: 3 });
    for (let count = 0; count < 3; count += 1) expect(await guess(limit)).toBeNull();
    expect(await guess(limit)).toMatchObject(tooMany);
    await expect(limit(basic('alice', 'right', here))).rejects.toMatchObject(tooMany);
    await expect(limit(basic('alice', 'right', here))).rejects.toThrow(
      'Too many failed sign-ins from your address: try again in 15 min.',
    );
    // What is refused is not even looked at.
    expect(checked).toBe(3);
  });

  it('is limited by address: nobody locks out anybody elsewhere, nor a user by name', async () => {
    const limit = limited({ maxFailures: 1 });
    await guess(limit);
    expect(await guess(limit)).toMatchObject(tooMany);
    expect(await limit(basic('alice', 'right', there))).toEqual({ name: 'alice' });
  });

  it('from all addresses of one IPv6 network counts as one', async () => {
    const limit = limited({ maxFailures: 2 });
    await guess(limit, '2001:db8:1:2::1');
    await guess(limit, '2001:db8:1:2:ffff::2');
    expect(await guess(limit, '2001:db8:1:2:aaaa::3')).toMatchObject(tooMany);
    expect(await guess(limit, '2001:db8:1:3::1')).toBeNull();
  });

  it('a thousand times at once gets no more answers than one after the other', async () => {
    const limit = limited({ maxFailures: 10 });
    const guesses = Array.from({ length: 1_000 }, () =>
      limit(basic('alice', 'wrong', here)).catch((error: unknown) => error),
    );
    await vi.advanceTimersByTimeAsync(10_000);
    const answers = await Promise.all(guesses);
    expect(checked).toBe(10);
    expect(answers.filter((answer) => answer === null)).toHaveLength(10);
    expect(answers.filter((answer) => answer !== null)).toHaveLength(990);
    expect(failures).toHaveLength(10);
  });

  it('is answered ever more slowly, up to 2 s', async () => {
    const limit = limited({ maxFailures: 6, failureDelay: 250 });
    const delays: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      const started = Date.now();
      const answer = limit(basic('alice', 'wrong', here));
      let ended = 0;
      void answer.then(() => (ended = Date.now()));
      await vi.advanceTimersByTimeAsync(5_000);
      delays.push(ended - started);
    }
    expect(delays).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000]);
  });

  it('may go on after the time is over, and not before', async () => {
    const limit = limited({ maxFailures: 1, failureTime: 60_000, failureDelay: 0 });
    await guess(limit);
    await vi.advanceTimersByTimeAsync(57_000);
    await expect(limit(basic('alice', 'right', here))).rejects.toMatchObject(tooMany);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await limit(basic('alice', 'right', here))).toEqual({ name: 'alice' });
  });

  it('is not forgiven by signing in rightly in between', async () => {
    const limit = limited({ maxFailures: 2 });
    await guess(limit);
    expect(await limit(basic('mallory', 'right', here))).toEqual({ name: 'mallory' });
    await guess(limit);
    expect(await guess(limit)).toMatchObject(tooMany);
  });

  it('from ever new addresses does not fill the memory: the oldest count is forgotten', async () => {
    const limit = limited({ maxFailures: 1, maxAddresses: 100 });
    await guess(limit, there);
    expect(await guess(limit, there)).toMatchObject(tooMany);
    const flood = Array.from({ length: 300 }, (_, index) =>
      limit(basic('a', 'wrong', `10.0.${index >> 8}.${index & 255}`)),
    );
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(flood);
    // One timer for each address that is still counted.
    expect(vi.getTimerCount()).toBe(100);
    expect(await guess(limit, there)).toBeNull();
  });
});

describe('signing in rightly', () => {
  it('is never counted, however often', async () => {
    const limit = limited({ maxFailures: 2 });
    for (let count = 0; count < 20; count += 1) {
      expect(await limit(basic('alice', 'right', here))).toEqual({ name: 'alice' });
    }
    expect(failures).toEqual([]);
  });

  it('many times at once behind one address waits its turn and is not refused', async () => {
    const limit = limited({ maxFailures: 3, maxWaiting: 20 });
    const all = Array.from({ length: 23 }, () => limit(basic('alice', 'right', here)));
    expect(await Promise.all(all)).toHaveLength(23);
  });

  it('cannot be waited for by more than a bounded number: a flood is refused, not queued', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow: Authenticate = () => answered.then(() => ({ name: 'alice' }));
    const limit = limitFailures(slow, { maxFailures: 1, maxWaiting: 3 });
    const some = Array.from({ length: 4 }, () => limit(basic('alice', 'right', here)));
    await expect(limit(basic('alice', 'right', here))).rejects.toMatchObject(tooMany);
    answer();
    expect(await Promise.all(some)).toHaveLength(4);
  });

  it('without credentials is no failure: every client begins so', async () => {
    const limit = limited({ maxFailures: 1 });
    for (let count = 0; count < 5; count += 1) expect(await limit(attempt(undefined))).toBeNull();
    expect(failures).toEqual([]);
  });

  it('that could not be checked is no failure, and holds nobody up', async () => {
    const broken = limitFailures(() => Promise.reject(new Error('database')), { maxFailures: 1 });
    for (let count = 0; count < 5; count += 1) {
      await expect(broken(basic('a', 'b'))).rejects.toThrow('database');
    }
  });
});

describe('the line of a failed sign-in', () => {
  it('names the address first, then what was tried, and how many failures there were', async () => {
    const limit = limited();
    await outcome(limit, 'alice', 'wrong', here);
    expect(failures.map(formatFailedSignIn)).toEqual([
      'gitws: failed sign-in from 203.0.113.9: basic, user "alice", failure 1 of 10',
    ]);
  });

  it('never shows a password, a token, or a token in the place of a name', async () => {
    const limit = limited();
    const guesses = [
      limit(bearer('gitws_x')),
      limit(basic('gitws_x', '')),
      limit(basic('a', 'pw')),
    ];
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(guesses);
    const lines = failures.map(formatFailedSignIn).join('\n');
    expect(lines).not.toMatch(/gitws_x|pw/);
    expect(failures.map((failure) => failure.username).sort()).toEqual(['a', undefined, undefined]);
  });

  /** As fail2ban reads it: its <ADDR> is an address of either family. */
  async function failregex(): Promise<RegExp> {
    const filter = await readFile(
      new URL('../../../docs/fail2ban-gitws.conf', import.meta.url),
      'utf8',
    );
    const line = /^failregex = (.*)$/m.exec(filter)?.[1] ?? '';
    return new RegExp(line.replace('<ADDR>', '([0-9A-Fa-f:.]+)'));
  }

  it('is matched by the failregex that is shipped', async () => {
    const pattern = await failregex();
    const failure = { scheme: 'basic', failures: 1, maxFailures: 10 } as const;
    for (const [address, username] of [
      [here, 'alice'],
      ['2001:db8::1', undefined],
      [here, 'from 192.0.2.1: "'],
    ] as const) {
      const line = formatFailedSignIn({ ...failure, address, username });
      expect(pattern.exec(line)?.[1]).toBe(address);
    }
  });

  it('cannot be forged by a name: nobody gets somebody else banned', async () => {
    const pattern = await failregex();
    const forged = formatFailedSignIn({
      address: '192.0.2.66',
      username: undefined,
      scheme: 'basic',
      failures: 1,
      maxFailures: 10,
    });
    const evil = fc.oneof(
      fc.string(),
      fc.constantFrom('\n', '\r\n', '\u2028', '"').map((end) => `x${end}${forged}`),
    );
    fc.assert(
      fc.property(evil, (username) => {
        const failure = { address: here, scheme: 'basic', failures: 1, maxFailures: 10 } as const;
        const line = formatFailedSignIn({ ...failure, username });
        expect(line).toMatch(/^[ -~]+$/);
        expect(pattern.exec(line)?.[1]).toBe(here);
      }),
    );
  });

  it('never shows as an address what is none', async () => {
    const limit = limited();
    await outcome(limit, 'alice', 'wrong', '1.2.3.4\ngitws: failed sign-in from 5.6.7.8');
    expect(failures[0]?.address).toBe('unknown');
  });
});
