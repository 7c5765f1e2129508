// The library's worker as it is used with esbuild, which leaves `new URL` alone: a copy of its file.
export const ownWorker = '/gitws-worker.js';
