/**
 * upload-pack's answer to wants and haves, protocol versions 0 and 1 (gitprotocol-pack(5)): the
 * new shallow boundary, ACK and NAK lines, then the packfile, in the side-band or bare. It says
 * what the bytes are, as they come, and looks into no packfile.
 */
import { answerLimit, answerLimits } from './answer-limits.js';
import { PktLineReader } from './pkt-line-reader.js';
import { malformedPktLine } from './pkt-line.js';
import { parseOid } from './oid.js';
import { parseErrorLine } from './remote-error.js';
import { decodeSideBand, errorBand, packBand, progressBand } from './side-band.js';
import { decodeText, decodeTextLine, quoteText, trimNewline } from './text.js';

/** How an ACK line qualifies its oid; undefined for the bare `ACK <oid>`. */
export type AckStatus = 'continue' | 'common' | 'ready' | undefined;

/** What upload-pack said, in its order. */
export type FetchResponseEvent =
  | { readonly type: 'shallow'; readonly oid: string }
  | { readonly type: 'unshallow'; readonly oid: string }
  /** The flush-pkt behind the shallow and unshallow lines, of which there may be none. */
  | { readonly type: 'shallow-end' }
  | { readonly type: 'ack'; readonly oid: string; readonly status: AckStatus }
  | { readonly type: 'nak' }
  /** A piece of the packfile. */
  | { readonly type: 'pack'; readonly bytes: Uint8Array }
  /** Words for a person: UTF-8 that may be cut within a character. */
  | { readonly type: 'progress'; readonly bytes: Uint8Array }
  /** Band 3 or an `ERR` line: the transfer failed, and nothing behind this counts. */
  | { readonly type: 'error'; readonly message: string }
  /** The flush-pkt behind the packfile in the side-band. A bare one ends with the stream. */
  | { readonly type: 'end' };

type State =
  /** Shallow lines may come, or ACK and NAK, or the packfile. */
  | 'shallow'
  /** ACK and NAK lines, until the packfile begins. */
  | 'acknowledgments'
  | 'side-band'
  | 'bare-pack'
  | 'ended'
  | 'failed';

const ackPattern = /^ACK ([^ ]+)(?: (continue|common|ready))?$/;

/** Reads a fetch's answer from pieces of any size. */
export class FetchResponseParser {
  readonly #reader = new PktLineReader();
  #state: State;
  #sideBand: boolean | undefined;
  #lines = 0;

  /** @param isBegun whether what is pushed comes out of the midst of a packfile in the side-band. */
  constructor(isBegun = false) {
    this.#state = isBegun ? 'side-band' : 'shallow';
    if (isBegun) this.#sideBand = true;
  }

  /** Bytes that were read as whole lines. */
  get offset(): number {
    return this.#reader.offset;
  }

  /** Whether the packfile comes in the side-band; undefined until it begins. */
  get sideBand(): boolean | undefined {
    return this.#sideBand;
  }

  /**
   * @param piece the next bytes of the answer.
   * @returns what they say; the bytes of packfile and progress are views of them where they can be.
   * @throws GitWsError MALFORMED_PKT_LINE, ANSWER_LIMIT
   */
  push(piece: Uint8Array): FetchResponseEvent[] {
    switch (this.#state) {
      case 'failed':
        return [];
      case 'bare-pack':
        return piece.byteLength > 0 ? [{ type: 'pack', bytes: piece }] : [];
      default:
        this.#reader.push(piece);
        return this.#readLines();
    }
  }

