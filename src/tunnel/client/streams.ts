/**
 * The two WHATWG streams of a channel, with backpressure both ways: what the reader has not
 * taken is not consumed (so the server's credit runs out), and a write is done when the tunnel
 * took all of it (so the writer waits for the server's acks).
 */
import { Wake } from '../../base/wake.js';
import { dataMessageBytes } from '../machine/outgoing.js';
import { windowBytes } from '../machine/subprotocol.js';
import { Tunnel, type TunnelEvent } from '../machine/tunnel.js';
import type { ChannelOptions } from './channel-options.js';
import { completeLiveness } from './connection-options.js';
import type { OpenMessage } from '../machine/message.js';
import type { Life } from './life.js';
import { TakenMessages, type StoredSession } from './stored-session.js';

/** What the streams need of their channel. */
export interface StreamSink {
  /** @returns bytes taken. */
  write(bytes: Uint8Array): number;
  /** Bytes that {@link write} would take now. */
  credit(): number;
  end(): void;
  /** One more counted message, in order, was handed on. */
  consume(): void;
  /** Sends what the calls before it made due. */
  flush(): void;
  abort(reason: unknown): void;
}

/** A counted message waiting for its turn; null: one without bytes (stderr, end, exit). */
type Arrived = Uint8Array | null;

