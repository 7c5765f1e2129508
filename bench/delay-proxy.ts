/**
 * A TCP proxy that makes loopback as slow as a distance: bytes take `delay` ms each way, and a
 * connection is usable only after the round trip that TCP's handshake takes.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Passes bytes on, each `delay` ms late. */
export class DelayProxy {
  readonly #listener: Server;
  readonly #delay: number;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #packSeen: number | undefined;
  #received = 0;

  private constructor(target: string, delay: number) {
    this.#target = new URL(target);
    this.#delay = delay;
    this.#listener = createServer((client) => {
      this.#accept(client);
    });
  }

  /**
   * @param target `http://127.0.0.1:PORT` of a server.
   * @param delay in ms, each way.
   */
  static async start(target: string, delay: number): Promise<DelayProxy> {
    const proxy = new DelayProxy(target, delay);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  /** `http://127.0.0.1:PORT`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** From now on the next pack is looked for. @returns when it came, in ms of the epoch. */
  watchPack(): () => number | undefined {
    this.#packSeen = undefined;
    return () => this.#packSeen;
  }

  /** Bytes that clients were sent, of all connections. */
  get received(): number {
    return this.#received;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    await closed;
  }

  #accept(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
    // What a client sends at once would not leave before the handshake's answer is there.
    const handshaken = performance.now() + 2 * this.#delay;
    this.#relay(client, server, () => Math.max(performance.now(), handshaken) + this.#delay);
    let last = '';
    this.#relay(
      server,
      client,
      () => performance.now() + this.#delay,
      (bytes) => {
        this.#received += bytes.length;
        if (this.#packSeen !== undefined) return;
        const text = last + bytes.toString('latin1');
        // At the head of a side-band line, or of a response without one.
        if (text.includes('PACK\0\0\0\x02'))
          this.#packSeen = performance.timeOrigin + performance.now();
        last = text.slice(-7);
      },
    );
  }

  /** @param due when bytes that come now are to be delivered: never earlier than those before. */
  #relay(from: Socket, to: Socket, due: () => number, onBytes?: (bytes: Buffer) => void): void {
    const later = (deliver: () => void): void => {
      setTimeout(deliver, due() - performance.now());
    };
    from.on('data', (bytes: Buffer) => {
      later(() => {
        if (to.destroyed) return;
        onBytes?.(bytes);
        to.write(bytes);
      });
    });
    from.on('end', () => {
      later(() => to.end());
    });
  }
}
