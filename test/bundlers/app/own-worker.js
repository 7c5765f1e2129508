// The library's worker as Vite and webpack build it.
export const ownWorker = () =>
  new Worker(new URL('gitws/worker-script', import.meta.url), { type: 'module' });
