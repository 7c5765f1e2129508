/** An end for every wait: on an embedder's function, on a file system that does not answer, on git. */

/**
 * @param work what is waited for. It goes on when it is late, and what becomes of it is dropped.
 * @param time how long, in ms.
 * @param late what to answer then; may throw.
 * @returns what `work` gives, or `late`.
 * @throws what `work` rejects with, in time.
 */
export async function inTime<Result, Late>(
  work: Promise<Result>,
  time: number,
  late: () => Late,
): Promise<Result | Late> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<typeof tooLate>((resolve) => {
    timer = setTimeout(() => {
      resolve(tooLate);
    }, time);
    // What never comes is no reason for a process to stay.
    timer.unref();
  });
  try {
    const result = await Promise.race([work, over]);
    return result === tooLate ? late() : result;
  } finally {
    clearTimeout(timer);
  }
}

const tooLate = Symbol('too late');
