/**
 * Fuzzes the gitws.v1 machine, both ends, and the text around it: entries of the subprotocol,
 * close reasons. Frames of the other end arrive spoilt; the machine refuses them with
 * PROTOCOL_ERROR or takes them, and never sends, holds or credits more than it may.
 */
import { isGitWsError } from '../../src/base/errors.js';
import { formatCloseReason } from '../../src/tunnel/machine/close.js';
import { maxBinaryBytes, maxTextLength, parseMessage } from '../../src/tunnel/machine/message.js';
import { parseSubprotocols, windowBytes } from '../../src/tunnel/machine/subprotocol.js';
import { Tunnel, type TunnelEvent } from '../../src/tunnel/machine/tunnel.js';
import type { Random } from '../helpers/random.js';
import { Finding, type Fuzzer } from './fuzzer.js';
import { makeText } from './sessions.js';
import { mutateText, oddTexts, oneIn } from './mutate.js';

const windows = [windowBytes.minimum, 100_000, windowBytes.default];

/** One end, and what has to hold for it. */
class End {
  readonly tunnel: Tunnel;
  readonly #limit: number;
  readonly #window: number;
  #now = 0;
  /** Counted messages that arrived and were not consumed. */
  #waiting = 0;
  #dataHeld = 0;
  #sizes: number[] = [];
  #over = false;

  constructor(role: 'client' | 'server', random: Random) {
    const maxReplay = random.pick(windows);
    const peerWindow = random.pick(windows);
    this.#window = random.pick(windows);
    this.#limit = role === 'server' ? Math.min(maxReplay, peerWindow) : maxReplay;
    const common = { window: this.#window, maxReplay, now: 0 };
    const names = { session: 's', token: 't', resumeFor: 0 };
    this.tunnel = new Tunnel(
      role === 'client' ? { role, ...common } : { role, ...common, peerWindow, ...names },
    );
  }

  get over(): boolean {
    return this.#over;
  }

  /** The other end says this. */
  receive(frame: string | Uint8Array): void {
    let events: TunnelEvent[];
    try {
      events = this.tunnel.receive(frame, this.#now);
    } catch (error) {
      if (!isGitWsError(error, 'PROTOCOL_ERROR')) throw error;
      this.#over = true;
      return;
    }
    for (const event of events) {
      if (event.type === 'credit' || event.type === 'open') continue;
      this.#waiting += 1;
      const size = event.type === 'data' ? event.bytes.length : 0;
      this.#sizes.push(size);
      this.#dataHeld += size;
    }
    if (this.#dataHeld > this.#window) throw new Finding('more data was taken than the window');
  }

  /** Does something that its driver could do. */
  act(random: Random, server: boolean): void {
    this.#now += random.below(400);
    switch (random.below(6)) {
      case 0: {
        const bytes = random.bytes(random.below(20_000));
        const before = this.tunnel.credit;
        const taken = this.#orThrownBy(() => this.tunnel.write(bytes), 'write after end') ?? 0;
        if (taken > bytes.length || taken > before) throw new Finding(`${taken} bytes were taken`);
        break;
      }
      case 1:
        if (server) {
          const text = random.pick(oddTexts).slice(0, 900);
          this.#orThrownBy(() => this.tunnel.writeStderr(text), 'writeStderr after exit');
        }
        break;
      case 2:
        if (oneIn(random, 4)) this.tunnel.end();
        break;
      case 3:
        if (server && oneIn(random, 6)) {
          const status = { code: random.below(256), signal: null };
          this.#orThrownBy(() => this.tunnel.exit(status), 'exit twice');
        }
        break;
      case 4:
        if (this.#waiting > 0) {
          const count = 1 + random.below(this.#waiting);
          this.tunnel.consume(this.#now, count);
          this.#waiting -= count;
          for (const size of this.#sizes.splice(0, count)) this.#dataHeld -= size;
        }
        break;
      default:
        this.tunnel.tick(this.#now);
    }
  }

  /** What it wants to send. @throws Finding where it may not. */
  take(): (string | Uint8Array)[] {
    const frames = this.tunnel.takeOutgoing(this.#now);
    for (const frame of frames) {
      const size = frame.length;
      if (typeof frame !== 'string') {
        if (size === 0 || size > maxBinaryBytes) throw new Finding(`it sends ${size} bytes`);
      } else if (size > maxTextLength || parseMessage(frame) === undefined) {
        throw new Finding(`it says ${frame}`);
      }
    }
    const { credit } = this.tunnel;
    if (!(credit >= 0 && credit <= this.#limit)) throw new Finding(`a credit of ${credit}`);
    return frames;
  }

  #orThrownBy<Result>(run: () => Result, expected: string): Result | undefined {
    try {
      return run();
    } catch (error) {
      if (error instanceof TypeError && error.message === expected) return undefined;
      throw error;
    }
  }
}

function runMachines(random: Random): void {
  const client = new End('client', random);
  const server = new End('server', random);
  const spoil = 1 + random.below(60);
  for (let step = 0; step < 150 && !client.over && !server.over; step += 1) {
    client.act(random, false);
    server.act(random, true);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      for (const frame of from.take()) {
        if (!oneIn(random, spoil)) to.receive(frame);
        else if (oneIn(random, 3)) to.receive(makeText(random));
        else if (typeof frame === 'string') to.receive(mutateText(frame, random));
        else to.receive(random.bytes(random.pick([0, 1, 300, 70_000, maxBinaryBytes + 1])));
        if (to.over) break;
      }
    }
  }
}

function runTexts(random: Random): void {
  const entries = [
    ...['gitws.v1', 'gitws.window.65536', 'gitws.auth.QmFzaWMgYldVNmNIYz0', 'chat'],
    ...[`gitws.resume.${'a'.repeat(22)}.7`, 'gitws.window.99', 'gitws.auth.-_', 'gitws.v2'],
  ];
  const some = Array.from({ length: random.below(5) }, () => random.pick(entries)).join(', ');
  const header = oneIn(random, 3) ? some : mutateText(some, random);
  try {
    const { window, authorization } = parseSubprotocols(header);
    if (!(window >= windowBytes.minimum && window <= windowBytes.maximum)) {
      throw new Finding(`a window of ${window}`, header);
    }
    if (/[\r\n\0]/.test(authorization ?? '')) throw new Finding('a line end passed', header);
  } catch (error) {
    if (!isGitWsError(error, 'PROTOCOL_ERROR')) throw error;
  }
  const sentence = mutateText(random.pick(oddTexts).repeat(random.below(60)), random);
  const reason = formatCloseReason(sentence);
  // eslint-disable-next-line no-control-regex -- control characters are what must not be there
  if (Buffer.byteLength(reason) > 123 || /[\u0000-\u001f\u007f-\u009f]/.test(reason)) {
    throw new Finding(`the reason ${JSON.stringify(reason)}`, sentence);
  }
}

/** Fuzzes the gitws.v1 machine. */
export const tunnel: Fuzzer = {
  name: 'tunnel',
  open: () =>
    Promise.resolve({
      concurrency: 1,
      run(random) {
        runMachines(random);
        runTexts(random);
      },
      check: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }),
};
