/**
 * A circuit breaker for one upstream, without a clock or a socket: times and outcomes in, states out.
 * What does not answer is asked no more for a while; then by one request alone, whose answer decides.
 */

/** What is known of an upstream. */
export type BreakerState =
  /** It is asked. */
  | {
      readonly kind: 'closed';
      /** Requests in a row that it has not answered. */
      readonly failures: number;
      readonly since: number;
    }
  /** It is not asked before `until`. */
  | { readonly kind: 'open'; readonly until: number; readonly since: number }
  /** One request may try it. */
  | { readonly kind: 'half-open'; readonly trying: boolean; readonly since: number };

/** When it opens, and for how long. */
export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly most: number;
  /** How long it stays open, in ms. */
  readonly rest: number;
}

/** What a request came to. */
export interface Outcome {
  /** Whether there was an answer, whatever it said: also "no" is one. */
  readonly answered: boolean;
  /** When it was sent, on the clock of all the times here, in ms. */
  readonly began: number;
}

/** Whether somebody may ask. */
export type Verdict =
  | { readonly kind: 'ask' }
  /** May ask, and must tell by {@link afterTrial} when that is over; `began` says which trial it is. */
  | { readonly kind: 'try'; readonly began: number }
  /** May not; time until it is worth another try, in ms, undefined while another request finds out. */
  | { readonly kind: 'wait'; readonly time: number | undefined };

/** That of an upstream of which nothing is known. */
export const untried: BreakerState = { kind: 'closed', failures: 0, since: 0 };

/** @returns whether a request may be made, and the state that it leaves where it is made. */
export function beforeRequest(
  state: BreakerState,
  now: number,
): { readonly verdict: Verdict; readonly state: BreakerState } {
  if (state.kind === 'closed') return { verdict: { kind: 'ask' }, state };
  // Defence: an upstream that does not answer is asked no more for a while.
  if (state.kind === 'open' && now < state.until) {
    return { verdict: { kind: 'wait', time: state.until - now }, state };
  }
  // Defence: one request alone tries an upstream that did not answer.
  if (state.kind === 'half-open' && state.trying) {
    return { verdict: { kind: 'wait', time: undefined }, state };
  }
  return {
    verdict: { kind: 'try', began: now },
    state: { kind: 'half-open', trying: true, since: now },
  };
}

/**
 * @returns the state after a request. Any answer closes it. No answer to a request that began before
 *   the last change, or before somebody else's answer, says nothing: that may be one repository's.
 */
export function afterRequest(
  state: BreakerState,
  { answered, began }: Outcome,
  now: number,
  { most, rest }: BreakerOptions,
): BreakerState {
  if (answered) return { kind: 'closed', failures: 0, since: now };
  if (began < state.since || state.kind === 'open') return state;
  const failures = state.kind === 'closed' ? state.failures + 1 : most;
  if (failures < most) return { kind: 'closed', failures, since: state.since };
  return { kind: 'open', until: now + rest, since: now };
}

/**
 * @param began which trial is over.
 * @returns the state then: where it came to nothing, the next one may try.
 */
export function afterTrial(state: BreakerState, began: number): BreakerState {
  const isThis = state.kind === 'half-open' && state.since === began;
  return isThis ? { ...state, trying: false } : state;
}