  /**
   * Says that the answer ended. Whether the packfile is whole is for its checksum to tell.
   *
   * @throws GitWsError MALFORMED_PKT_LINE when the answer was cut: no packfile began, or the
   *   side-band was not closed.
   */
  end(): void {
    if (this.#state === 'failed' || this.#state === 'bare-pack') return;
    this.#reader.end();
    if (this.#state !== 'ended') {
      throw malformedPktLine('The answer to the fetch was cut', this.#reader.offset);
    }
  }

  #readLines(): FetchResponseEvent[] {
    const events: FetchResponseEvent[] = [];
    while (this.#state !== 'failed') {
      if (this.#packBegins()) {
        this.#state = 'bare-pack';
        this.#sideBand = false;
        events.push({ type: 'pack', bytes: this.#reader.takeRest() });
        break;
      }
      const offset = this.#reader.offset;
      const line = this.#reader.read();
      if (line === undefined) break;
      if (this.#state === 'ended') {
        throw malformedPktLine('Something follows the end of the packfile', offset);
      }
      if (line.type === 'data') {
        this.#takeLine(line.payload, offset, events);
      } else if (line.type === 'flush' && this.#state === 'side-band') {
        this.#state = 'ended';
        events.push({ type: 'end' });
      } else if (line.type === 'flush' && this.#state === 'shallow') {
        this.#state = 'acknowledgments';
        events.push({ type: 'shallow-end' });
      } else {
        throw malformedPktLine(`A ${line.type}-pkt has no place here`, offset);
      }
    }
    return events;
  }

  /** A bare packfile needs no announcement: `PACK` cannot be a pkt-line's length. */
  #packBegins(): boolean {
    if (this.#state !== 'shallow' && this.#state !== 'acknowledgments') return false;
    const start = this.#reader.peek(4);
    return start !== undefined && decodeText(start) === 'PACK';
  }

  #takeLine(payload: Uint8Array, offset: number, events: FetchResponseEvent[]): void {
    // A band is told from the first letter of a text line by its number.
    if (this.#state === 'side-band' || (payload[0] ?? 255) <= errorBand) {
      this.#takeSideBand(payload, offset, events);
    } else {
      this.#takeText(decodeTextLine(payload), offset, events);
    }
  }

  #takeSideBand(payload: Uint8Array, offset: number, events: FetchResponseEvent[]): void {
    this.#state = 'side-band';
    this.#sideBand = true;
    const { band, bytes } = decodeSideBand(payload, offset);
    switch (band) {
      case packBand:
        // git sends none to keep a slow connection open.
        if (bytes.byteLength > 0) events.push({ type: 'pack', bytes });
        break;
      case progressBand:
        if (bytes.byteLength > 0) events.push({ type: 'progress', bytes });
        break;
      case errorBand:
        this.#state = 'failed';
        events.push({ type: 'error', message: trimNewline(decodeText(bytes)) });
        break;
    }
  }

  #takeText(text: string, offset: number, events: FetchResponseEvent[]): void {
    this.#lines += 1;
    if (this.#lines > answerLimits.lines) throw answerLimit('lines');
    const message = parseErrorLine(text);
    if (message !== undefined) {
      this.#state = 'failed';
      events.push({ type: 'error', message });
      return;
    }
    const event =
      (this.#state === 'shallow' ? parseShallowLine(text) : undefined) ?? parseAckLine(text);
    if (event === undefined) {
      throw malformedPktLine(`${quoteText(text)} has no place in a fetch's answer`, offset);
    }
    if (event.type === 'ack' || event.type === 'nak') this.#state = 'acknowledgments';
    events.push(event);
  }
}

function parseShallowLine(text: string): FetchResponseEvent | undefined {
  const [type, value = '', ...rest] = text.split(' ');
  const oid = parseOid(value);
  if ((type !== 'shallow' && type !== 'unshallow') || oid === undefined || rest.length > 0) {
    return undefined;
  }
  return { type, oid };
}

function parseAckLine(text: string): FetchResponseEvent | undefined {
  if (text === 'NAK') return { type: 'nak' };
  const [, value = '', status] = ackPattern.exec(text) ?? [];
  const oid = parseOid(value);
  return oid === undefined ? undefined : { type: 'ack', oid, status: status as AckStatus };
}
