/**
 * Numbers in the documents that stand in code, held against the code: wherever a limit is named with
 * a value, and in the sentences below, which say one without naming it. Each stands there as often as
 * is said here, so that of two neither can be wrong.
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
  maxPathLength,
  refusalLines,
  signInLines,
} from '../../bin/log.js';
import { settingNames, settingOf, type SettingName } from '../../bin/settings/table.js';
import { defaultLimits as limits } from '../../server/limits/limits.js';
import { maxWaiting } from '../../native/waiting-lines.js';
import { lastCall, livenessTimes } from '../../src/tunnel/machine/liveness.js';
import { maxBinaryBytes, maxTextLength } from '../../src/tunnel/machine/message.js';
import { dataMessageBytes, messageOverhead } from '../../src/tunnel/machine/outgoing.js';
import { backoff } from '../../src/tunnel/client/reconnection.js';
import { maxSubprotocolBytes, windowBytes } from '../../src/tunnel/machine/subprotocol.js';
import { hurryTime, killTime } from '../../bin/commands/serve.js';
import { fatal } from '../../native/remote-helper.js';
import { askTime } from '../../native/push-outcome.js';
import { maxDelay } from '../../server/authentication/failures.js';
import { secretBytes as tokenBytes } from '../../server/authentication/token-file.js';
import { lookTimes } from '../../server/backend/local/quarantine.js';
import { maxWaiting as maxPipeWaiting } from '../../server/session/input.js';
import { secretBytes as sessionBytes } from '../../server/session/session-store.js';
import { maxFragments, maxUnsentPongs } from '../../server/admission/web-sockets.js';
import { longestTimer } from '../../src/base/duration.js';
import { defaultAdvertisementTime } from '../../src/isomorphic/http.js';
import { mostLosses } from '../../src/remote/restart.js';
import { answerTime } from '../../src/pack/index/meet-worker.js';
import { callersSlice } from '../../src/pack/index/pace.js';
import { defaultKeptBytes, pieceSize } from '../../src/pack/index/store.js';
import { tipsKept } from '../../src/repository/keep-pack.js';
import {
  basesKept,
  blockBytes,
  blocksKept,
  tipBytes,
} from '../../src/repository/packed-objects.js';
import { defaultOpenTimeout, resumeTimeout } from '../../src/tunnel/client/client-channel.js';
import { leastSilence } from '../../src/tunnel/client/connection-options.js';
import { defaultKeepAlive } from '../../src/tunnel/client/kept-connections.js';
import { maxReasonBytes } from '../../src/tunnel/machine/close.js';
import { ackDelay } from '../../src/tunnel/machine/incoming.js';
import { maxUncountedPerSecond } from '../../src/tunnel/machine/rate.js';
import { hookNumber } from '../server/hooks/hook-number.js';
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

const KiB = 1024;
const MiB = 1024 ** 2;
/** `7,000`. */
const grouped = (number: number): string => number.toLocaleString('en');
/** `0.25 to 0.5`: the seconds of an attempt, whose delay doubles up to the longest. */
const attempt = (ms: number): string => `${ms / 2_000} to ${ms / 1_000}`;
const seconds = (ms: number): string => `${ms / 1_000}`;

const packageText = await readFile(join(root, 'package.json'), 'utf8');
const { engines } = JSON.parse(packageText) as { engines: { node: string } };
/** `20.19`. */
const node = /^>=(\d+\.\d+)\.0$/.exec(engines.node)?.[1] ?? engines.node;
const build = await readFile(join(root, 'scripts/build.mjs'), 'utf8');
/** `chrome110`, and others. */
const browsers = (/const browsers = \[(.*)\];/.exec(build)?.[1] ?? '').replaceAll("'", '`');

