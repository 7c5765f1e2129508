/** An end for a wait. */
import { startTimer } from './duration.js';

/**
 * @param work what is waited for. It goes on when it is late, and what becomes of it is dropped.
 * @param time how long, in ms; Infinity for no end.
 * @param late makes what is thrown then.
 * @returns what `work` gives.
 * @throws what `work` rejects with, in time.
 */
export async function inTime<Result>(
  work: Promise<Result>,
  time: number,
  late: () => Error,
): Promise<Result> {
  let timer: ReturnType<typeof startTimer>;
  const over = new Promise<never>((_, reject) => {
    timer = startTimer(() => reject(late()), time);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
