/** A TCP connection that sends bytes as they are and keeps what comes back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One TCP connection without any protocol. */
export class RawSocket {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #waiters: (() => void)[] = [];
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const wake = (): void => {
      for (const waiter of this.#waiters.splice(0)) waiter();
    };
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      wake();
    });
  }

  static async connect(port: number): Promise<RawSocket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    const raw = new RawSocket(socket);
    socket.on('end', () => socket.end());
    return raw;
  }

  /** Everything that came. */
  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends, in a packet of its own where the system agrees. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#ended || bytes.length === 0) return;
    this.#socket.write(bytes);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** No more comes from here; the other side may still speak. */
  end(): void {
    this.#socket.end();
  }

  /** Gone, with a reset where something was under way. */
  destroy(): void {
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Reads nothing from now on. */
  pause(): void {
    this.#socket.pause();
  }

  /** @returns whether `condition` held in time, or before the connection ended. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    const limit = performance.now() + ms;
    while (!condition()) {
      const left = limit - performance.now();
      if (this.#ended || left <= 0) return condition();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  /** @returns whether the connection ended in time. */
  async untilEnd(ms: number): Promise<boolean> {
    await this.until(() => this.#ended, ms);
    return this.#ended;
  }
}