describe('a sentence with a number of the code', () => {
  it.each<[document: string, sentence: string, times?: number]>([
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
      `Default ${windowBytes.default / MiB} MiB, at least ${windowBytes.minimum / KiB} KiB, at most ${windowBytes.maximum / MiB} MiB; \`maxReplay\` ${limits.maxReplay / MiB} MiB`,
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
    [
      'docs/protocol.md',
      `stops reading git's stdout while more than ${maxPipeWaiting / MiB} MiB waits in the socket`,
    ],
    ['docs/deployment.md', `The server pings every ${seconds(limits.pingInterval)} seconds`, 2],
    [
      'docs/security.md',
      `by default ${limits.maxSessions} × ${(limits.window + limits.maxReplay) / MiB} MiB`,
    ],
    [
      'docs/security.md',
      `take ${defaultFailureLimits.failureDelay} ms, then twice as long each, at most ${seconds(maxDelay)} s; ${defaultFailureLimits.maxAddresses.toLocaleString('en')} addresses are counted at once, and ${defaultFailureLimits.maxWaiting} attempts of one may wait`,
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
    // Of one message, and of what is under way.
    ['docs/protocol.md', `the whole value has at most ${grouped(maxSubprotocolBytes)} bytes`],
    [
      'docs/protocol.md',
      `The client's receive window, ${grouped(windowBytes.minimum)} to ${grouped(windowBytes.maximum)}; default ${grouped(windowBytes.default)}`,
    ],
    ['docs/protocol.md', `"window":${limits.window},`, 5],
    ['docs/protocol.md', `"resumeFor":${seconds(limits.resumeTime)}}`, 2],
    ['docs/protocol.md', `"keepFor":${seconds(limits.keepTime)}}`],
    ['docs/reliability.md', `| \`keepAlive\` | ${grouped(defaultKeepAlive)} | 0 |`],
    ['README.md', `within ${seconds(defaultKeepAlive)} seconds (\`keepAlive\`)`],
    ['docs/protocol.md', `gitws.window.${windowBytes.default}`, 2],
    ['docs/protocol.md', `64 to ${dataMessageBytes / KiB} KiB is a good size`],
    ['docs/protocol.md', `an empty binary message, one over ${maxBinaryBytes / MiB} MiB`],
    ['docs/protocol.md', `more than ${maxUncountedPerSecond} uncounted messages in a second`],
    ['docs/protocol.md', `A limit of ${maxUncountedPerSecond} a second on all uncounted messages`],
    ['docs/protocol.md', `**plus ${messageOverhead} bytes**`],
    ['docs/protocol.md', `Each counted message costs ${messageOverhead} bytes beside its payload`],
    [
      'docs/protocol.md',
      `It costs a ${dataMessageBytes / KiB} KiB message ${((100 * messageOverhead) / dataMessageBytes).toFixed(1)} % of the window`,
    ],
    ['docs/protocol.md', `a ${windowBytes.default / MiB} MiB window acknowledged by quarters`],
    ['docs/protocol.md', `a ${windowBytes.minimum / KiB} KiB window thousands`],
    [
      'docs/protocol.md',
      `with a window below ${windowBytes.minimum / KiB} KiB breaks the protocol`,
    ],
    [
      'docs/protocol.md',
      `with a round trip of 100 ms, ${windowBytes.default / MiB} MiB allow ${windowBytes.default / MiB / 0.1} MiB/s`,
    ],
    ['docs/protocol.md', `at the latest ${ackDelay} ms after something was`],
    ['docs/protocol.md', `cut between two characters to ${maxReasonBytes} bytes`],
    // Of the client.
    ['docs/protocol.md', `\`openTimeout\` (${seconds(defaultOpenTimeout)} s)`],
    ['docs/protocol.md', `does not answer within ${seconds(answerTime)} s`],
    [
      'docs/protocol.md',
      `after ${attempt(backoff.first)} s, ${attempt(2 * backoff.first)} s and so on up to ${attempt(backoff.longest)} s`,
    ],
    ['docs/protocol.md', `WebSocket ping frames every ${seconds(limits.pingInterval)} s`],
    ['docs/protocol.md', `sends \`ping\` after ${seconds(livenessTimes.silence)} s of silence`],
    ['docs/protocol.md', `${seconds(livenessTimes.answer)} s more without any message`],
    [
      'docs/reliability.md',
      `${seconds(lastCall)} s more: ${seconds(livenessTimes.silence + livenessTimes.answer + lastCall)} s (\`liveness\`)`,
    ],
    ['docs/reliability.md', `| An attempt may take | ${seconds(resumeTimeout)} s |`],
    [
      'docs/reliability.md',
      `takes it for dead after ${seconds(limits.pingInterval)} to ${seconds(2 * limits.pingInterval)} s.`,
    ],
    [
      'docs/reliability.md',
      `2³¹ − 1 (${((longestTimer + 1) / 86_400_000 - 0.05).toFixed(1)} days: timers take no more)`,
    ],
    ['docs/reliability.md', `| \`openTimeout\` | ${grouped(defaultOpenTimeout)} | 1 |`],
    ['docs/reliability.md', `| \`advertisementTime\` | ${grouped(defaultAdvertisementTime)} | 0 |`],
    [
      'docs/reliability.md',
      `| \`liveness.silence\` | ${grouped(livenessTimes.silence)} | ${leastSilence} |`,
    ],
    ['docs/reliability.md', `| \`liveness.answer\` | ${grouped(livenessTimes.answer)} | 1 |`],
    ['docs/native-git.md', `for ${seconds(askTime)} s at most, and tells`],
    ['docs/native-git.md', `One sentence and git's exit code, ${fatal}:`],
    // Of a repository in a page.
    ['docs/architecture.md', `commits and tags of up to ${tipBytes / KiB} KiB, are kept`],
    ['docs/architecture.md', `at most the first ${tipsKept} (HEAD`],
    [
      'docs/architecture.md',
      `of the first ${tipsKept} wants, where they are commits or tags of up to ${tipBytes / KiB} KiB`,
    ],
    [
      'docs/performance.md',
      `at most ${defaultKeptBytes / MiB} MiB of it (\`keptBytes\`), in pieces of ${pieceSize / KiB} KiB`,
    ],
    ['docs/performance.md', `after ${callersSlice} ms it lets others have their turn`],
    ['docs/performance.md', `in slices of ${callersSlice} ms`],
    [
      'docs/performance.md',
      `at most ${(2 * blockBytes * blocksKept) / MiB} MB for pieces of the pack, ${basesKept / MiB} MB for objects`,
    ],
    // Of the server.
    ['docs/configuration.md', `cut at ${maxPathLength} characters: it need not exist`],
    [
      'docs/configuration.md',
      `what is left of it after ${seconds(killTime)} s SIGKILL, and the process is gone ${seconds(hurryTime)} s later`,
    ],
    [
      'docs/deployment.md',
      `Take header lines of 8 KiB, and ${limits.maxHeaderLength / KiB} KiB in all`,
    ],
    ['docs/deployment.md', `longer than ${seconds(limits.pingInterval)} seconds for a silent`],
    [
      'docs/security.md',
      `${maxBinaryBytes / MiB} MiB a message, ${grouped(maxFragments)} fragments`,
    ],
    [
      'docs/security.md',
      `${maxUncountedPerSecond} uncounted messages a second; ${messageOverhead} bytes of credit for each counted one; ${maxUnsentPongs} unsent pongs`,
    ],
    ['docs/security.md', `tokens have ${8 * tokenBytes} random bits`],
    ['docs/security.md', `tokens have ${8 * sessionBytes} random bits`],
    ['docs/protocol.md', `It has ${8 * sessionBytes} random bits`],
    ['docs/security.md', `for ${hookNumber('asked_alone')} questions; what is left`],
    ['docs/security.md', `a history of ${grouped(hookNumber('most_commits'))} commits and more`],
    ['docs/security.md', `before the server looks (${lookTimes[0]} ms after input`],
    ['docs/security.md', `allowed by the default of ${limits.maxPushMemory / MiB} MiB`],
    ['docs/security.md', `closed with 4413 after ${limits.maxRequestSize / MiB} MiB and`],
    ['docs/security.md', `can send (${grouped(maxSubprotocolBytes)} bytes), with room`],
    ['docs/security.md', `Far below the ${seconds(defaultOpenTimeout)} s in which clients expect`],
    [
      'docs/security.md',
      `| ${limits.maxDetachedBytes / limits.window} windows of ${limits.window / MiB} MiB. |`,
    ],
    ['docs/security.md', `keeps a 100 ms round trip at ${limits.window / MiB / 0.1} MiB/s`],
    // Of what it runs on.
    ['README.md', `Node ${node} or later`],
    ['CONTRIBUTING.md', `Node.js ${node} or later`],
    ['docs/deployment.md', `Node.js ${node} or later`],
    ['docs/native-git.md', `Node.js ${node} or later`],
    ['docs/stability.md', `| Node.js | ${node} |`],
    ['docs/stability.md', `what esbuild's ${browsers} stand for`],
    ['README.md', `(a minute by default)`],
  ])('says what the code says: %s: %s', async (document, sentence, times = 1) => {
    const text = await readFile(join(root, document), 'utf8');
    expect(text.split(sentence).length - 1, `${document}: ${sentence}`).toBe(times);
  });

  it('and a minute is what the server keeps a session for', () => {
    expect([limits.resumeTime, limits.window]).toEqual([60_000, limits.maxReplay]);
    expect([limits.window, mostLosses]).toEqual([windowBytes.default, 3]);
  });
});
