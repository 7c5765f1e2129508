/** wasm-git from the page's side: what its worker is asked, and what it answers. */
import type { ClonedFiles, CloneOptions, CloneTimes } from '../clone.js';

/** What the worker is asked to do. */
export interface WasmGitRequest {
  readonly kind: 'clone' | 'inspect';
  readonly options: CloneOptions;
}

/** What it says: first of all that it has started, with neither. */
export interface WasmGitAnswer {
  readonly result?: unknown;
  readonly error?: string;
}

/** wasm-git in a worker that has started. */
export interface WasmGit {
  clone(options: CloneOptions): Promise<CloneTimes>;
  inspect(options: CloneOptions): Promise<ClonedFiles>;
}

/** Starts it: its program is loaded and compiled when the promise resolves. */
export async function startWasmGit(): Promise<WasmGit> {
  const worker = new Worker('/wasm-git-worker.js', { type: 'module' });
  await answerOf(worker);
  const ask = (request: WasmGitRequest): Promise<unknown> => {
    worker.postMessage(request);
    return answerOf(worker);
  };
  return {
    clone: (options) => ask({ kind: 'clone', options }) as Promise<CloneTimes>,
    inspect: (options) => ask({ kind: 'inspect', options }) as Promise<ClonedFiles>,
  };
}

function answerOf(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<WasmGitAnswer>) => {
      if (data.error === undefined) resolve(data.result);
      else reject(new Error(`wasm-git: ${data.error.slice(-1_000)}`));
    };
    worker.onerror = ({ message }) => {
      reject(new Error(`the worker of wasm-git: ${message}`));
    };
  });
}
