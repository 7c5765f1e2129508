/**
 * Inflates what is as long as an entry of a pack says it is. By the engine's own inflate, compiled for
 * this alone: it takes a third of the time of a library in JavaScript (docs/performance.md, "Objects and
 * working trees"). By that library where no WebAssembly may run, and for what is large.
 */
import { FlateErrorCode, inflateSync, type FlateError } from 'fflate';
import { bytesOfBase64 } from '../../base/base64.js';
import { inflateEngine } from '../inlined/inflate.js';
import { inputEnded } from '../format/inflate.js';
import { outOfMemory, steps } from '../index/codes.js';

/** What is larger is left to the library, in bytes: the engine's memory never becomes smaller. */
const mostInEngine = 0x400000;

/** What src/pack/wasm/one-object.ts exports. */
interface Engine {
  readonly memory: WebAssembly.Memory;
  readonly inputAddress: WebAssembly.Global<'i32'>;
  readonly inputSize: WebAssembly.Global<'i32'>;
  readonly outputAddress: WebAssembly.Global<'i32'>;
  readonly prepare: () => number;
  readonly inflateOne: (length: number, size: number) => number;
}

/** Undefined where it may not run. */
let engine: Promise<Engine | undefined> | undefined;

/**
 * @param zlib bytes that zlib data is at the beginning of; what is behind it counts for nothing.
 * @param size of its content in bytes.
 * @returns its content.
 * @throws `inputEnded` where the data goes on behind these bytes; RangeError for what is no zlib data, or
 *   has content of another length.
 */
export async function inflateSized(zlib: Uint8Array, size: number): Promise<Uint8Array> {
  engine ??= startEngine();
  const started = await engine;
  if (started !== undefined && size <= mostInEngine) {
    const inflated = inflateInEngine(started, zlib, size);
    if (inflated !== undefined) return inflated;
  }
  return inflateByLibrary(zlib, size);
}

/** @returns undefined where it is too much for the engine. */
function inflateInEngine(
  { memory, inputAddress, inputSize, outputAddress, inflateOne }: Engine,
  zlib: Uint8Array,
  size: number,
): Uint8Array | undefined {
  const input = zlib.subarray(0, inputSize.value);
  new Uint8Array(memory.buffer).set(input, inputAddress.value);
  const code = inflateOne(input.length, size);
  const step = steps[code];
  if (step === 'done') return new Uint8Array(memory.buffer, outputAddress.value, size).slice();
  if (code === outOfMemory || (step === 'more' && input.length < zlib.length)) return undefined;
  if (step === 'more') throw inputEnded;
  throw new RangeError(`This is no zlib data of ${size} bytes (${code}).`);
}

function inflateByLibrary(zlib: Uint8Array, size: number): Uint8Array {
  // Two bytes of zlib's head are before it; the checksum behind it says what the pack's does.
  const deflated = zlib.subarray(2);
  // Of nothing the library makes zeros.
  if (deflated.length === 0) throw inputEnded;
  // What is longer than its room it cuts off: a byte more shows it.
  const out = new Uint8Array(size + 1);
  let length: number;
  try {
    length = inflateSync(deflated, { out }).length;
  } catch (cause) {
    const code = (cause as Partial<FlateError> | null)?.code;
    if (code === FlateErrorCode.UnexpectedEOF) throw inputEnded;
    throw new RangeError('This is no zlib data.', { cause });
  }
  if (length !== size) throw new RangeError(`This is zlib data of ${length} bytes, not ${size}.`);
  return out.slice(0, size);
}

/** Never rejects: a page's policy may forbid WebAssembly. */
async function startEngine(): Promise<Engine | undefined> {
  try {
    const { instance } = await WebAssembly.instantiate(bytesOfBase64(inflateEngine));
    const started = instance.exports as unknown as Engine;
    return started.prepare() === 0 ? undefined : started;
  } catch {
    return undefined;
  }
}
