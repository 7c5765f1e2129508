/**
 * The library for service workers, which may not load scripts by and by: the same exports, with the
 * pack engine in it from the start. There are no workers there; packs are indexed in slices.
 */
import { keepPackScript } from './bind-repository.js';
import { wasmScript } from './pack/engine-module.js';
import * as wasm from './pack/inlined/wasm.js';
import * as start from './pack/start.js';
import { startScript } from './pack/start-script.js';
import * as keepPack from './repository/keep-pack.js';

keepPackScript.provide(keepPack);
startScript.provide(start);
wasmScript.provide(wasm);

export * from './index.js';
