/**
 * The life of a channel, without sockets, timers and streams: what has happened goes in, what is to be
 * done comes out. A lost connection is resumed as docs/protocol.md, "Resuming", has it: attempts are made
 * until the server keeps the session no longer, with waits between them.
 */
import type { GitWsError } from '../../base/errors.js';
import type { ConnectionEvent } from './channel-options.js';
import { noCredentials, notResumed } from './failures.js';
import { lossOf, type ConnectionEnd } from './loss.js';
import { backoffDelay } from './reconnection.js';

/** Where a channel is. */
export type Phase =
  /** The server's first `open` has not come. */
  | 'connecting'
  | 'open'
  /** The connection is lost, and the next attempt is not due. */
  | 'waiting'
  /** Credentials for an attempt are asked for. */
  | 'offering'
  /** An attempt is under way. */
  | 'resuming'
  | 'closed';

/** All that is known of one channel. */
export interface Life {
  readonly phase: Phase;
  /** How many attempts in a row may fail. */
  readonly retries: number;
  /** How long a lost session is kept, in ms; undefined until the server's first `open`. */
  readonly resumeFor: number | undefined;
  /** Whether git's exit has come. */
  readonly hasExited: boolean;
  /** Whether the caller has its channel. */
  readonly isOpened: boolean;
  /** Attempts since a connection was last good for something. */
  readonly attempt: number;
  /** Until when the session is kept that was lost, in ms. */
  readonly deadline: number;
  /** Attempts that were given up: the server may see them yet, and take them for the last. */
  readonly givenUp: number;
  /** Why the connection was lost that is being resumed. */
  readonly loss: GitWsError | undefined;
}

/** What may happen. */
export type LifeEvent =
  /** The server's `open` has come. @param resumeFor in ms. */
  | { readonly type: 'greeted'; readonly resumeFor: number }
  /** Something else has come. */
  | { readonly type: 'progressed' }
  | { readonly type: 'exited' }
  /** The socket is gone. */
  | { readonly type: 'lost'; readonly end: ConnectionEnd }
  /** No gitws server has answered, or none in time. */
  | { readonly type: 'unanswered'; readonly error: GitWsError }
  /** A wait is over. */
  | { readonly type: 'due' }
  /** There are credentials for an attempt. @param protocols entries for `Sec-WebSocket-Protocol`. */
  | { readonly type: 'offered'; readonly protocols: string[] }
  /** There are none. */
  | { readonly type: 'unoffered'; readonly cause: unknown }
  /** Everything was said on both sides. */
  | { readonly type: 'settled' }
  /** It cannot go on, or this side does not want it to. */
  | { readonly type: 'ended'; readonly error: Error };

/** What is to be done, in this order. */
export type LifeAction =
  | {
      readonly type: 'tell';
      readonly state: ConnectionEvent['state'];
      readonly attempt: number;
      /** In ms. */
      readonly wait: number;
      readonly reason: string;
    }
  /** The channel is there for its caller. */
  | { readonly type: 'opened' }
  /** The tunnel has no socket any more. */
  | { readonly type: 'detach' }
  /** @param time in ms. */
  | { readonly type: 'wait'; readonly time: number }
  /** Ask for credentials. */
  | { readonly type: 'offer' }
  | { readonly type: 'connect'; readonly protocols: string[] }
  /** Let everything go. The last action but for `fail`. */
  | { readonly type: 'release' }
  | { readonly type: 'fail'; readonly error: Error };

/** What else decides, asked where it does. */
export interface Moment {
  /** In ms. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Whether it is known that there is no network. */
  readonly isOffline: () => boolean;
}

/** What comes of an event. */
export type Step = readonly [Life, readonly LifeAction[]];

/** @param retries how many attempts in a row may fail. */
export function beginLife(retries: number): Life {
  return {
    ...{ phase: 'connecting', retries, resumeFor: undefined, hasExited: false, isOpened: false },
    ...{ attempt: 0, deadline: 0, givenUp: 0, loss: undefined },
  };
}

/**
 * Of a session that somebody else had, whose first attempt is due.
 *
 * @param resumeFor how long it is tried to be resumed, in ms.
 * @param now in ms.
 * @param loss how its connection was lost.
 */
