/** What one service says, made fit for its client: both of its streams. */
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import { ownWords, type ServedPlace } from './own-paths.js';
import { StderrText } from './stderr.js';
import { asBytes, StdoutText } from './stdout.js';

/** Makes both streams of one service fit for its client. */
export interface ServiceText {
  readonly stderr: StderrText;
  readonly stdout: Pick<StdoutText, 'push' | 'end'>;
}

/** @returns what goes between a service in this place and its client. */
export async function serviceText(place: ServedPlace, service: GitService): Promise<ServiceText> {
  const words = await ownWords(place);
  return { stderr: new StderrText(words), stdout: new StdoutText(asBytes(words), service) };
}

/** @returns what hands everything on as it is: for what is said by none of this machine. */
export function passedText(): ServiceText {
  return { stderr: new StderrText([]), stdout: { push: (chunk) => [chunk], end: () => [] } };
}
