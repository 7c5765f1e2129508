/**
 * The library for service workers, which may not load scripts by and by: the same exports, with the
 * pack engine in it from the start. There are no workers there; packs are indexed in slices.
 */
import { keepPackScript } from './isomorphic/bind-repository.js';
import { wasmScript } from './pack/index/engine-module.js';
import * as wasm from './pack/inlined/wasm.js';
import * as start from './pack/index/start.js';
import { startScript } from './pack/index/start-script.js';
import * as keepPack from './repository/keep-pack.js';

keepPackScript.provide(keepPack);
startScript.provide(start);
wasmScript.provide(wasm);

export * from './index.js';
