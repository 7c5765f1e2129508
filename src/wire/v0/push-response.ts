/**
 * receive-pack's whole answer to a push: the report, and with a side-band the words of hooks
 * around it (gitprotocol-pack(5)).
 */
import { PktLineReader } from '../pkt-line-reader.js';
import { malformedPktLine } from '../pkt-line.js';
import { ReportStatusParser } from './report-status.js';
import type { ReportStatus } from './report-status.js';
import { decodeSideBand, errorBand, packBand, progressBand } from '../side-band.js';
import { decodeText, trimNewline } from '../text.js';

/** What receive-pack said, in its order. */
export type PushResponseEvent =
  /** Words for a person, hooks' among them: UTF-8 that may be cut within a character. */
  | { readonly type: 'progress'; readonly bytes: Uint8Array }
  /** Band 3: the push failed, and nothing behind this counts. */
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'report'; readonly report: ReportStatus }
  /** The flush-pkt behind the side-band. */
  | { readonly type: 'end' };

/**
 * Reads a push's answer from pieces of any size. It cannot know whether a report was asked for:
 * who asked for `report-status` and gets no `report` event has lost it.
 */
export class PushResponseParser {
  readonly #sideBand: boolean;
  readonly #reader = new PktLineReader();
  readonly #report = new ReportStatusParser();
  #state: 'open' | 'ended' | 'failed' = 'open';
  #reportBegun = false;
  #offset = 0;

  /** @param options whether the request asked for `side-band` or `side-band-64k`. */
  constructor(options: { readonly sideBand: boolean }) {
    this.#sideBand = options.sideBand;
  }

  /**
   * @param piece the next bytes of the answer.
   * @throws GitWsError MALFORMED_PKT_LINE, and REMOTE_ERROR for an `ERR` line in the report.
   */
  push(piece: Uint8Array): PushResponseEvent[] {
    const events: PushResponseEvent[] = [];
    if (this.#state === 'failed') return events;
    if (this.#sideBand) {
      this.#reader.push(piece);
      this.#readLines(events);
    } else {
      this.#takeReport(piece, this.#offset, events);
      this.#offset += piece.byteLength;
    }
    return events;
  }

  /**
   * Says that the answer ended.
   *
   * @throws GitWsError MALFORMED_PKT_LINE when it was cut.
   */
  end(): void {
    if (this.#state === 'failed') return;
    if (this.#reportBegun) this.#report.end();
    if (!this.#sideBand) return;
    this.#reader.end();
    if (this.#state !== 'ended') {
      throw malformedPktLine('The answer to the push was cut', this.#reader.offset);
    }
  }

  #readLines(events: PushResponseEvent[]): void {
    while (this.#state !== 'failed') {
      this.#offset = this.#reader.offset;
      const line = this.#reader.read();
      if (line === undefined) return;
      if (this.#state === 'ended') {
        throw malformedPktLine('Something follows the end of the side-band', this.#offset);
      }
      if (line.type === 'data') {
        this.#takeSideBand(line.payload, events);
      } else if (line.type === 'flush') {
        this.#state = 'ended';
        events.push({ type: 'end' });
      } else {
        throw malformedPktLine(`A ${line.type}-pkt has no place here`, this.#offset);
      }
    }
  }

  #takeSideBand(payload: Uint8Array, events: PushResponseEvent[]): void {
    const { band, bytes } = decodeSideBand(payload, this.#offset);
    switch (band) {
      case packBand:
        // Behind the four digits and the band's number.
        this.#takeReport(bytes, this.#offset + 5, events);
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

  #takeReport(bytes: Uint8Array, offset: number, events: PushResponseEvent[]): void {
    if (bytes.byteLength === 0) return;
    this.#reportBegun = true;
    const step = this.#report.push(bytes);
    if (!step.done) return;
    // Also for what comes after the report was done: none of it belongs to it then.
    if (step.end < bytes.byteLength) {
      throw malformedPktLine('Something follows the report on the push', offset + step.end);
    }
    events.push({ type: 'report', report: step.value });
  }
}