export function resumeLife(
  retries: number,
  resumeFor: number,
  now: number,
  loss: GitWsError,
): Life {
  const begun = beginLife(retries);
  return { ...begun, phase: 'waiting', resumeFor, attempt: 1, deadline: now + resumeFor, loss };
}

/** @returns how it is then, and what is to be done. Nothing comes of an event that is too late. */
export function stepLife(life: Life, event: LifeEvent, moment: Moment): Step {
  if (life.phase === 'closed') return [life, []];
  switch (event.type) {
    case 'greeted':
      return greet(life, event.resumeFor);
    case 'progressed':
      // The next loss is a new one.
      return [life.attempt === 0 ? life : { ...life, attempt: 0 }, []];
    case 'exited':
      return [{ ...life, attempt: 0, hasExited: true }, []];
    case 'lost':
      return lose(life, event.end, moment);
    case 'unanswered':
      if (life.resumeFor === undefined) return end(life, event.error);
      return interrupt(life, event.error, moment);
    case 'due':
      if (life.phase !== 'waiting') return [life, []];
      return [
        { ...life, phase: 'offering' },
        [tell('connecting', life.attempt), { type: 'offer' }],
      ];
    case 'offered':
      if (life.phase !== 'offering') return [life, []];
      return [{ ...life, phase: 'resuming' }, [{ type: 'connect', protocols: event.protocols }]];
    case 'unoffered':
      if (life.phase !== 'offering') return [life, []];
      // No attempt was made of which the server could hear later.
      return wait(life, noCredentials(event.cause), moment);
    case 'settled':
      return release(life);
    case 'ended':
      return end(life, event.error);
  }
}

function greet(life: Life, resumeFor: number): Step {
  const next = { ...life, phase: 'open', resumeFor, loss: undefined, isOpened: true } as const;
  const told = life.resumeFor === undefined ? tell('open', 0) : tell('resumed', life.attempt);
  return [next, life.isOpened ? [told] : [told, { type: 'opened' }]];
}

function lose(life: Life, ended: ConnectionEnd, moment: Moment): Step {
  // Everything has arrived: the reader may take its time, nobody needs the connection.
  if (life.hasExited) return release(life);
  const loss = lossOf(ended, {
    ...{ isGreeted: life.resumeFor !== undefined, isInterrupted: life.phase === 'resuming' },
    ...{ givenUp: life.givenUp, loss: life.loss },
  });
  if (loss.isFinal) return end(life, loss.error);
  const givenUp = loss.isOwnTakeover === true ? life.givenUp - 1 : life.givenUp;
  return interrupt({ ...life, givenUp }, loss.error, moment);
}

/** The connection was lost, or an attempt to resume it failed. */
function interrupt(life: Life, why: GitWsError, moment: Moment): Step {
  const givenUp = life.phase === 'resuming' ? life.givenUp + 1 : life.givenUp;
  return wait({ ...life, givenUp }, why, moment);
}

/** Has the next attempt be waited for, if there is to be one. */
function wait(life: Life, why: GitWsError, moment: Moment): Step {
  const { resumeFor = 0, loss = why } = life;
  const attempt = life.attempt + 1;
  const now = moment.now();
  const deadline = life.attempt === 0 ? now + resumeFor : life.deadline;
  const next = { ...life, attempt, deadline, loss };
  // The first is made in any case, and so is one after a timer that fired late.
  const isLate = life.attempt > 0 && now >= deadline;
  if (isLate || attempt > life.retries || resumeFor === 0) {
    return end(next, resumeFor === 0 ? loss : notResumed(loss, why.message));
  }
  const left = Math.max(0, deadline - now);
  // Without a network there is nothing to try before it is back, which ends the wait.
  const isHopeless = attempt > 1 && moment.isOffline();
  const time = isHopeless ? left : Math.min(backoffDelay(attempt, moment.random()), left);
  return [
    { ...next, phase: 'waiting' },
    [{ type: 'detach' }, tell('interrupted', attempt, time, why.message), { type: 'wait', time }],
  ];
}

function release(life: Life): Step {
  return [{ ...life, phase: 'closed' }, [{ type: 'release' }]];
}

function end(life: Life, error: Error): Step {
  return [{ ...life, phase: 'closed' }, [{ type: 'release' }, { type: 'fail', error }]];
}

function tell(state: ConnectionEvent['state'], attempt: number, time = 0, reason = ''): LifeAction {
  return { type: 'tell', state, attempt, wait: time, reason };
}
