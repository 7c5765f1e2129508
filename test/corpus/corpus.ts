/** Reads the corpus: the inputs that ever failed, by kind. See README.md beside this file. */
import { readFileSync } from 'node:fs';

/** Bytes of a case, as JSON can hold them. */
export type CorpusBytes = string | { readonly base64: string };

/** One input that failed once. */
export interface CorpusCase<Input, Expected> {
  /** What went wrong, as a sentence. */
  readonly name: string;
  readonly input: Input;
  readonly expected: Expected;
}

/**
 * Reads all cases of a kind.
 *
 * @param kind the name of a file of this folder, without `.json`.
 */
export function readCorpus<Input, Expected>(kind: string): readonly CorpusCase<Input, Expected>[] {
  const text = readFileSync(new URL(`${kind}.json`, import.meta.url), 'utf8');
  return JSON.parse(text) as CorpusCase<Input, Expected>[];
}

/** @returns the bytes of a case. */
export function corpusBytes(bytes: CorpusBytes): Uint8Array {
  return typeof bytes === 'string'
    ? new TextEncoder().encode(bytes)
    : Uint8Array.from(Buffer.from(bytes.base64, 'base64'));
}
