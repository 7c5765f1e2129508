/**
 * What a push begins with: the commands and the capabilities that the client asks for
 * (gitprotocol-pack(5)). Push options and the packfile stand behind it and are not touched. Signed
 * pushes are not read.
 */
import type { GitWsError } from '../../base/errors.js';
import { formatCapabilities, parseCapabilities } from '../capabilities.js';
import type { Capabilities } from '../capabilities.js';
import { MessageParser } from '../message-parser.js';
import { parseOid } from '../oid.js';
import { encodePktLine, flushPkt, malformedPktLine } from '../pkt-line.js';
import { concatBytes } from '../../base/concat-bytes.js';
import { quoteText } from '../text.js';

/** One ref to change; `zeroOid` as the old oid creates it, as the new one deletes it. */
export interface PushCommand {
  readonly oldOid: string;
  readonly newOid: string;
  readonly ref: string;
}

/** The head of a push. */
export interface PushRequest {
  readonly commands: readonly PushCommand[];
  readonly capabilities: Capabilities;
  /** Commits at which the client's repository is cut off. */
  readonly shallow: readonly string[];
}

const commandPattern = /^([^ ]+) ([^ ]+) ([^\0]+)$/;

/** Reads a push's head from pieces of any size, each byte of it once. */
export class PushRequestParser extends MessageParser<PushRequest> {
  readonly #commands: PushCommand[] = [];
  readonly #shallow: string[] = [];
  #capabilities: Capabilities = new Map();

  /** Its length is the caller's own affair, who has all of it already. */
  constructor() {
    super(Infinity);
  }

  protected override takeText(line: string, offset: number): void {
    let text = line;
    const isFirst = this.#commands.length === 0;
    const nul = text.indexOf('\0');
    if (nul >= 0 && isFirst) {
      this.#capabilities = parseCapabilities(text.slice(nul + 1));
      text = text.slice(0, nul);
    }
    if (isFirst && text.startsWith('shallow ')) this.#shallow.push(parseShallow(text, offset));
    else this.#commands.push(parseCommand(text, offset));
  }

  protected override takeFlush(): PushRequest {
    return {
      commands: this.#commands,
      capabilities: this.#capabilities,
      shallow: this.#shallow,
    };
  }

  protected override malformed(problem: string, offset: number): GitWsError {
    return malformedPktLine(`The commands of a push are malformed: ${problem}`, offset);
  }
}

/** @returns the pkt-lines of a push's head with its flush-pkt. */
export function encodePushRequest(request: PushRequest): Uint8Array {
  const commands = request.commands.map(({ oldOid, newOid, ref }, index) => {
    const command = `${oldOid} ${newOid} ${ref}`;
    // The capabilities stand behind the first command, and only there.
    return index === 0 ? `${command}\0 ${formatCapabilities(request.capabilities)}` : command;
  });
  const shallow = request.shallow.map((oid) => `shallow ${oid}`);
  return concatBytes([...[...shallow, ...commands].map((line) => encodePktLine(line)), flushPkt]);
}

function parseShallow(text: string, offset: number): string {
  const oid = parseOid(text.slice('shallow '.length));
  if (oid === undefined) throw unexpected(text, offset);
  return oid;
}

function parseCommand(text: string, offset: number): PushCommand {
  const [, oldText = '', newText = '', ref = ''] = commandPattern.exec(text) ?? [];
  const oldOid = parseOid(oldText);
  const newOid = parseOid(newText);
  if (oldOid === undefined || newOid === undefined) throw unexpected(text, offset);
  return { oldOid, newOid, ref };
}

function unexpected(text: string, offset: number) {
  return malformedPktLine(`${quoteText(text)} is not a push's command`, offset);
}
