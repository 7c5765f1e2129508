/**
 * upload-pack in versions 0 and 1 (gitprotocol-pack(5)). Over HTTP the server remembers nothing between
 * two posts (gitprotocol-http(5)): each brings all wants again, and what is known to be common. The client
 * speaks the stateful protocol and knows nothing of that: what it was told already, it is not told
 * again.
 */
import type { PktLine } from '../pkt-line.js';
import { concatBytes } from '../../base/concat-bytes.js';
import { decodeText } from '../text.js';
import { BrokenRequest, cutOff, pass, type Conversation } from './conversation.js';
import { encodeLine, LineInput, textOf } from './line-input.js';

/** A request has become larger than what is kept of one. */
export class RequestTooLarge extends Error {
  override readonly name = 'RequestTooLarge';

  constructor() {
    super('The request is too large.');
  }
}

/** Carries out one fetch. @param most bytes that are kept of it, to be sent again. */
export async function runFetch(conversation: Conversation, most: number): Promise<void> {
  await new Fetch(conversation, most).run();
}

class Fetch {
  readonly #conversation: Conversation;
  readonly #most: number;
  /** Wants, what the client has of shallow history, how deep it wants it, and the flush-pkt. */
  #head: Uint8Array[] = [];
  /** Whether more than one commit is acknowledged, each with a status. */
  #multiAck = false;
  /** Whether an answer begins with a section about shallow history. */
  #deepens = false;
  /** `have` lines of what is common, by oid, sent again with each post. */
  readonly #common = new Map<string, Uint8Array>();
  /** Lines that the client has said since the last post. */
  #said: Uint8Array[] = [];
  #size = 0;

  constructor(conversation: Conversation, most: number) {
    this.#conversation = conversation;
    this.#most = most;
  }

  async run(): Promise<void> {
    if (!(await this.#readHead())) return;
    if (this.#deepens) await this.#post(false);
    for (;;) {
      const line = await this.#line();
      this.#said.push(encodeLine(line));
      const isDone = textOf(line) === 'done';
      if (line.type !== 'flush' && !isDone) continue;
      await this.#post(isDone);
      if (isDone) return;
    }
  }

  /** @returns whether anything is wanted. */
  async #readHead(): Promise<boolean> {
    const first = await this.#conversation.input.line();
    if (first === undefined || first.type === 'flush') return false;
    for (let line: PktLine = first; ; line = await this.#line()) {
      this.#head.push(encodeLine(line));
      if (line === first) this.#count(line);
      const text = textOf(line) ?? '';
      if (text.startsWith('deepen')) this.#deepens = true;
      if (text.startsWith('want ') && text.includes(' multi_ack')) this.#multiAck = true;
      if (line.type === 'flush') return true;
    }
  }

  async #line(): Promise<PktLine> {
    const line = await this.#conversation.input.line();
    if (line === undefined) throw new BrokenRequest();
    this.#count(line);
    return line;
  }

  #count(line: PktLine): void {
    this.#size += line.type === 'data' ? line.payload.length + 4 : 4;
    // Defence: what is kept of a fetch has a limit (maxNegotiation).
    if (this.#size > this.#most) throw new RequestTooLarge();
  }

  /** Posts all that there is, and hands on what is new of the answer. */
  async #post(isDone: boolean): Promise<void> {
    const carried = new Set(this.#common.keys());
    const said = this.#said.splice(0);
    const isFirst = said.length === 0;
    const body = concatBytes([...this.#head, ...this.#common.values(), ...said]);
    const lines = new LineInput(await this.#conversation.post(body));
    const isShallowWhole = !this.#deepens || (await this.#passShallow(lines, isFirst));
    if (isFirst) {
      // The section was all that was asked for, to which nothing is acknowledged.
      await this.#leave(lines, isShallowWhole);
      return;
    }
    let isAnswered = false;
    const haves = havesIn(said);
    for (let line = await lines.lineIf(isAck); line; line = await lines.lineIf(isAck)) {
      const { oid, status } = ackOf(line);
      // Where there may be many, a NAK comes last.
      isAnswered = !this.#multiAck || oid === '';
      const have = haves.get(oid);
      if (have !== undefined) this.#common.set(oid, have);
      const isRepeated = !this.#multiAck || status === 'common' || status === 'continue';
      if (!carried.has(oid) || !isRepeated) await this.#conversation.write(encodeLine(line));
    }
    // The pack comes last; whatever else a server says passes by as well.
    if (isDone) await pass(lines.rest(), this.#conversation);
    else await this.#leave(lines, isAnswered);
  }

  /**
   * Reads to the end, so that the connection is good for the next post. What stands in place of an answer
   * is an error, for which the client waits as for one.
   */
  async #leave(lines: LineInput, isAnswered: boolean): Promise<void> {
    if (!isAnswered) {
      await pass(lines.rest(), this.#conversation);
      throw cutOff();
    }
    for await (const bytes of lines.rest()) void bytes;
  }

  /** @returns whether the section has its end. */
  async #passShallow(lines: LineInput, isFirst: boolean): Promise<boolean> {
    for (let line = await lines.lineIf(isShallow); line; line = await lines.lineIf(isShallow)) {
      if (isFirst) await this.#conversation.write(encodeLine(line));
      if (line.type === 'flush') return true;
    }
    return false;
  }
}

/** `have` lines by their oids. */
function havesIn(said: readonly Uint8Array[]): ReadonlyMap<string, Uint8Array> {
  const haves = new Map<string, Uint8Array>();
  for (const line of said) {
    const [, oid] = /^.{4}have ([0-9a-f]+)/s.exec(decodeText(line)) ?? [];
    if (oid !== undefined) haves.set(oid, line);
  }
  return haves;
}

/** What a line acknowledges; an empty oid for NAK. */
function ackOf(line: PktLine): { readonly oid: string; readonly status: string | undefined } {
  const [, oid = '', status] = /^ACK ([0-9a-f]+)(?: (\S+))?/.exec(textOf(line) ?? '') ?? [];
  return { oid, status };
}

function isAck(line: PktLine): boolean {
  return /^(ACK |NAK$)/.test(textOf(line) ?? '');
}

function isShallow(line: PktLine): boolean {
  return line.type === 'flush' || /^(un)?shallow /.test(textOf(line) ?? '');
}
