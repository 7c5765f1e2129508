/**
 * Numbers in the documents that stand in code, held against the code: wherever a limit is named with
 * a value, and in the sentences below, which say one without naming it.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { maxGreeted } from '../../bin/front-page/greeting.js';
import { defaultFailureLimits } from '../../server/authentication/failures.js';
import {
  decisionLines,
  failureLines,
  maxFailureLength,
  refusalLines,
  signInLines,
} from '../../bin/log.js';
import { settingNames, settingOf, type SettingName } from '../../bin/settings/table.js';
import { defaultLimits as limits } from '../../server/limits.js';
import { maxWaiting } from '../../native/waiting-lines.js';
import { livenessTimes } from '../../src/tunnel/machine/liveness.js';
import { maxBinaryBytes, maxTextLength } from '../../src/tunnel/machine/message.js';
import { dataMessageBytes } from '../../src/tunnel/machine/outgoing.js';
import { backoff } from '../../src/tunnel/client/reconnection.js';
import { maxSubprotocolBytes } from '../../src/tunnel/machine/subprotocol.js';
import { root } from './consumer.js';

const factors: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: 1_000, second: 1_000, seconds: 1_000, m: 60_000, h: 3_600_000 },
  ...{ minute: 60_000, minutes: 60_000, hours: 3_600_000 },
  ...{ B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, '': 1 },
};

/** `1 minute`, `4MiB`, `15 to 30 s` (the first), `1,000`. */
function valueOf(number: string, unit: string): number {
  return Number(number.replaceAll(',', '')) * (factors[unit] ?? NaN);
}

/** Where a value follows a setting's name: `name` (10 s), or (`name`, 100; …). */
const named =
  /`(\w+)`(?: \(|, )(\d[\d,.]*)(?: ?(ms|s|m|h|[KMG]iB|B|seconds?|minutes?|hours?))?(?=[);,])/g;

const documents = ['README.md', 'CHANGELOG.md'];
for (const name of await readdir(join(root, 'docs'))) {
  if (name.endsWith('.md')) documents.push(`docs/${name}`);
}

describe('a limit that a document names with a value', () => {
  it.each(documents)('has that value: %s', async (document) => {
    const text = await readFile(join(root, document), 'utf8');
    for (const [whole, name = '', number = '', unit = ''] of text.matchAll(named)) {
      if (!(settingNames as readonly string[]).includes(name)) continue;
      const { default: standard } = settingOf(name as SettingName);
      expect(valueOf(number, unit), `${document}: ${whole}`).toBe(standard);
    }
  });

  it('is seen in each form', () => {
    const text = 'a `resumeTime` (1 minute), (`maxSessions`, 100; `maxQueue`, 32), `window` (4MiB)';
    const seen = [...text.matchAll(named)].map(([, name, number, unit]) => [name, number, unit]);
    expect(seen).toEqual([
      ['resumeTime', '1', 'minute'],
      ['maxSessions', '100', undefined],
      ['maxQueue', '32', undefined],
      ['window', '4', 'MiB'],
    ]);
  });
});

const MiB = 1024 ** 2;
const seconds = (ms: number): string => `${ms / 1_000}`;

