/**
 * The library for service workers, which may not load scripts by and by: the same exports, with the
 * pack engine in it from the start. There are no workers there; packs are indexed in slices.
 */
import { lateScript } from './isomorphic/bind-repository.js';
import { wasmScript } from './pack/index/engine-module.js';
import * as wasm from './pack/inlined/wasm.js';
import * as http from './remote/http/http-channel.js';
import { httpScript } from './remote/fallback.js';
import * as start from './pack/index/start.js';
import { startScript } from './pack/index/start-script.js';
import * as late from './isomorphic/loaded-late.js';

lateScript.provide(late);
startScript.provide(start);
wasmScript.provide(wasm);
httpScript.provide(http);

export * from './index.js';
