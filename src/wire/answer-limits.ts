/** How much a server may say beside what it was asked for: nobody has to read without an end. */
import { GitWsError } from '../base/errors.js';

/** See {@link answerLimits} for units, values and reasons. */
export interface AnswerLimits {
  /** Shallow, unshallow, ACK and NAK lines before a pack. */
  readonly lines: number;
  /** Words for a person (band 2, stderr) in one run of a service, in bytes; of stderr in characters. */
  readonly wordBytes: number;
  /** The header of a bundle, which is in memory as a whole, in bytes: 60,000 refs with long names. */
  readonly bundleHeaderBytes: number;
  /** A list of bundles, in bytes. */
  readonly bundleListBytes: number;
  /** Bundles of a list, or of all lists that it leads to: a request each. */
  readonly bundles: number;
}

/**
 * As many lines as an advertisement may have refs. And the words of a day: git says how far it is once a
 * second, in a hundred bytes, and a hook that builds what was pushed says less.
 */
export const answerLimits: AnswerLimits = {
  lines: 500_000,
  wordBytes: 16 * 1024 * 1024,
  bundleHeaderBytes: 8 * 1024 * 1024,
  bundleListBytes: 1024 * 1024,
  bundles: 1_000,
};

/** The error of a server that says more. */
export function answerLimit(limit: keyof AnswerLimits): GitWsError {
  const value = answerLimits[limit];
  return new GitWsError(
    'ANSWER_LIMIT',
    `The server says more than the limit "${limit}" allows, which is ${value}.`,
    { data: { limit, value } },
  );
}

/** Counts the words of one run. */
export class WordCount {
  #bytes = 0;

  /** @throws GitWsError ANSWER_LIMIT where they are too many. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > answerLimits.wordBytes) throw answerLimit('wordBytes');
  }
}
