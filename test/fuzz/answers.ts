/** What a server may answer to an upgrade, whatever it was asked: the oracle of the raw fuzzers. */
import { closeCodes } from '../../src/tunnel/machine/close.js';
import { parseMessage } from '../../src/tunnel/machine/message.js';
import { Finding } from './fuzzer.js';
import { decodeServerFrames, opcodes, type ServerFrame } from './frames.js';
import type { Victim } from './victim.js';

/** Statuses for what is no session; a 500 would be the server's own fault. */
const statuses = [101, 400, 401, 403, 404, 405, 408, 413, 417, 426, 429, 431, 501, 503, 505];
const codes: readonly number[] = [...Object.values(closeCodes), 1002, 1003, 1007, 1009];

/** A server's answer, taken apart. */
export interface Answer {
  /** Undefined where nothing was answered. */
  readonly status: number | undefined;
  readonly frames: readonly ServerFrame[];
  /** The close code, where it closed. */
  readonly closeCode: number | undefined;
}

/** @throws Finding where the bytes are not what a gitws server says. */
export function checkAnswer(bytes: Buffer, victim: Victim): Answer {
  if (bytes.length === 0) return { status: undefined, frames: [], closeCode: undefined };
  // Behind a request to continue, another head follows.
  const text = bytes.toString('latin1').replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const end = text.indexOf('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
  if (end === -1 || !statuses.includes(status)) {
    throw new Finding(`the server answers ${text.slice(0, 200)}`, bytes);
  }
  if (status !== 101) {
    victim.checkSecrets(bytes, Buffer.of());
    return { status, frames: [], closeCode: undefined };
  }
  const echoed = text
    .slice(0, end)
    .split('\r\n')
    .filter((line) => /^sec-websocket-protocol:/i.test(line));
  if (echoed.some((line) => !/^sec-websocket-protocol: gitws\.v1$/i.test(line))) {
    throw new Finding(`the server echoes ${echoed.join(' ')}`, bytes);
  }
  const frames = decodeServerFrames(Buffer.from(text.slice(end + 4), 'latin1'));
  const payloads = (ofGit: boolean): Buffer[] =>
    frames
      .filter(({ opcode }) => (opcode === opcodes.binary) === ofGit)
      .map(({ payload }) => payload);
  const head = Buffer.from(text.slice(0, end), 'latin1');
  victim.checkSecrets(Buffer.concat([head, ...payloads(false)]), Buffer.concat(payloads(true)));
  return { status, frames, closeCode: checkFrames(frames, echoed.length > 0, bytes) };
}

function checkFrames(
  frames: readonly ServerFrame[],
  tunnel: boolean,
  bytes: Buffer,
): number | undefined {
  for (const [index, { opcode, payload }] of frames.entries()) {
    switch (opcode) {
      case opcodes.text:
        if (!tunnel) throw new Finding('a raw pipe is sent text', bytes);
        if (parseMessage(payload.toString('utf8')) === undefined) {
          throw new Finding(`the server says ${payload.toString('utf8')}`, bytes);
        }
        break;
      case opcodes.binary:
        if (payload.length === 0) throw new Finding('an empty binary message', bytes);
        break;
      case opcodes.close:
        if (index < frames.length - 1) throw new Finding('something follows a close frame', bytes);
        return checkClose(payload, bytes);
      case opcodes.ping:
      case opcodes.pong:
        break;
      default:
        throw new Finding(`the server sends opcode ${opcode}`, bytes);
    }
  }
  return undefined;
}

function checkClose(payload: Buffer, bytes: Buffer): number {
  const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
  // Not one of the server's: what the client said as it left, which ws gives back.
  if (!codes.includes(code)) return code;
  const reason = decodeReason(payload.subarray(2), bytes);
  // eslint-disable-next-line no-control-regex -- control characters are what must not be there
  if (/[\u0000-\u001f\u007f-\u009f]/.test(reason)) {
    throw new Finding(`a close reason has control characters: ${reason}`, bytes);
  }
  return code;
}

function decodeReason(payload: Buffer, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    throw new Finding('a close reason is not UTF-8', bytes);
  }
}
