/** Reports on a push that were believed. */
import { describe, expect, it } from 'vitest';
import { ReportStatusParser } from '../../src/wire/v0/report-status.js';
import { errorCode } from '../isomorphic/smart-bytes.js';
import { corpusBytes, readCorpus, type CorpusBytes } from './corpus.js';

describe('a report of the corpus', () => {
  it.each(readCorpus<CorpusBytes, string>('push-reports'))('$name', ({ input, expected }) => {
    expect(errorCode(() => new ReportStatusParser().push(corpusBytes(input)))).toBe(expected);
  });
});
