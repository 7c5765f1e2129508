/**
 * One run of a service between stdin and stdout, from the configuration to the exit code: what the
 * remote helper and the ssh-like command have in common.
 */
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { GitService } from '../src/tunnel/machine/request-target.js';
import { isGitWsError } from '../src/base/errors.js';
import type { Channel } from '../src/tunnel/client/channel.js';
import type { ExitStatus } from '../src/tunnel/machine/message.js';
import { Farewell } from './farewell.js';
import type { GitConfig } from './git-config.js';
import { ConnectionNews, explain } from './fatal-messages.js';
import type { OpenService } from './open.js';
import { pipeChannel, type Input } from './pipe.js';
import { askRefs, describeOutcome, PushHead } from './push-outcome.js';
import { watchReader } from './reader.js';
import { RemoteText } from './remote-text.js';
import type { ServiceUrl } from './service-url.js';
import { lineEnd } from './terminal.js';
import { trace } from './trace.js';
import { WaitingLines } from './waiting-lines.js';

/** What to run. */
export interface ServiceRun {
  readonly url: ServiceUrl;
  readonly service: GitService;
  /** What ssh would pass as GIT_PROTOCOL. */
  gitProtocol(config: GitConfig): string | undefined;
  readonly config: Promise<GitConfig>;
  readonly family?: 4 | 6 | undefined;
  readonly input: Input;
  readonly output: Writable;
  /** Called when the service runs, before any of its output is written. */
  onOpen?(): void;
  /** What stands before a sentence that tells what went wrong, for example `fatal: `. */
  readonly prefix: string;
  /** Exit code for what went wrong here, not there. */
  readonly failure: number;
}

/**
 * Begins what takes time, while git says what it wants. Whoever needs it later hears why it cannot be
 * had.
 */
export function beginEarly(config: Promise<GitConfig>): void {
  for (const early of [config, import('./open.js')]) early.catch(() => undefined);
}

/** @returns the exit code; what went wrong was said. */
export async function runService(run: ServiceRun): Promise<number> {
  const { url, service, output, prefix, failure } = run;
  const pushes = service === 'git-receive-pack';
  const words = new WaitingLines(process.stderr);
  const stderr = new RemoteText((line) => {
    words.write(toLine(line));
  });
  let opened: OpenService | undefined;
  const news = new ConnectionNews(pushes);
  const pushed = new PushHead();
  const farewell = new Farewell();
  const interruption = new Interruption();
  let unwatchReader: (() => void) | undefined;
  try {
    // What takes time to load is loaded while git reads the configuration.
    const [{ openService }, config] = await Promise.all([import('./open.js'), run.config]);
    opened = await openService({
      ...{ url, service, config, gitProtocol: run.gitProtocol(config), family: run.family },
      onStderr: (text) => {
        stderr.push(text);
      },
      onConnection: (event) => {
        const line = news.describe(event);
        if (line !== undefined) say(`warning: ${line}`);
      },
    });
    const { channel, gone, settled } = opened;
    interruption.arm(channel, gone);
    let inputEnded = false;
    unwatchReader = watchReader((since) => {
      // Behind its end a push goes on without this process; before it, what git has said is sent.
      if (pushes && !inputEnded && since < sendTime) return;
      trace('git is gone');
      channel.abort();
    });
    run.onOpen?.();
    const status = await pipeChannel(channel, run.input.bytes(), output, {
      onInput(bytes) {
        if (pushes) pushed.push(bytes);
        if (service === 'git-upload-pack') farewell.push(bytes);
      },
      onInputEnd() {
        inputEnded = true;
        trace('end of input', farewell.said ? 'and nothing more is wanted' : '');
        return farewell.said;
      },
      // A push goes on: its refs and hooks are not for the one who reads the report.
      onOutputClosed: () => pushes,
    });
    trace('exit', status.code ?? status.signal ?? '');
    stderr.end();
    words.tell();
    interruption.disarm();
    await Promise.all([settled, channel.closed]);
    return exitCode(status, prefix, failure);
  } catch (error) {
    stderr.end();
    words.tell();
    if (isGitWsError(error, 'UserCanceledError')) await interruption.sayGoodbye();
    // Not only after the pack: a delete has none.
    const { commands } = pushed;
    const sentence = explain(error, {
      ...{ url: url.shown, opened: opened !== undefined },
      pushed: commands.length > 0,
    });
    if (sentence === undefined) return failure;
    say(`${prefix}${sentence}`);
    if (opened !== undefined && commands.length > 0) {
      // Whoever does not want to wait for the answer ends this process at once.
      interruption.disarm();
      const refs = await askRefs(opened.again);
      for (const line of describeOutcome(commands, refs)) say(`hint: ${line}`);
    }
    return failure;
  } finally {
    unwatchReader?.();
  }
}

/** Time to send what a git that is gone has still said of a push, in ms. */
const sendTime = 60_000;

/** Writes a line for the user. */
function say(line: string): void {
  process.stderr.write(toLine(line));
}

function toLine(text: string): string {
  return `${text}${lineEnd(process.stderr.isTTY, process.env['TERM'])}`;
}

function exitCode({ code, signal }: ExitStatus, prefix: string, failure: number): number {
  if (code !== null) return code;
  say(`${prefix}git on the server was ended by ${signal ?? 'a signal'}`);
  return failure;
}

/**
 * Time for the server to hear that nobody wants the rest, in ms: a slow round trip. git does not wait
 * for it.
 */
const goodbyeTime = 2_000;

/**
 * Ctrl-C reaches git and this process alike, and git passes it on besides: the server learns that
 * nobody wants the rest, by a close frame and not by a connection that broke, and this process ends
 * as the signal wants it.
 */
class Interruption {
  #channel: Channel | undefined;
  #gone: Promise<void> | undefined;
  #signal: NodeJS.Signals | undefined;

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#signal ??= signal;
    this.#channel?.abort();
  };

  /** From here on a signal aborts the channel. */
  arm(channel: Channel, gone: Promise<void>): void {
    this.#channel = channel;
    this.#gone = gone;
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  /** From here on a signal ends this process at once. */
  disarm(): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
  }

  /**
   * To be called when the channel was aborted. Ending with bytes unread would reset the connection,
   * and the close frame would be lost with it.
   */
  async sayGoodbye(): Promise<void> {
    await Promise.race([this.#gone, delay(goodbyeTime)]);
    this.disarm();
    if (this.#signal !== undefined) process.kill(process.pid, this.#signal);
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
