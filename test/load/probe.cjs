/**
 * Loaded before the server (`node --require`): tells, when asked, what the server holds after
 * garbage was collected. Nothing of the server's own bookkeeping is believed.
 */
process.on('message', () => {
  // Twice: what a finalizer lets go of is found by the second one.
  globalThis.gc?.();
  setImmediate(() => {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ rss, live: heapUsed + external, resources: process.getActiveResourcesInfo() });
  });
});
process.channel?.unref();
