/** What the engine's codes mean, as errors. The numbers are those of src/pack/wasm/layout.ts. */
import { GitWsError, type ErrorData } from '../../base/errors.js';
import { outOfMemory } from './codes.js';
import type { PackLimits } from './limits.js';

const faults: Readonly<Record<number, readonly [name: string, sentence: string]>> = {
  16: ['BAD_ZLIB_HEADER', 'does not begin as zlib data does'],
  17: ['BAD_BLOCK_TYPE', 'has a deflate block of a type that does not exist'],
  18: ['BAD_STORED_LENGTH', 'has a stored block whose two lengths differ'],
  19: ['BAD_CODE', 'has a deflate block with impossible codes'],
  20: ['BAD_SYMBOL', 'has a deflate symbol that means nothing'],
  21: ['BAD_DISTANCE', 'copies from before its beginning'],
  22: ['TOO_LONG', 'inflates to more than it says'],
  23: ['TOO_SHORT', 'inflates to less than it says'],
  24: ['BAD_ADLER', 'has a wrong checksum'],
  25: ['BAD_TYPE', 'is of a type that does not exist'],
  26: ['BAD_SIZE', 'has a size beyond all numbers'],
  27: ['BAD_BASE_OFFSET', 'is a delta of something that is no object before it'],
  28: ['BAD_DELTA_HEADER', 'is a delta without its sizes'],
  29: ['BAD_DELTA_BASE_SIZE', 'is a delta of a base of another size'],
  30: ['BAD_DELTA_COPY', 'is a delta that copies beyond its base or its result'],
  31: ['BAD_DELTA_INSERT', 'is a delta that inserts beyond its end or its result'],
  32: ['BAD_DELTA_COMMAND', 'is a delta with the command 0, which is reserved'],
  33: ['BAD_DELTA_RESULT', 'is a delta that makes less than it says'],
  34: ['CHANGED', 'was read back with other bytes than were written'],
  35: ['COLLISION', 'has traces of an attack that makes two objects with one oid'],
};

const overLimits: Readonly<Record<number, keyof PackLimits>> = {
  48: 'objectBytes',
  49: 'inflatedBytes',
  50: 'resultBytes',
  51: 'deltaDepth',
  52: 'resolvingBytes',
};

/**
 * @param code the engine's.
 * @param object number of the object in the pack.
 * @param offset where the fault was noticed, in bytes.
 */
export function faultError(
  code: number,
  object: number,
  offset: number,
  limits: PackLimits,
): GitWsError {
  const data = { offset, object };
  const limit = overLimits[code];
  if (limit !== undefined) return limitError(limit, limits[limit], data);
  if (code === outOfMemory) return memoryError();
  const [fault, sentence] = faults[code] ?? ['UNKNOWN', `has the fault ${code}`];
  return new GitWsError(
    'CORRUPT_PACK',
    `The pack is corrupt: object ${object} of it, at offset ${offset}, ${sentence}.`,
    { data: { ...data, fault } },
  );
}

/** A limit of the caller's is not enough. */
export function limitError(
  limit: keyof PackLimits,
  value: number,
  data: Omit<ErrorData['PACK_LIMIT'], 'limit' | 'value'> = {},
): GitWsError {
  return new GitWsError(
    'PACK_LIMIT',
    `The pack asks for more than the limit "${limit}" allows, which is ${value}.`,
    { data: { limit, value, ...data } },
  );
}

/** The machine has no more memory, or WebAssembly no more addresses. */
export function memoryError(cause?: unknown): GitWsError {
  const sentence = 'There is not enough memory to index the pack.';
  return new GitWsError('PACK_ENGINE_FAILED', sentence, cause === undefined ? {} : { cause });
}

/** @returns so many bytes, all 0. @throws GitWsError `PACK_ENGINE_FAILED` if there are not so many. */
export function newBytes(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw memoryError(cause);
  }
}

/** The pack as a whole is at fault. */
export function corruptPack(sentence: string, data: ErrorData['CORRUPT_PACK'] = {}): GitWsError {
  return new GitWsError('CORRUPT_PACK', sentence, { data });
}
