/** Every case of the contract, in the order of a repository's life. */
import { abortCases } from './cases/abort.js';
import { authCases } from './cases/auth.js';
import { cloneCases } from './cases/clone.js';
import { failedPushCases, failureCases } from './cases/failures.js';
import { fetchCases } from './cases/fetch.js';
import { pushCases } from './cases/push.js';
import type { ContractCase } from './context.js';

export const contractCases: Readonly<Record<string, readonly ContractCase[]>> = {
  cloning: cloneCases,
  fetching: fetchCases,
  pushing: pushCases,
  'who may': authCases,
  'canceling, progress and messages': abortCases,
  'what fails': failureCases,
  'pushes that fail': failedPushCases,
};

/** What fails is told by the library, wherever it runs: of these, a page needs to show only some. */
const failingTopics = ['what fails', 'pushes that fail'];

/** Of so many failing cases, npm test has one tried in a page, and the long tests the others. */
const failingStep = 5;

/** Whether `npm test` has a case: in Node, or in a page. The long tests have the others. */
export function isShort(topic: string, index: number, where: 'Node' | 'page'): boolean {
  if (where === 'page' && failingTopics.includes(topic) && index % failingStep !== 0) return false;
  return contractCases[topic]?.[index]?.isLong !== true;
}
