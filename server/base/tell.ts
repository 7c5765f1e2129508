/**
 * Tells an embedder's function something. What it throws, at once or, where it is asynchronous, later,
 * ends neither a session nor the process.
 */

/**
 * @param listener undefined where nobody wants to know. What it returns counts for nothing.
 * @param news what to tell.
 * @param onFailure told of what the listener threw or rejected with.
 */
export function tell<News>(
  listener: ((news: News) => unknown) | undefined,
  news: News,
  onFailure: (error: unknown) => void,
): void {
  try {
    Promise.resolve(listener?.(news)).catch(onFailure);
  } catch (error) {
    onFailure(error);
  }
}