describe('a sentence with a number of the code', () => {
  it.each([
    [
      'docs/reliability.md',
      `**Lost sessions have limits**: ${limits.maxDetached} on a server, ${limits.maxDetachedPerAddress} from an address, ${limits.maxDetachedPerUser} of a user, ${limits.maxDetachedBytes / MiB} MiB in all`,
    ],
    [
      'docs/reliability.md',
      `${seconds(limits.pingInterval)} to ${seconds(2 * limits.pingInterval)} s (\`pingInterval\`)`,
    ],
    ['docs/reliability.md', `at most the window (${limits.window / MiB} MiB)`],
    ['docs/reliability.md', `${seconds(limits.openingTime)} s (\`openingTime\`)`],
    ['docs/reliability.md', `A message is at most ${dataMessageBytes / 1024} KiB`],
    ['README.md', `nothing of ${dataMessageBytes / 1024} KiB gets through in one piece`],
    ['docs/protocol.md', `1 byte to ${maxBinaryBytes / MiB} MiB`],
    ['docs/protocol.md', `JSON objects of at most ${maxTextLength / 1024} KiB`],
    [
      'docs/protocol.md',
      `Default ${limits.window / MiB} MiB, at least 64 KiB, at most 16 MiB; \`maxReplay\` ${limits.maxReplay / MiB} MiB`,
    ],
    [
      'docs/deployment.md',
      `one header line of up to ${maxSubprotocolBytes.toLocaleString('en')} bytes`,
    ],
    [
      'docs/reliability.md',
      `${seconds(livenessTimes.silence)} s of silence, then a ping, ${seconds(livenessTimes.answer)} s for its answer`,
    ],
    [
      'docs/reliability.md',
      `after ${backoff.first / 2_000} to ${backoff.first / 1_000} s, ${backoff.first / 1_000} to ${backoff.first / 500} s, … up to ${backoff.longest / 2_000} to ${backoff.longest / 1_000} s`,
    ],
    [
      'docs/deployment.md',
      `Both are ${limits.window / MiB} MiB, so ${limits.maxSessions} sessions take at most ${(limits.maxSessions * (limits.window + limits.maxReplay)) / MiB} MiB`,
    ],
    ['docs/deployment.md', `at most ${seconds(limits.drainTime)} seconds`],
    [
      'docs/protocol.md',
      `close its stdin, SIGTERM to the process group, SIGKILL after ${seconds(limits.killDelayUpload)} s`,
    ],
    [
      'docs/protocol.md',
      `SIGTERM after ${seconds(limits.termDelayReceive)} s, SIGKILL after ${seconds(limits.killDelayReceive)} s`,
    ],
    [
      'docs/protocol.md',
      `SIGTERM for a push only ${seconds(limits.termDelayReceive)} s after its stdin was closed`,
    ],
    ['docs/protocol.md', `stops reading git's stdout while more than 1 MiB waits in the socket`],
    ['docs/deployment.md', `The server pings every ${seconds(limits.pingInterval)} seconds`],
    [
      'docs/security.md',
      `by default ${limits.maxSessions} × ${(limits.window + limits.maxReplay) / MiB} MiB`,
    ],
    [
      'docs/security.md',
      `take ${defaultFailureLimits.failureDelay} ms, then twice as long each, at most 2 s; ${defaultFailureLimits.maxAddresses.toLocaleString('en')} addresses are counted at once, and ${defaultFailureLimits.maxWaiting} attempts of one may wait`,
    ],
    ['docs/configuration.md', `the first ${maxGreeted} of them`],
    [
      'docs/configuration.md',
      `${refusalLines.lines} in ${seconds(refusalLines.time)} seconds, ${refusalLines.linesPerCause} of them for one address (one /64 of IPv6)`,
    ],
    [
      'docs/configuration.md',
      `at most ${failureLines.lines} such lines in ${seconds(failureLines.time)} seconds, ${failureLines.linesPerCause} of them with the same words, each cut at ${maxFailureLength.toLocaleString('en')} characters`,
    ],
    [
      'docs/configuration.md',
      `at most ${signInLines.lines} in ${seconds(signInLines.time)} seconds, ${signInLines.linesPerCause} of them for one address`,
    ],
    [
      'docs/configuration.md',
      `(at most ${decisionLines.lines.toLocaleString('en')} lines in ${seconds(decisionLines.time)} seconds)`,
    ],
    ['docs/native-git.md', `up to ${maxWaiting / MiB} MiB of it wait`],
    ['README.md', `(a minute by default)`],
  ])('says what the code says: %s: %s', async (document, sentence) => {
    const text = await readFile(join(root, document), 'utf8');
    expect(text.includes(sentence), `${document}: ${sentence}`).toBe(true);
  });

  it('and a minute is what the server keeps a session for', () => {
    expect([limits.resumeTime, limits.window]).toEqual([60_000, limits.maxReplay]);
  });
});
