/** The engine as a WebAssembly module: the copy in the script, or what the caller gives. */
import { bytesOfBase64 } from '../../base/base64.js';
import { GitWsError } from '../../base/errors.js';
import { Script } from './script.js';

/** The copy. */
export const wasmScript = new Script(() => import('../inlined/wasm.js'));

/**
 * @param given see `IndexPackOptions.wasm`.
 * @returns the compiled module; the one with SIMD where that is known.
 * @throws GitWsError `PACK_ENGINE_UNAVAILABLE`.
 */
export async function loadEngineModule(given?: object): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== 'object') {
    throw unavailable('There is no WebAssembly here, which the pack engine needs.');
  }
  if (given instanceof WebAssembly.Module) return startable(given);
  if (given !== undefined) return compile(await bytesOf(given));
  inlined ??= inlinedEngine().then(compile);
  try {
    return await inlined;
  } catch (error) {
    // Where the script could not be loaded it may be there the next time.
    inlined = undefined;
    throw error;
  }
}

/** The copy, compiled: to decode and to compile it takes longer than a small pack. */
let inlined: Promise<WebAssembly.Module> | undefined;

async function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  const compiling = WebAssembly.compile(bytes).catch((cause: unknown) => {
    throw unavailable('The pack engine cannot be compiled here.', cause);
  });
  return startable(await compiling);
}

async function bytesOf(given: object): Promise<BufferSource> {
  if (!(given instanceof URL)) return given as BufferSource;
  try {
    const response = await fetch(given);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return await response.arrayBuffer();
  } catch (cause) {
    throw unavailable('The WebAssembly of the pack engine cannot be loaded.', cause);
  }
}

async function inlinedEngine(): Promise<BufferSource> {
  const { plainEngine, simdEngine } = await wasmScript.load();
  const simd = bytesOfBase64(simdEngine);
  return WebAssembly.validate(simd) ? simd : bytesOfBase64(plainEngine);
}

/** A module of nothing. */
const emptyModule = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/**
 * Where a policy forbids WebAssembly, WebKit compiles it all the same, and refuses every instance.
 *
 * @returns the module. @throws GitWsError `PACK_ENGINE_UNAVAILABLE` where that is so.
 */
function startable(module: WebAssembly.Module): WebAssembly.Module {
  try {
    new WebAssembly.Instance(new WebAssembly.Module(emptyModule));
  } catch (cause) {
    throw unavailable('The pack engine cannot be started here.', cause);
  }
  return module;
}

function unavailable(sentence: string, cause?: unknown): GitWsError {
  return new GitWsError('PACK_ENGINE_UNAVAILABLE', sentence, cause === undefined ? {} : { cause });
}
