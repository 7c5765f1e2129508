/**
 * A client of gitws.v1 that does only what it is told: for what the real client never does. It
 * sends acks, garbage and request targets as written. What is left open is closed with the file.
 */
import type { IncomingMessage } from 'node:http';
import { atEnd } from './at-end.js';
import WebSocket, { type ClientOptions } from 'ws';

/** How to connect. */
export interface RawOptions {
  /** The request target, sent as it stands. */
  readonly target: string;
  /** Entries of Sec-WebSocket-Protocol; default `gitws.v1` alone. */
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** More of the options of `ws`: which certificate to trust, which address to come from. */
  readonly connection?: ClientOptions;
}

/** A text message, parsed. */
export interface TextMessage {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a connection came to: a close code and a reason, or an HTTP answer. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** Status of an HTTP answer in place of an upgrade; 101 after an upgrade. */
  readonly status: number;
  /** Body of an HTTP answer. */
  readonly body: string;
}

const sockets = new Set<WebSocket>();

atEnd(() => {
  for (const socket of sockets) socket.terminate();
});

/** A connection under the test's control. */
export class RawClient {
  /** Everything that arrived, in order. */
  readonly texts: TextMessage[] = [];
  readonly data: Buffer[] = [];
  /** Counted messages that arrived. */
  counted = 0;
  dataBytes = 0;
  /** What the server echoed, once it is open. */
  protocol = '';
  readonly closed: Promise<Ending>;
  readonly socket: WebSocket;
  #status = 101;
  #body = '';
  #waiters: (() => void)[] = [];
  #ended = false;

  /** @param url `http://HOST:PORT`. */
  constructor(
    url: string,
    { target, protocols = ['gitws.v1'], headers = {}, connection = {} }: RawOptions,
  ) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), [...protocols], {
      ...connection,
      headers: { ...headers },
      perMessageDeflate: false,
      finishRequest: (request) => {
        // As it stands: the URL class would resolve dots and merge slashes.
        (request as unknown as { path: string }).path = target;
        request.end();
      },
    });
    sockets.add(this.socket);
    this.socket.on('open', () => {
      this.protocol = this.socket.protocol;
      this.#wake();
    });
    this.socket.on('message', (bytes: Buffer, isBinary) => {
      this.#receive(bytes, isBinary);
    });
    this.socket.on('error', () => undefined);
    this.socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      this.#status = response.statusCode ?? 0;
      response.setEncoding('utf8').on('data', (chunk: string) => (this.#body += chunk));
      response.on('close', () => {
        this.socket.terminate();
      });
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        sockets.delete(this.socket);
        this.#ended = true;
        this.#wake();
        resolve({ code, reason: reason.toString(), status: this.#status, body: this.#body });
      });
    });
  }

  /** Sends bytes as they are, a string as text, anything else as JSON. */
  send(message: unknown): void {
    const plain = typeof message === 'string' || message instanceof Uint8Array;
    this.socket.send(plain ? message : JSON.stringify(message));
  }

  /** Acknowledges everything that has arrived. */
  ack(consumed = this.counted): void {
    this.send({ type: 'ack', consumed });
  }

  /** Waits until `condition` holds. @throws Error if the connection ends before. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#ended) {
        const { code, reason, status } = await this.closed;
        throw new Error(`closed too early: ${status} ${code} ${reason} ${this.describe()}`);
      }
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Waits for a text message of this type. */
  async text(type: string): Promise<TextMessage> {
    await this.until(() => this.texts.some((one) => one.type === type));
    return this.texts.find((one) => one.type === type) ?? { type };
  }

  /** Waits for the end of the first pkt-line section: an advertisement or capability list. */
  async advertisement(): Promise<string> {
    const all = (): string => Buffer.concat(this.data).toString('latin1');
    await this.until(() => all().endsWith('0000'));
    return all();
  }

  describe(): string {
    return JSON.stringify(this.texts);
  }

  /** Acknowledges everything from now on, as a reader that keeps up. */
  keepUp(): this {
    this.socket.on('message', () => {
      if (this.socket.readyState === WebSocket.OPEN) this.ack();
    });
    return this;
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.counted += 1;
      this.dataBytes += bytes.length;
      this.data.push(bytes);
    } else {
      const message = JSON.parse(bytes.toString()) as TextMessage;
      if (['stderr', 'end', 'exit'].includes(message.type)) this.counted += 1;
      this.texts.push(message);
    }
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
