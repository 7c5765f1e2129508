/** Requests of protocol version 2 (gitprotocol-v2(5)): a command, its capabilities, its arguments. */
import type { Capabilities } from '../capabilities.js';
import { delimPkt, encodePktLine, flushPkt } from '../pkt-line.js';
import { concatBytes } from '../../base/concat-bytes.js';

/**
 * @param command `ls-refs`, `fetch`.
 * @param capabilities the server's: what it says of its object format has to be said back.
 * @param args lines of arguments, without line ends.
 * @returns the whole request.
 */
export function encodeCommand(
  command: string,
  capabilities: Capabilities,
  args: readonly string[],
): Uint8Array {
  const [format] = capabilities.get('object-format') ?? [];
  const formats = format === undefined ? [] : [`object-format=${format}`];
  const line = (text: string): Uint8Array => encodePktLine(`${text}\n`);
  const head = [`command=${command}`, ...formats].map(line);
  return concatBytes([...head, delimPkt, ...args.map(line), flushPkt]);
}

/** @returns whether a command has a feature, as `fetch=shallow filter` says it. */
export function hasFeature(capabilities: Capabilities, command: string, feature: string): boolean {
  const values = capabilities.get(command) ?? [];
  return values.some((words) => words.split(' ').includes(feature));
}
