/**
 * One direction of a connection through the proxy: takes bytes in as they arrive, and passes
 * them on late, slowly, in other pieces, and only up to a byte. It knows nothing of the other
 * direction, nor of what the bytes mean.
 */
import type { Socket } from 'node:net';
import { seededRandom, type Random } from './random.js';

/** From the client to the server, or back. */
export type Direction = 'up' | 'down';

/**
 * What strikes a connection. `reset` and `end`: both sides see it end, by RST or by FIN. `stall`:
 * nothing is read any more, both sockets stay as they are. `swallow`: everything is read and
 * dropped, and neither side hears that the other one ended.
 */
export type Strike = 'reset' | 'end' | 'stall' | 'swallow';

/** What happens at a byte. `mute`: no more of its direction goes on, nor its end; the other does. */
export type AtByte = Strike | 'mute';

/** When something strikes: that many bytes have passed, and no more will. */
export interface StrikeAt {
  readonly after: number;
  /** Where `after` counts from: behind this text's first occurrence; default: the beginning. */
  readonly behind?: string | undefined;
  readonly how: AtByte;
}

/** What a direction does to its bytes. */
export interface RelayOptions {
  readonly direction: Direction;
  readonly delay?: number;
  readonly rate?: number;
  readonly pieces?: { readonly seed: number; readonly most: number };
  readonly strike: StrikeAt | undefined;
  /** Called with what has come in, as it came. */
  readonly onArrival: (bytes: Buffer) => void;
  /** Called with what goes on, as it goes: as it came, where neither `rate` nor `pieces` is given. */
  readonly onDelivery: (bytes: Buffer) => void;
  /** Called once, when the bytes before have been written. */
  readonly onStrike: (how: AtByte) => void;
  /** Whether the receiver is told nothing any more. */
  readonly isApart: () => boolean;
}

/** Bytes held here above which the sender has to wait: the proxy is no buffer without end. */
const mostHeld = 256 * 1024;

/** Time between two pieces of a throttled direction, in ms. */
const tact = 10;

/** Time that bytes wait for others to be merged with, in ms. */
const mergeTime = 3;