/** `readable` and `writable` of one channel. */
export class ChannelStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #sink: StreamSink;
  #arrived: Arrived[] = [];
  #ended = false;
  /** The reader canceled: what arrives is dropped. */
  #dropping = false;
  #exited = false;
  #failure: Error | undefined;
  #readerController!: ReadableStreamDefaultController<Uint8Array>;
  #writerController!: WritableStreamDefaultController;
  #readerDone = false;
  /** The pull that waits for data. */
  readonly #reader = new Wake();
  /** The write that waits for credit. */
  readonly #writer = new Wake();
  /** Bytes of the stream that the reader has taken. */
  #position: number;
  /** What is not acknowledged before it is stored; undefined where it need not be. */
  #taken: TakenMessages | undefined;

  /**
   * The streams of a channel whose tunnel this is.
   *
   * @param position bytes of the stream that came before, to somebody else.
   */
  static of(
    tunnel: Tunnel,
    channel: Pick<StreamSink, 'flush' | 'abort'>,
    position: number,
  ): ChannelStreams {
    const sink: StreamSink = {
      ...channel,
      write: (bytes) => tunnel.write(bytes),
      credit: () => tunnel.credit,
      end: () => {
        tunnel.end();
      },
      consume: () => {
        tunnel.consume(performance.now());
      },
    };
    return new ChannelStreams(sink, position);
  }

  constructor(sink: StreamSink, position = 0) {
    this.#sink = sink;
    this.#position = position;
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#readerController = controller;
        },
        pull: () => this.#pull(),
        cancel: () => {
          this.#readerDone = true;
          this.#dropping = true;
          this.settle(Infinity);
          this.#settleMarks();
          this.#sink.flush();
        },
      },
      // Nothing is taken ahead of the reader: the window is the buffer.
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writerController = controller;
      },
      write: (chunk) => this.#write(chunk),
      close: () => {
        if (this.#exited) return;
        this.#sink.end();
        this.#sink.flush();
      },
      abort: (reason) => {
        this.#sink.abort(reason);
      },
    });
  }

  /** From here on nothing is acknowledged before {@link settle} says that it is stored. */
  keep(): void {
    this.#taken ??= new TakenMessages(this.#position);
  }

  /** See {@link TakenMessages.upTo}; undefined where it was not asked to {@link keep}. */
  upTo(position: number): { readonly messages: number; readonly end: number } | undefined {
    return this.#taken?.upTo(position);
  }

  /** The stream is stored up to there; Infinity: nothing of it is to be any more, and all is as before {@link keep}. */
  settle(position: number): void {
    const messages = this.#taken?.settle(position) ?? 0;
    if (position === Infinity) this.#taken = undefined;
    for (let settled = 0; settled < messages; settled += 1) this.#sink.consume();
  }

  /** Something arrived that is not `open`. */
  take(event: Exclude<TunnelEvent, { type: 'open' }>): void {
    switch (event.type) {
      case 'data':
        this.push(event.bytes);
        return;
      case 'stderr':
        this.pushMark();
        return;
      case 'end':
        this.pushEnd();
        return;
      case 'exit':
        this.pushExit();
        return;
      case 'credit':
        this.onCredit();
        return;
      // Only clients send it: the tunnel has refused it.
      case 'run':
        return;
    }
  }

  /** Data arrived. */
  push(bytes: Uint8Array): void {
    this.#arrived.push(bytes);
    this.#arrivedSomething();
  }

  /** A counted message without bytes arrived. */
  pushMark(): void {
    this.#arrived.push(null);
    this.#arrivedSomething();
  }

  /** git closed its stdout. */
  pushEnd(): void {
    this.#ended = true;
    this.pushMark();
  }

  /** git ended; what is still written to it is dropped, as a dead process would. */
  pushExit(): void {
    this.#exited = true;
    this.pushEnd();
    this.onCredit();
  }

  /** There is credit again, or no need for any. */
  onCredit(): void {
    this.#writer.call();
  }

  /** The channel is gone: both streams reject from here on. What arrived is dropped. */
  fail(error: Error): void {
    this.#failure = error;
    this.#arrived = [];
    if (!this.#readerDone) {
      this.#readerDone = true;
      this.#readerController.error(error);
    }
    this.#writerController.error(error);
    this.onCredit();
    this.#reader.call();
  }

  #arrivedSomething(): void {
    this.#settleMarks();
    this.#reader.call();
  }

  /** Consumes what needs no reader, up to the first data that does; ends the readable. */
  #settleMarks(): void {
    let settled = 0;
    for (const message of this.#arrived) {
      if (message !== null && !this.#dropping) break;
      settled += 1;
      this.#consume(message);
    }
    this.#arrived.splice(0, settled);
    if (this.#ended && this.#arrived.length === 0 && !this.#readerDone) {
      this.#readerDone = true;
      this.#readerController.close();
      this.#reader.call();
    }
  }

  #consume(message: Arrived): void {
    const bytes = message?.length ?? 0;
    this.#position += bytes;
    if (this.#taken === undefined) this.#sink.consume();
    else this.#taken.take(bytes);
  }

  async #pull(): Promise<void> {
    while (!this.#readerDone) {
      const message = this.#arrived.shift();
      if (message === undefined || message === null) {
        await this.#reader.wait();
        continue;
      }
      this.#readerController.enqueue(message);
      this.#consume(message);
      this.#settleMarks();
      this.#sink.flush();
      return;
    }
  }

  async #write(chunk: Uint8Array): Promise<void> {
    let written = 0;
    while (written < chunk.length) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#exited) return;
      const size = Math.min(this.#sink.credit(), dataMessageBytes, chunk.length - written);
      if (size === 0) {
        await this.#writer.wait();
        continue;
      }
      // A copy: the caller may use its buffer again, the tunnel keeps this one until the ack.
      // (A Buffer's slice is none.)
      this.#sink.write(new Uint8Array(chunk.subarray(written, written + size)));
      this.#sink.flush();
      written += size;
    }
  }
}

/** The client's end of the tunnel that a channel's streams go through. */
export function createTunnel(
  window: number,
  options: ChannelOptions,
  resumed: StoredSession | undefined,
): Tunnel {
  return new Tunnel({
    role: 'client',
    window,
    maxReplay: options.maxReplay ?? windowBytes.default,
    now: performance.now(),
    liveness: completeLiveness(options.liveness),
    resumed,
  });
}

/**
 * @returns what is to be stored for somebody else who goes on with the session, where the stream is stored up
 *   to a position; undefined where it cannot be resumed, or not everything that was sent has arrived.
 */
export function storedSession(
  tunnel: Tunnel,
  streams: ChannelStreams,
  greeting: OpenMessage | undefined,
  { phase, resumeFor = 0 }: Life,
  position: number,
): StoredSession | undefined {
  const stored = streams.upTo(position);
  // What the server may not have would have to be stored as well.
  if (stored === undefined || stored.end > position || !tunnel.hasSentAll) return undefined;
  if (greeting === undefined || resumeFor === 0 || phase === 'closed') return undefined;
  const { token, session } = greeting;
  const received = tunnel.consumed + stored.messages;
  return { token, session, resumeFor, received, sent: tunnel.sent, position: stored.end };
}
