/** WebSocket frames by hand (RFC 6455 section 5.2): a client's, also broken, and a server's. */
import type { Random } from '../helpers/random.js';
import { Finding } from './fuzzer.js';

/** Opcodes. */
export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** A frame that a client sends; what is left out is as it should be. */
export interface ClientFrame {
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly fin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** In how many bytes the length stands beside the first one: 0, 2 or 8. */
  readonly lengthBytes?: 0 | 2 | 8;
  /** What it says of its length. */
  readonly declared?: number;
}

/** @returns the frame as bytes. */
export function encodeClientFrame(frame: ClientFrame, random: Random): Buffer {
  const { opcode, payload, fin = true, reserved = 0, masked = true } = frame;
  const length = frame.declared ?? payload.length;
  const lengthBytes = frame.lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8);
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | (opcode & 15)];
  const short = lengthBytes === 0 ? length & 127 : lengthBytes === 2 ? 126 : 127;
  head.push((masked ? 0x80 : 0) | short);
  const extended = Buffer.alloc(lengthBytes);
  if (lengthBytes === 2) extended.writeUInt16BE(length & 0xffff);
  if (lengthBytes === 8) extended.writeBigUInt64BE(BigInt(Math.max(0, Math.floor(length))));
  if (!masked) return Buffer.concat([Buffer.from(head), extended, payload]);
  const mask = random.bytes(4);
  const hidden = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from(head), extended, mask, hidden]);
}

/** A whole frame of the server's. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/**
 * @param bytes what followed the server's handshake, from its first byte on.
 * @returns the whole frames; the last one may be under way.
 * @throws Finding where they are not what a server may send.
 */
export function decodeServerFrames(bytes: Buffer): ServerFrame[] {
  const frames: ServerFrame[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const [first = 0, second = 0] = bytes.subarray(at, at + 2);
    if ((first & 0x70) !== 0) throw new Finding('the server sets reserved bits', bytes);
    if ((first & 0x80) === 0) throw new Finding('the server sends fragments', bytes);
    if ((second & 0x80) !== 0) throw new Finding('the server masks', bytes);
    const lengthBytes = second === 126 ? 2 : second === 127 ? 8 : 0;
    const start = at + 2 + lengthBytes;
    if (start > bytes.length) break;
    const length =
      lengthBytes === 0
        ? second
        : lengthBytes === 2
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (start + length > bytes.length) break;
    frames.push({ opcode: first & 15, payload: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return frames;
}