/** Passes one direction of a connection on, with faults. */
export class Relay {
  /** Bytes passed on. */
  passed = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #options: RelayOptions;
  readonly #random: Random | undefined;
  /** Arrived, not passed on. */
  readonly #held: { bytes: Buffer; due: number }[] = [];
  #heldBytes = 0;
  /** Size of the next piece where pieces have sizes of their own. */
  #piece = 0;
  #pieceSince: number | undefined;
  /** When a throttled direction may go on, in ms. */
  #notBefore = 0;
  /** When the end of it is to be passed on, in ms. */
  #endsAt: number | undefined;
  /** The byte at which something strikes. */
  #end = Infinity;
  /** The last bytes taken in, where a text is looked for that may begin there. */
  #tail = Buffer.alloc(0);
  #arrived = 0;
  #state: 'passing' | 'stopped' | 'dropping' = 'passing';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(from: Socket, to: Socket, options: RelayOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
    const { pieces, direction, delay = 0 } = options;
    if (pieces !== undefined) {
      this.#random = seededRandom(pieces.seed * 2 + (direction === 'up' ? 0 : 1));
      this.#nextPiece();
    }
    from.on('data', (bytes: Buffer) => {
      if (this.#state !== 'passing') return;
      this.#look(bytes);
      options.onArrival(bytes);
      this.#held.push({ bytes, due: performance.now() + delay });
      this.#heldBytes += bytes.length;
      if (this.#heldBytes > mostHeld) from.pause();
      this.#pass();
    });
    from.on('end', () => {
      this.#endsAt = performance.now() + delay;
      this.#pass();
    });
    to.on('drain', () => {
      this.#pass();
    });
    const { strike, onStrike } = options;
    if (strike === undefined || strike.behind !== undefined) return;
    this.#end = strike.after;
    if (strike.after === 0) queueMicrotask(() => onStrike(strike.how));
  }

  /** Passes nothing on any more; what arrives is dropped, or left to the sender. */
  stop(drop: boolean): void {
    if (this.#state !== 'passing') return;
    this.#state = drop ? 'dropping' : 'stopped';
    clearTimeout(this.#timer);
    this.#held.length = 0;
    if (drop) this.#from.resume();
    else this.#from.pause();
  }

  /** Looks for the text behind which something is to strike. */
  #look(bytes: Buffer): void {
    const { behind, after = 0 } = this.#options.strike ?? {};
    if (behind !== undefined && this.#end === Infinity) {
      const seen = Buffer.concat([this.#tail, bytes]);
      const found = seen.indexOf(behind);
      const start = this.#arrived - this.#tail.length;
      if (found !== -1) this.#end = start + found + behind.length + after;
      this.#tail = seen.subarray(Math.max(0, seen.length - behind.length + 1));
    }
    this.#arrived += bytes.length;
  }

  #pass(): void {
    clearTimeout(this.#timer);
    while (this.#state === 'passing') {
      const wait = this.#waitingTime(performance.now());
      if (wait === undefined) break;
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pass(), wait);
        return;
      }
      if (this.#held.length > 0) {
        this.#passOne();
        continue;
      }
      if (!this.#options.isApart() && !this.#to.destroyed) this.#to.end();
      break;
    }
    this.#relieve();
  }

  /** @returns ms until something may be passed on; undefined for not before something happens. */
  #waitingTime(now: number): number | undefined {
    const first = this.#held[0];
    if (first === undefined) return this.#endsAt && this.#endsAt - now;
    if (this.#to.writableNeedDrain) return undefined;
    const wait = Math.max(first.due - now, this.#notBefore - now);
    if (wait > 0 || this.#random === undefined || this.#heldBytes >= this.#piece) return wait;
    if (this.#endsAt !== undefined) return 0;
    this.#pieceSince ??= now;
    return this.#pieceSince + mergeTime - now;
  }

  /** Passes one piece on, up to the byte where something happens. */
  #passOne(): void {
    const { rate, strike, onDelivery, onStrike } = this.#options;
    const asItCame = rate === undefined && this.#random === undefined;
    const wanted = Math.min(
      asItCame ? (this.#held[0]?.bytes.length ?? 0) : Infinity,
      this.#random === undefined ? Infinity : this.#piece,
      rate === undefined ? Infinity : Math.max(1, Math.floor((rate * tact) / 1000)),
      this.#end - this.passed,
    );
    const bytes = this.#take(wanted);
    this.passed += bytes.length;
    if (this.#random !== undefined) this.#nextPiece();
    if (rate !== undefined) this.#notBefore = performance.now() + (bytes.length / rate) * 1000;
    // A segment of its own, as far as the system lets one choose.
    else if (this.#random !== undefined) this.#notBefore = performance.now() + 0.01;
    onDelivery(bytes);
    if (strike === undefined || this.passed !== this.#end) {
      this.#to.write(bytes);
    } else if (strike.how === 'reset') {
      // A reset throws away what the receiver has not read: in a network it comes behind that.
      this.stop(false);
      this.#to.write(bytes, () => afterPolling(() => onStrike('reset')));
    } else {
      this.#to.write(bytes);
      onStrike(strike.how);
    }
  }

  #take(most: number): Buffer {
    const now = performance.now();
    const parts: Buffer[] = [];
    let size = 0;
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      if (size === most || (first.due > now && size > 0)) break;
      const part = first.bytes.subarray(0, most - size);
      parts.push(part);
      size += part.length;
      if (part.length === first.bytes.length) this.#held.shift();
      else first.bytes = first.bytes.subarray(part.length);
    }
    this.#heldBytes -= size;
    return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
  }

  #nextPiece(): void {
    this.#piece = 1 + (this.#random?.below(this.#options.pieces?.most ?? 1) ?? 0);
    this.#pieceSince = undefined;
  }

  #relieve(): void {
    if (this.#state === 'passing' && this.#heldBytes <= mostHeld / 2) this.#from.resume();
  }
}

/** Calls back when a socket of this process that can be read has been read. */
function afterPolling(then: () => void): void {
  // The first runs behind this round of the event loop, the second behind the next one.
  setImmediate(() => setImmediate(then));
}
