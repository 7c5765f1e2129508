/** Lets others on the thread have their turn. */

/** In ms: how long is worked without a pause. */
const sliceTime = 8;

/** Takes all steps, with a pause whenever they have taken some ms. */
export async function takeSteps(steps: Iterator<void, void>): Promise<void> {
  let end = performance.now() + sliceTime;
  while (steps.next().done !== true) {
    if (performance.now() < end) continue;
    await nextTask();
    end = performance.now() + sliceTime;
  }
}

/** Resolves in a task of its own: sooner than a timer would. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
