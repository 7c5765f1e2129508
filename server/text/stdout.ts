/**
 * git's stdout on its way to a client: the same bytes, but for the words for a person that stand
 * among them (side-bands 2 and 3, `ERR`, the reasons of a push's report), out of which the server's
 * own paths are taken. Packs and refs pass by as they are; of a line with words at most one pkt-line
 * is kept until it is whole. What is no pkt-line (a pack without a side-band) passes from there on.
 */
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import { pktLineLength, writePktLineLength } from '../../src/wire/pkt-line.js';
import {
  encodeSideBand,
  errorBand,
  packBand,
  progressBand,
  sideBandLineLength,
} from '../../src/wire/side-band.js';
import { Removal, type OwnWord } from './removal.js';

/** The stdout of one process. */
export class StdoutText {
  readonly #words: readonly OwnWord[];
  readonly #service: GitService;
  /** The text of side-band 2: a path may begin in one line and end in the next. */
  readonly #progress: Removal;
  /** receive-pack's report: pkt-lines in side-band 1. */
  #report: StdoutText | undefined;
  /** The beginning of a line, too short to tell what it is. */
  #head = Buffer.alloc(0);
  /** How many bytes of the present line are still to pass by. */
  #passing = 0;
  /** The present line, where it has words, and how many of its bytes are missing. */
  #line: Buffer[] = [];
  #missing = 0;
  #isPkt = true;

  /** @param words that clients must not read, as {@link asBytes} has them. */
  constructor(words: readonly OwnWord[], service: GitService) {
    this.#words = words;
    this.#service = service;
    this.#progress = new Removal(words);
  }

  /** @returns what can be sent, in pieces. */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    const out: Buffer[] = [];
    let at = 0;
    // What passes by is handed on in one piece, up to where words begin.
    let from = 0;
    const handOn = (): void => {
      if (at > from) out.push(bytes.subarray(from, at));
      from = at;
    };
    while (at < bytes.length) {
      if (this.#missing > 0) {
        const part = bytes.subarray(at, at + this.#missing);
        this.#line.push(part);
        this.#missing -= part.length;
        at += part.length;
        from = at;
        if (this.#missing === 0) out.push(...this.#finishLine());
        continue;
      }
      if (this.#isPkt && this.#passing === 0) {
        const length = lengthAt(bytes, at);
        // A line of more than its length is known by its first byte.
        if (length === undefined || (length > 4 && bytes.length < at + 5)) break;
        if (length < 3) {
          const held = this.#finishText();
          if (held.length > 0) handOn();
          out.push(...held);
        }
        if (length === noPktLine) this.#isPkt = false;
        else if (length > 4 && this.#mayHaveWords(bytes[at + 4] ?? 0)) {
          handOn();
          this.#missing = length;
          continue;
        } else this.#passing = Math.max(length, 4);
      }
      const passing = this.#isPkt ? Math.min(this.#passing, bytes.length - at) : bytes.length - at;
      this.#passing -= this.#isPkt ? passing : 0;
      at += passing;
    }
    handOn();
    this.#head = Buffer.from(bytes.subarray(at));
    return out;
  }

  /** @returns what was held back. */
  end(): Buffer[] {
    const out = this.#finishText();
    if (this.#line.length > 0) {
      // Cut off, and so it stays, whatever it is now.
      const part = Buffer.concat(this.#line);
      const text = this.#clean(part.toString('latin1', 5));
      const whole = part.length + this.#missing;
      out.push(Buffer.concat([part.subarray(0, 5), latin1(text)]).subarray(0, whole - 1));
    }
    out.push(this.#head);
    this.#line = [];
    this.#head = Buffer.alloc(0);
    return out.filter(({ length }) => length > 0);
  }

  #mayHaveWords(first: number): boolean {
    if (first === progressBand || first === errorBand || first === firstOf('ERR ')) return true;
    if (this.#service !== 'git-receive-pack') return false;
    return first === packBand || first === firstOf('ng ') || first === firstOf('unpack ');
  }

  #finishLine(): Buffer[] {
    const line = Buffer.concat(this.#line);
    this.#line = [];
    // A band without bytes says only that git is alive.
    if (line.length === 5) return [line];
    const capability =
      line.length > sideBandLineLength['side-band'] ? 'side-band-64k' : 'side-band';
    switch (line[4]) {
      case progressBand: {
        const text = this.#progress.push(line.toString('latin1', 5));
        return encodeSideBand(progressBand, latin1(text), capability).map(asBuffer);
      }
      case packBand: {
        this.#report ??= new StdoutText(this.#words, this.#service);
        const report = Buffer.concat(this.#report.push(line.subarray(5)));
        return encodeSideBand(packBand, report, capability).map(asBuffer);
      }
      default: {
        const text = line.toString('latin1', 4);
        if (line[4] !== errorBand && !/^(ERR|ng|unpack) /.test(text)) return [line];
        const most = Math.max(line.length, sideBandLineLength['side-band']) - 4;
        const words = latin1(this.#clean(text).slice(0, most));
        const rewritten = Buffer.alloc(words.length + 4);
        writePktLineLength(rewritten, rewritten.length);
        words.copy(rewritten, 4);
        return [...this.#finishText(), rewritten];
      }
    }
  }

  #clean(text: string): string {
    const removal = new Removal(this.#words);
    return removal.push(text) + removal.end();
  }

  /** What side-bands hold back at the end of a section. */
  #finishText(): Buffer[] {
    const report = this.#report?.end() ?? [];
    const text = latin1(this.#progress.end());
    return [
      ...encodeSideBand(packBand, Buffer.concat(report), 'side-band'),
      ...encodeSideBand(progressBand, text, 'side-band'),
    ].map(asBuffer);
  }
}

/** @returns words for text whose every character is a byte: what hooks say may be no UTF-8. */
export function asBytes(words: readonly OwnWord[]): OwnWord[] {
  const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
  return words.map((one) => ({ ...one, word: bytes(one.word), instead: bytes(one.instead) }));
}

const noPktLine = Infinity;

/** @returns undefined where its digits are not all there; {@link noPktLine} where they are none. */
function lengthAt(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + 4) return undefined;
  try {
    return pktLineLength(bytes, at, at);
  } catch {
    return noPktLine;
  }
}

function firstOf(text: string): number {
  return text.charCodeAt(0);
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
