/** The life of a channel, event by event: what is done, and what never is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GitWsError } from '../../src/base/errors.js';
import {
  beginLife,
  stepLife,
  type Life,
  type LifeAction,
  type LifeEvent,
  type Moment,
} from '../../src/tunnel/client/life.js';
import { closeCodes } from '../../src/tunnel/machine/close.js';

const greeted: LifeEvent = { type: 'greeted', resumeFor: 60_000 };
const gone: LifeEvent = { type: 'lost', end: { code: 1006, reason: '', cause: undefined } };
const closedWith = (code: number): LifeEvent => ({
  ...{ type: 'lost', end: { code, reason: '', cause: undefined } },
});
const unanswered: LifeEvent = { type: 'unanswered', error: new GitWsError('TIMEOUT', 'Too late.') };
const due: LifeEvent = { type: 'due' };
const offered: LifeEvent = { type: 'offered', protocols: ['gitws.v1'] };
const unoffered: LifeEvent = { type: 'unoffered', cause: 'no password' };
const ended: LifeEvent = { type: 'ended', error: new Error('over') };
const progressed: LifeEvent = { type: 'progressed' };
const exited: LifeEvent = { type: 'exited' };
const settled: LifeEvent = { type: 'settled' };

const moment = (now = 0, isOffline = false): Moment => ({
  ...{ now: () => now, random: () => 1, isOffline: () => isOffline },
});

/** @returns the actions of the last event, as words, and the life after all of them. */
function live(
  events: readonly LifeEvent[],
  { retries = Infinity, times = [] as readonly number[], isOffline = false } = {},
): { life: Life; actions: readonly LifeAction[]; words: string[] } {
  let life = beginLife(retries);
  let actions: readonly LifeAction[] = [];
  events.forEach((event, at) => {
    [life, actions] = stepLife(life, event, moment(times[at], isOffline));
  });
  return { life, actions, words: actions.map(wordOf) };
}

function wordOf(action: LifeAction): string {
  if (action.type === 'tell') return `tell ${action.state} ${action.attempt}`;
  if (action.type === 'wait') return `wait ${action.time}`;
  if (action.type === 'fail') return `fail ${(action.error as GitWsError).code ?? 'Error'}`;
  return action.type;
}

const lost = [greeted, gone];
const resuming = [...lost, due, offered];

describe('what is done in each state', () => {
  it.each<[string, readonly LifeEvent[], string, string[]]>([
    ['the first open', [greeted], 'open', ['tell open 0', 'opened']],
    ['a server that is not reached', [gone], 'closed', ['release', 'fail CONNECTION_FAILED']],
    ['none that answers in time', [unanswered], 'closed', ['release', 'fail TIMEOUT']],
    ['a refusal', [closedWith(closeCodes.notFound)], 'closed', ['release', 'fail REFUSED']],
    ['a lost connection', lost, 'waiting', ['detach', 'tell interrupted 1', 'wait 0']],
    ['its first wait', [...lost, due], 'offering', ['tell connecting 1', 'offer']],
    ['credentials for it', resuming, 'resuming', ['connect']],
    ['a session that goes on', [...resuming, greeted], 'open', ['tell resumed 1']],
    [
      'no credentials',
      [...lost, due, unoffered],
      'waiting',
      ['detach', 'tell interrupted 2', 'wait 500'],
    ],
    [
      'an attempt that fails',
      [...resuming, gone],
      'waiting',
      ['detach', 'tell interrupted 2', 'wait 500'],
    ],
    [
      'one without an answer',
      [...resuming, unanswered],
      'waiting',
      ['detach', 'tell interrupted 2', 'wait 500'],
    ],
    [
      'a session that is gone',
      [...resuming, closedWith(closeCodes.sessionGone)],
      'closed',
      ['release', 'fail CONNECTION_LOST'],
    ],
    [
      'too many connections, once it was open',
      [greeted, closedWith(closeCodes.tooMany)],
      'closed',
      ['release', 'fail REFUSED'],
    ],
    [
      'too many, of an attempt',
      [...resuming, closedWith(closeCodes.tooMany)],
      'waiting',
      ['detach', 'tell interrupted 2', 'wait 500'],
    ],
    [
      'another that took the session over',
      [greeted, closedWith(closeCodes.takenOver)],
      'closed',
      ['release', 'fail REFUSED'],
    ],
    ['an end by this side', [greeted, ended], 'closed', ['release', 'fail Error']],
    ['an end in a wait', [...lost, ended], 'closed', ['release', 'fail Error']],
    ['all that is said', [greeted, exited, settled], 'closed', ['release']],
    ['a connection that is lost after git’s exit', [greeted, exited, gone], 'closed', ['release']],
  ])('%s', (_, events, phase, words) => {
    const { life, words: seen } = live(events);
    expect([life.phase, seen]).toEqual([phase, words]);
  });

  it.each<[string, readonly LifeEvent[]]>([
    ['a wait that is over, where none is', [greeted, due]],
    ['credentials that nobody waits for', [...lost, offered]],
    ['none, where nobody waits for them', [greeted, unoffered]],
    ['anything, once it is closed', [greeted, ended, gone]],
    ['an open that comes then', [greeted, ended, greeted]],
  ])('nothing is done of %s', (_, events) => {
    const { life, actions } = live(events);
    expect([life.phase, actions]).toEqual([live(events.slice(0, -1)).life.phase, []]);
  });
});

