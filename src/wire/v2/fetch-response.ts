/**
 * The answer to protocol version 2's `fetch` command (gitprotocol-v2(5)): sections, each with a header,
 * in one order, and a flush-pkt. It says what the bytes are, as they come, and looks into no packfile.
 */
import { answerLimits } from '../answer-limits.js';
import { parseOid } from '../oid.js';
import { PktLineReader } from '../pkt-line-reader.js';
import { malformedPktLine } from '../pkt-line.js';
import { checkRefName } from '../ref-name.js';
import { parseErrorLine } from '../remote-error.js';
import { decodeSideBand, errorBand, packBand } from '../side-band.js';
import { decodeText, decodeTextLine, quoteText, trimNewline } from '../text.js';

/** What upload-pack said, in its order. */
export type FetchSectionEvent =
  | { readonly type: 'nak' }
  | { readonly type: 'ack'; readonly oid: string }
  /** It knows enough: the packfile follows. */
  | { readonly type: 'ready' }
  | { readonly type: 'shallow' | 'unshallow'; readonly oid: string }
  | { readonly type: 'wanted-ref'; readonly oid: string; readonly name: string }
  /** A piece of the packfile. */
  | { readonly type: 'pack'; readonly bytes: Uint8Array }
  /** Words for a person: UTF-8 that may be cut within a character. */
  | { readonly type: 'progress'; readonly bytes: Uint8Array }
  /** Band 3 or an `ERR` line: the fetch failed, and nothing behind this counts. */
  | { readonly type: 'error'; readonly message: string }
  /** The flush-pkt: the answer is whole. @property hasPack without one, another round is asked for. */
  | { readonly type: 'end'; readonly hasPack: boolean };

/**
 * When a section may come, each once: in the places of the document, but git itself says first which refs were
 * wanted, and then where history is cut off (upload-pack.c, `upload_pack_v2`). `packfile-uris` is never asked for.
 */
const sections = { acknowledgments: 0, 'wanted-refs': 1, 'shallow-info': 1, packfile: 2 } as const;

type Section = keyof typeof sections;

/** Reads one answer from pieces of any size. */
export class FetchSectionsParser {
  readonly #reader = new PktLineReader();
  readonly #maxLines: number;
  #state: Section | 'start' | 'between' | 'ended' | 'failed' = 'start';
  readonly #passed = new Set<Section>();
  #lines = 0;

  /** @param maxLines of all sections before the packfile, at most; default {@link answerLimits}. */
  constructor(maxLines = answerLimits.lines) {
    this.#maxLines = maxLines;
  }

  /**
   * @param piece the next bytes of the stream.
   * @returns what they say; the bytes of packfile and progress are views of them where they can be.
   * @throws GitWsError MALFORMED_PKT_LINE, also for what follows the end: nothing else was asked for.
   *   INVALID_REF_NAME.
   */
  push(piece: Uint8Array): FetchSectionEvent[] {
    const events: FetchSectionEvent[] = [];
    if (this.#state === 'failed') return events;
    this.#reader.push(piece);
    for (;;) {
      const { offset } = this.#reader;
      const line = this.#reader.read();
      if (line === undefined) return events;
      if (this.#state === 'ended') {
        throw malformedPktLine('Something follows the end of the answer', offset);
      }
      if (line.type === 'data') this.#takeLine(line.payload, offset, events);
      else if (line.type === 'flush') events.push(this.#end(offset));
      else if (line.type === 'delim' && this.#isInSection()) this.#state = 'between';
      else throw malformedPktLine(`A ${line.type}-pkt has no place here`, offset);
      if (this.#isFailed()) return events;
    }
  }

  #isFailed(): boolean {
    return this.#state === 'failed';
  }

  /** Whether a section before the packfile is being read, behind which another one may follow. */
  #isInSection(): boolean {
    return this.#state !== 'start' && this.#state !== 'between' && this.#state !== 'packfile';
  }

  #end(offset: number): FetchSectionEvent {
    // Only acknowledgments may be all of an answer.
    if (this.#state !== 'packfile' && this.#state !== 'acknowledgments') {
      throw malformedPktLine('The answer ends where its packfile should begin', offset);
    }
    const hasPack = this.#state === 'packfile';
    this.#state = 'ended';
    return { type: 'end', hasPack };
  }

  #takeLine(payload: Uint8Array, offset: number, events: FetchSectionEvent[]): void {
    if (this.#state === 'packfile') {
      this.#takeBand(payload, offset, events);
      return;
    }
    const text = decodeTextLine(payload);
    const message = parseErrorLine(text);
    if (message !== undefined) {
      this.#state = 'failed';
      events.push({ type: 'error', message });
    } else if (this.#state === 'start' || this.#state === 'between') {
      this.#begin(text, offset);
    } else {
      this.#lines += 1;
      const event = this.#lines > this.#maxLines ? undefined : parseLine(this.#state, text);
      if (event === undefined) {
        throw malformedPktLine(`${quoteText(text)} has no place in ${this.#state}`, offset);
      }
      events.push(event);
    }
  }

  #begin(name: string, offset: number): void {
    const isLate = (section: Section): boolean =>
      [...this.#passed].some((one) => one === section || sections[one] > sections[section]);
    if (!isSection(name) || isLate(name)) {
      throw malformedPktLine(`${quoteText(name)} is no section that may come here`, offset);
    }
    this.#passed.add(name);
    this.#state = name;
  }

  #takeBand(payload: Uint8Array, offset: number, events: FetchSectionEvent[]): void {
    const { band, bytes } = decodeSideBand(payload, offset);
    if (band === errorBand) {
      this.#state = 'failed';
      events.push({ type: 'error', message: trimNewline(decodeText(bytes)) });
    } else if (bytes.byteLength > 0) {
      // git sends none to keep a slow connection open.
      events.push({ type: band === packBand ? 'pack' : 'progress', bytes });
    }
  }
}

function isSection(name: string): name is Section {
  return Object.hasOwn(sections, name);
}

function parseLine(
  section: Section | 'ended' | 'failed',
  text: string,
): FetchSectionEvent | undefined {
  const [word = '', value = '', ...rest] = text.split(' ');
  if (section === 'acknowledgments' && (text === 'NAK' || text === 'ready')) {
    return { type: text === 'NAK' ? 'nak' : 'ready' };
  }
  if (rest.length > 0) return undefined;
  if (section === 'wanted-refs') {
    const oid = parseOid(word);
    if (oid === undefined) return undefined;
    checkRefName(value);
    return { type: 'wanted-ref', oid, name: value };
  }
  const oid = parseOid(value);
  if (oid === undefined) return undefined;
  if (section === 'acknowledgments') return word === 'ACK' ? { type: 'ack', oid } : undefined;
  return word === 'shallow' || word === 'unshallow' ? { type: word, oid } : undefined;
}
