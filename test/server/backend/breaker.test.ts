/** The circuit breaker of an upstream, state by state. */
import { describe, expect, it } from 'vitest';
import {
  afterRequest,
  afterTrial,
  beforeRequest,
  untried,
  type BreakerState,
} from '../../../server/backend/upstream/breaker.js';

const options = { most: 3, rest: 1_000 };
const closed = (failures: number, since = 0): BreakerState => ({ kind: 'closed', failures, since });
const open: BreakerState = { kind: 'open', until: 1_500, since: 500 };
const halfOpen = (trying: boolean): BreakerState => ({ kind: 'half-open', trying, since: 2_000 });

describe('before a request', () => {
  it.each([
    ['nothing is known', untried, 0, { kind: 'ask' }, untried],
    ['some got no answer', closed(2), 10, { kind: 'ask' }, closed(2)],
    ['it is open', open, 600, { kind: 'wait', time: 900 }, open],
    ['it is open to the last moment', open, 1_499, { kind: 'wait', time: 1 }, open],
    ['it has been open long enough', open, 2_000, { kind: 'try', began: 2_000 }, halfOpen(true)],
    ['it is being tried', halfOpen(true), 9_000, { kind: 'wait', time: undefined }, halfOpen(true)],
    [
      'a trial came to nothing',
      halfOpen(false),
      2_500,
      { kind: 'try', began: 2_500 },
      { ...halfOpen(true), since: 2_500 },
    ],
  ] as const)('where %s', (_where, state, now, verdict, after) => {
    expect(beforeRequest(state, now)).toEqual({ verdict, state: after });
  });
});

describe('after a request', () => {
  const no = (began: number) => ({ answered: false, began });
  const yes = (began: number) => ({ answered: true, began });
  it.each([
    ['no answer is counted', closed(0), no(5), 10, closed(1)],
    [
      'the last one too many opens it',
      closed(2),
      no(5),
      10,
      { kind: 'open', until: 1_010, since: 10 },
    ],
    ['an answer ends the count', closed(2), yes(5), 10, closed(0, 10)],
    [
      'no answer says nothing where others have had one since',
      closed(0, 10),
      no(5),
      20,
      closed(0, 10),
    ],
    ['no answer to an earlier request leaves it open as long as it was', open, no(5), 600, open],
    ['an answer to an earlier request closes it', open, yes(5), 600, closed(0, 600)],
    [
      'no answer to the trial opens it again',
      halfOpen(true),
      no(2_001),
      3_000,
      { kind: 'open', until: 4_000, since: 3_000 },
    ],
    [
      'no answer to an earlier request is not the trial’s',
      halfOpen(true),
      no(1_999),
      3_000,
      halfOpen(true),
    ],
    ['an answer to the trial closes it', halfOpen(true), yes(2_001), 3_000, closed(0, 3_000)],
  ] as const)('%s', (_what, state, outcome, now, after) => {
    expect(afterRequest(state, outcome, now, options)).toEqual(after);
  });
});

describe('after a trial', () => {
  it.each([
    ['that came to nothing, the next may try', halfOpen(true), 2_000, halfOpen(false)],
    ['of another time, that under way goes on', halfOpen(true), 1_000, halfOpen(true)],
    ['that opened it, it is open', open, 500, open],
    ['that closed it, it is closed', closed(0, 3_000), 2_000, closed(0, 3_000)],
  ] as const)('%s', (_what, state, began, after) => {
    expect(afterTrial(state, began)).toEqual(after);
  });
});
