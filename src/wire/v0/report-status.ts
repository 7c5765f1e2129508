/**
 * receive-pack's report on each ref of a push: `report-status` and `report-status-v2`
 * (gitprotocol-pack(5)), without the side-band that may be around it (push-response.ts).
 */
import type { GitWsError } from '../../base/errors.js';
import { MessageParser } from '../message-parser.js';
import { parseOid } from '../oid.js';
import { encodePktLine, flushPkt, malformedPktLine } from '../pkt-line.js';
import { concatBytes } from '../../base/concat-bytes.js';
import { quoteText } from '../text.js';

/** A ref that was updated; the optional facts are what a `proc-receive` hook made of it. */
export interface AcceptedRef {
  readonly ref: string;
  readonly ok: true;
  /** The ref that was updated in its place. */
  readonly refName?: string;
  readonly oldOid?: string;
  readonly newOid?: string;
  readonly forcedUpdate?: boolean;
}

/** A ref that was not updated, and why. */
export interface RejectedRef {
  readonly ref: string;
  readonly ok: false;
  readonly reason: string;
}

export type RefStatus = AcceptedRef | RejectedRef;

/** What became of a push. */
export interface ReportStatus {
  /** `ok`, or why the packfile was not taken. */
  readonly unpack: string;
  /** In the order of the commands; a `proc-receive` hook may report one ref several times. */
  readonly refs: readonly RefStatus[];
}

/** The longest report, in bytes: some 200 bytes for each of 80,000 refs. */
export const maxReportBytes = 16 * 1024 * 1024;

/** Reads a report from pieces of any size. */
export class ReportStatusParser extends MessageParser<ReportStatus> {
  #unpack: string | undefined;
  readonly #refs: RefStatus[] = [];

  /** @param limits how long a report may be, in bytes; default {@link maxReportBytes}. */
  constructor(limits: { readonly maxBytes?: number } = {}) {
    super(limits.maxBytes ?? maxReportBytes);
  }

  protected override takeText(text: string, offset: number): void {
    const [keyword, rest] = splitWord(text);
    if (rest === '') throw this.#unexpected(text, offset);
    if (this.#unpack === undefined) {
      if (keyword !== 'unpack') throw this.#unexpected(text, offset);
      this.#unpack = rest;
      return;
    }
    switch (keyword) {
      case 'ok':
        this.#refs.push({ ref: rest, ok: true });
        break;
      case 'ng': {
        const [ref, reason] = splitWord(rest);
        if (ref === '') throw this.#unexpected(text, offset);
        this.#refs.push({ ref, ok: false, reason });
        break;
      }
      case 'option': {
        const last = this.#refs.pop();
        if (last === undefined) throw this.#unexpected(text, offset);
        this.#refs.push(last.ok ? this.#withOption(last, rest, offset) : last);
        break;
      }
      default:
        throw this.#unexpected(text, offset);
    }
  }

  protected override takeFlush(offset: number): ReportStatus {
    if (this.#unpack === undefined) throw this.malformed('it has no unpack line', offset);
    return { unpack: this.#unpack, refs: this.#refs };
  }

  protected override malformed(problem: string, offset: number): GitWsError {
    return malformedPktLine(`The server's report on the push is malformed: ${problem}`, offset);
  }

  /** Options that are not known are left out, as git does. */
  #withOption(status: AcceptedRef, option: string, offset: number): AcceptedRef {
    const [name, value] = splitWord(option);
    const oid = (): string => {
      const parsed = parseOid(value);
      if (parsed === undefined) throw this.malformed(`${quoteText(value)} is not an oid`, offset);
      return parsed;
    };
    switch (name) {
      case 'refname':
        return { ...status, refName: value };
      case 'old-oid':
        return { ...status, oldOid: oid() };
      case 'new-oid':
        return { ...status, newOid: oid() };
      case 'forced-update':
        return { ...status, forcedUpdate: true };
      default:
        return status;
    }
  }

  #unexpected(text: string, offset: number): GitWsError {
    return this.malformed(`${quoteText(text)} has no place here`, offset);
  }
}

/** @returns the pkt-lines of a report with its flush-pkt, which {@link ReportStatusParser} reads. */
export function encodeReportStatus(report: ReportStatus): Uint8Array {
  const lines = [`unpack ${report.unpack}`, ...report.refs.flatMap(formatRefStatus)];
  return concatBytes([...lines.map((line) => encodePktLine(`${line}\n`)), flushPkt]);
}

function formatRefStatus(status: RefStatus): string[] {
  if (!status.ok) return [`ng ${status.ref} ${status.reason}`.trimEnd()];
  const lines = [`ok ${status.ref}`];
  if (status.refName !== undefined) lines.push(`option refname ${status.refName}`);
  if (status.oldOid !== undefined) lines.push(`option old-oid ${status.oldOid}`);
  if (status.newOid !== undefined) lines.push(`option new-oid ${status.newOid}`);
  if (status.forcedUpdate === true) lines.push('option forced-update');
  return lines;
}

/** What stands before the first space, and what behind it. */
function splitWord(text: string): [word: string, rest: string] {
  const space = text.indexOf(' ');
  return space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)];
}