describe('attempts', () => {
  const failed = [due, offered, gone];

  it('go on until the session’s time is over; the last one is made at its very end', () => {
    const events = [...lost, ...failed, ...failed, ...failed];
    const times = (at: number) => [0, 0, 0, 0, 1_000, 0, 0, 59_900, 0, 0, at];
    expect(live(events.slice(0, 8), { times: times(0) }).words).toContain('wait 100');
    expect(live(events, { times: times(60_000) }).words).toEqual([
      'release',
      'fail CONNECTION_LOST',
    ]);
  });

  it('are no more in a row than wanted', () => {
    expect(live([...lost, ...failed], { retries: 2 }).words).toContain('wait 500');
    expect(live([...lost, ...failed, ...failed], { retries: 2 }).life.phase).toBe('closed');
  });

  it('begin anew once a connection was good for something, with a whole session’s time', () => {
    const events = [...lost, ...failed, due, offered, greeted, progressed, gone, ...failed];
    const times = [0, 0, 0, 0, 1, 2, 2, 3, 4, 59_000, 0, 0, 100_000];
    expect(live(events.slice(0, 10), { retries: 2, times }).words).toContain('tell interrupted 1');
    expect(live(events, { retries: 2, times }).words).toContain('wait 500');
  });

  it('go on where they were, where the connection was good for nothing', () => {
    expect(live([...resuming, greeted, gone]).words).toContain('tell interrupted 2');
  });

  it.each([
    ['the server keeps no session', [{ type: 'greeted', resumeFor: 0 } as const, gone], Infinity],
    ['none is wanted', lost, 0],
  ])('are none where %s', (_, events, retries) => {
    expect(live(events, { retries }).words).toEqual(['release', 'fail CONNECTION_LOST']);
  });

  it('wait for the network where there is none, but for the first', () => {
    const given = { times: [0, 0, 0, 0, 10_000], isOffline: true };
    expect(live(lost, given).words).toContain('wait 0');
    expect(live([...lost, ...failed], given).words).toContain('wait 50000');
  });

  it('that were given up explain once each that the session was taken over', () => {
    const takenOver = closedWith(closeCodes.takenOver);
    const givenUp = [...resuming, unanswered];
    const [once, again] = [
      [...givenUp, due, offered, takenOver],
      [due, offered, takenOver],
    ];
    expect(live(once).life.phase).toBe('waiting');
    // The attempt that was closed so was given up, too.
    expect(live([...once, ...again]).life.phase).toBe('waiting');
    expect(live([...once, due, offered, greeted, takenOver]).life.phase).toBe('waiting');
    expect(live([greeted, takenOver]).life.phase).toBe('closed');
    const back = [due, offered, greeted, takenOver];
    expect(live([...givenUp, ...back, ...back]).life.phase).toBe('closed');
  });

  it('that come to nothing say how the connection was lost this time, and not an earlier one', () => {
    const events = [...resuming, greeted, closedWith(1011), due, offered];
    const { actions } = live([...events, closedWith(closeCodes.sessionGone)]);
    const failed = actions.find((action) => action.type === 'fail');
    expect(failed?.error.cause).toMatchObject({ data: { closeCode: 1011 } });
  });
});

describe('whatever happens', () => {
  const event = fc.constantFrom(
    ...[greeted, gone, unanswered, due, offered, unoffered, progressed, exited, settled, ended],
    ...[closedWith(closeCodes.tooMany), closedWith(closeCodes.takenOver)],
    closedWith(closeCodes.sessionGone),
  );

  it('it is released once, last, and fails at most once', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.integer({ min: 0, max: 5 }),
        (events, retries) => {
          let life = beginLife(retries);
          const done: LifeAction[] = [];
          events.forEach((each, at) => {
            const [next, actions] = stepLife(life, each, moment(at * 1_000));
            if (life.phase === 'closed') expect([next, actions]).toEqual([life, []]);
            life = next;
            done.push(...actions);
          });
          const words = done.map(({ type }) => type);
          const isClosed = life.phase === 'closed';
          expect(words.filter((word) => word === 'release')).toHaveLength(isClosed ? 1 : 0);
          expect(words.filter((word) => word === 'opened').length).toBeLessThanOrEqual(1);
          expect(words.slice(0, -2)).not.toContain('release');
          expect(words.slice(0, -1)).not.toContain('fail');
          expect(life.givenUp).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
