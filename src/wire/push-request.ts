/**
 * What a push begins with: the commands and the capabilities that the client asks for
 * (gitprotocol-pack(5)). Push options and the packfile stand behind it and are not touched. Signed
 * pushes are not read.
 */
import { formatCapabilities, parseCapabilities } from './capabilities.js';
import type { Capabilities } from './capabilities.js';
import { parseOid } from './oid.js';
import { decodePktLine, encodePktLine, flushPkt, malformedPktLine } from './pkt-line.js';
import { concatBytes, decodeTextLine, quoteText } from './text.js';

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

/** A push's head and the offset behind its flush-pkt, or how many bytes it waits for at least. */
export type DecodedPushRequest =
  | { readonly type: 'incomplete'; readonly bytesNeeded: number }
  | ({ readonly type: 'complete'; readonly end: number } & PushRequest);

const commandPattern = /^([^ ]+) ([^ ]+) ([^\0]+)$/;

/**
 * @param bytes the request's first bytes. The names of refs in it are not checked.
 * @param offset where the request begins in them.
 * @throws GitWsError MALFORMED_PKT_LINE
 */
export function decodePushRequest(bytes: Uint8Array, offset = 0): DecodedPushRequest {
  const commands: PushCommand[] = [];
  const shallow: string[] = [];
  let capabilities: Capabilities = new Map();
  let at = offset;
  for (;;) {
    const line = decodePktLine(bytes, at);
    if (line.type === 'incomplete') return line;
    if (line.type === 'flush') {
      return { type: 'complete', end: line.end, commands, capabilities, shallow };
    }
    if (line.type !== 'data') {
      throw malformedPktLine(`A ${line.type}-pkt has no place among a push's commands`, at);
    }
    let text = decodeTextLine(line.payload);
    const nul = text.indexOf('\0');
    if (nul >= 0 && commands.length === 0) {
      capabilities = parseCapabilities(text.slice(nul + 1));
      text = text.slice(0, nul);
    }
    if (commands.length === 0 && text.startsWith('shallow ')) {
      shallow.push(parseShallow(text, at));
    } else {
      commands.push(parseCommand(text, at));
    }
    at = line.end;
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
