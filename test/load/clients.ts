/** The clients of the load: honest ones, slow ones, and those that want nothing good. */
import { connect, type Socket } from 'node:net';
import WebSocket from 'ws';
import { isGitWsError, openChannel, type Channel } from '../../src/index.js';
import { RawTransfer } from '../../bench/raw-transfer.js';

/** One clone's times, in ms from its beginning. */
export interface CloneTimes {
  /** The session was open. */
  readonly open: number;
  /** The first byte of the answer to the wants. */
  readonly first: number;
  readonly total: number;
  /** How often it was told to come again. */
  readonly refused: number;
}

/** Most times that a clone tries again. */
const maxTries = 200;

/** A clone by the library, as a page or program makes it; tried again where the server is full. */
export async function clone(url: string, packBytes: number): Promise<CloneTimes> {
  const start = performance.now();
  for (let refused = 0; ; refused += 1) {
    try {
      const channel = await openChannel(url, { service: 'git-upload-pack', openTimeout: 120_000 });
      const open = performance.now() - start;
      const first = (await transfer(channel, packBytes)) - start;
      return { open, first, total: performance.now() - start, refused };
    } catch (error) {
      if (!isGitWsError(error) || !error.retryable || refused === maxTries) throw error;
      // Not all at once again.
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 200));
    }
  }
}

/** @returns when the first byte of the answer came. */
async function transfer(channel: Channel, packBytes: number): Promise<number> {
  const state = new RawTransfer({ overHttp: false });
  const writer = channel.writable.getWriter();
  for await (const piece of channel.readable) {
    const request = state.push(piece);
    if (request === undefined) continue;
    await writer.write(request);
    await writer.close();
  }
  const { code } = await channel.exit;
  if (code !== 0 || state.finish() < packBytes) {
    throw new Error(`a clone ended with ${code ?? 'a signal'} after ${state.bytes} bytes`);
  }
  await channel.closed;
  return state.first ?? Infinity;
}

/** A client that acknowledges nothing until it is told to: for the server, a very slow one. */
export class SlowReader {
  readonly closed: Promise<number>;
  bytes = 0;
  readonly #socket: WebSocket;
  #counted = 0;
  #reading = false;
  #exit: unknown;

  constructor(url: string) {
    this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}/git-upload-pack`, ['gitws.v1'], {
      perMessageDeflate: false,
    });
    const state = new RawTransfer({ overHttp: false });
    this.#socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        this.bytes += data.length;
        this.#counted += 1;
        const request = state.push(data);
        if (request !== undefined) {
          this.#ack(0);
          this.#socket.send(request);
        }
      } else {
        const { type, code } = JSON.parse(data.toString()) as { type: string; code?: number };
        if (['stderr', 'end', 'exit'].includes(type)) this.#counted += 1;
        if (type === 'exit') this.#exit = code;
      }
      if (this.#reading) this.#ack(this.#counted);
    });
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.#socket.on('close', resolve));
  }

  /** Reads on, to the end. @returns git's exit code. */
  async readOn(): Promise<unknown> {
    this.#reading = true;
    this.#ack(this.#counted);
    await this.closed;
    return this.#exit;
  }

  leave(): void {
    this.#socket.terminate();
  }

  #ack(consumed: number): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: 'ack', consumed }));
  }
}

/** An upgrade request as text. */
export function upgradeText(target: string, ...headers: readonly string[]): string {
  return [
    `GET ${target} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
    ...headers,
    '\r\n',
  ].join('\r\n');
}

/**
 * A connection that sends something and then neither answers nor ends: the server has to end it.
 *
 * @param trickle what is sent a byte at a time.
 */
export class DeadWeight {
  readonly gone: Promise<void>;
  readonly #socket: Socket;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(port: number, text: string, trickle = '') {
    this.#socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.#socket.on('error', () => undefined);
    if (text !== '') this.#socket.write(text);
    let at = 0;
    if (trickle !== '') {
      this.#timer = setInterval(() => {
        if (at < trickle.length && this.#socket.writable) this.#socket.write(trickle[at] ?? '');
        at += 1;
      }, 100);
    }
    this.gone = new Promise((resolve) => {
      const over = (): void => {
        clearInterval(this.#timer);
        this.#socket.destroy();
        resolve();
      };
      // It reads only to see the end; of what comes nothing is ever answered.
      this.#socket.on('end', over).on('close', over).resume();
    });
  }

  /** Ends it from here, where the server did not. */
  destroy(): void {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }
}

/** One upgrade that is refused, as far as its answer. @returns ms. */
export function refusedUpgrade(port: number, text: string): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.write(text);
    });
    socket.on('error', () => undefined);
    // The answer is enough; a close frame is answered by going away.
    socket.once('data', () => socket.destroy());
    socket.on('close', () => resolve(performance.now() - start));
  });
}
