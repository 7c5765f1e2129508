/**
 * The order of the test files: those first that take the longest, or two of them would run alone at
 * the end. Without this a clean machine goes by the files' sizes, which say nothing of a contract.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes a minute and more, the longest first. */
const longest = [
  'test/contract.browser.test.ts',
  'test/contract.interop.test.ts',
  'test/native/ws.interop.test.ts',
  'test/faults/',
  'test/faults.browser.test.ts',
  'test/server/kill.test.ts',
  'test/native/interrupt.interop.test.ts',
  'test/native/http-settings.interop.test.ts',
  'test/missing-objects.test.ts',
  'test/bind-repository.browser.test.ts',
  'test/demo',
];

/** See the head of this file. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = longest.findIndex((path) => moduleId.includes(`/${path}`));
      return index === -1 ? longest.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
