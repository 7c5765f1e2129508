/**
 * The order of the test files: those first that take the longest, or two of them would run alone at
 * the end. Without this a clean machine goes by the files' sizes, which say nothing of a contract.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes long, the longest first. */
const longest = [
  'test/git/interruptions.long',
  'test/bench',
  'test/worktree/two-trees',
  'test/faults/matrix',
  'test/contract',
  'test/native/ws',
  'test/faults/',
  'test/faults.browser',
  'test/server/kill',
  'test/native/interrupt',
  'test/native/http-settings',
  'test/missing-objects',
  'test/bind-repository.browser',
  'test/demo',
  'test/storage/lightning',
  'test/server/hooks/protect',
  'test/pack/index-pack',
  'test/proxies',
];

/** Puts the test files that take the longest first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = longest.findIndex((path) => moduleId.includes(`/${path}`));
      return index === -1 ? longest.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
