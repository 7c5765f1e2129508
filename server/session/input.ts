/** A client's bytes on their way to a service, where TCP is the backpressure. */
import type { Service } from '../backend/service.js';

/** Where the bytes come from. */
export interface InputSource {
  pause(): void;
  resume(): void;
}

/** Most bytes that wait on the way to such a client before git's stdout is left alone. */
export const maxWaiting = 1024 * 1024;

/** Gives a service input; its source is not read while the service takes no more. */
export function giveInput(running: Service, bytes: Uint8Array, source: InputSource): void {
  const { stdin } = running;
  // Bytes for a git that has closed its stdin are dropped, as a broken pipe drops them.
  if (stdin.destroyed || running.write(bytes) || stdin.destroyed) return;
  source.pause();
  // After the end of git, drain never comes.
  const events = ['drain', 'close', 'error'] as const;
  const resume = (): void => {
    for (const event of events) stdin.off(event, resume);
    source.resume();
  };
  for (const event of events) stdin.on(event, resume);
}
