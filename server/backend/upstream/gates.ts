/**
 * The way to each upstream: places of its own, so that a slow one cannot take all that the server
 * has, and a breaker, so that one that is down costs nobody a place.
 */
import { closeCodes } from '../../../src/tunnel/machine/close.js';
import { Places, type GiveBack } from '../../admission/places.js';
import { refusal, type Refusal } from '../../admission/refusal.js';
import type { Limits } from '../../limits/limits.js';
import {
  afterRequest,
  afterTrial,
  beforeRequest,
  untried,
  type BreakerState,
  type Verdict,
} from './breaker.js';
import type { Upstreams } from './upstreams.js';

/** An upstream is asked no more, or again: told once for each. */
export interface UpstreamReport {
  /** As it is called in paths: `git.example`, with its port where that is not the scheme's. */
  readonly host: string;
  /** `open` where it is not asked, `closed` where it has answered again. */
  readonly breaker: 'open' | 'closed';
  /** How long it is not asked, in ms; then one request tries it. Undefined where it is `closed`. */
  readonly restTime: number | undefined;
}

/** What {@link Gates} works with. */
export interface GatesOptions {
  readonly upstreams: Upstreams;
  readonly limits: Limits;
  /** Told when a breaker opens that was closed, and when it closes again. */
  readonly onChange: (report: UpstreamReport) => void;
  /** A clock that never goes back, in ms. Default: that of the process. */
  readonly now?: (() => number) | undefined;
}

interface Gate {
  readonly places: Places;
  state: BreakerState;
  /** Whether it was told that it is open. */
  isToldOpen: boolean;
}

/** Those of one server. */
export class Gates {
  readonly #options: GatesOptions;
  readonly #gates: ReadonlyMap<string, Gate>;
  readonly #now: () => number;

  constructor(options: GatesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    const { maxPerUpstream: places, maxQueue: queue, queueTime: time } = options.limits;
    this.#gates = new Map(
      options.upstreams.all.map(({ host }) => [
        host,
        {
          // Defence: an upstream has places of its own (maxPerUpstream).
          places: new Places({ places, queue, time }),
          state: untried,
          isToldOpen: false,
        },
      ]),
    );
  }

  /**
   * Waits for a place, where the upstream is asked at all.
   *
   * @returns gives it back, when what was asked for is over; or why there is none.
   */
  async enter(host: string): Promise<GiveBack | Refusal> {
    const gate = this.#gate(host);
    const { verdict } = beforeRequest(gate.state, this.#now());
    // At once: who has to wait is not to stand in line before that.
    if (verdict.kind === 'wait') return notAsked(host, verdict);
    const leave = await gate.places.take();
    if (leave === undefined) {
      return refusal(closeCodes.tooMany, `Too many ask ${host} at once. Try again later.`);
    }
    const asked = beforeRequest(gate.state, this.#now());
    if (asked.verdict.kind === 'wait') {
      leave();
      return notAsked(host, asked.verdict);
    }
    gate.state = asked.state;
    if (asked.verdict.kind === 'ask') return leave;
    const { began } = asked.verdict;
    return () => {
      gate.state = afterTrial(gate.state, began);
      leave();
    };
  }

  /**
   * Tells of a request that is about to be made.
   *
   * @returns takes what it came to; not to be called for what says nothing of the upstream.
   */
  ask(host: string): (answered: boolean) => void {
    const began = this.#now();
    return (answered) => {
      const gate = this.#gate(host);
      const { maxUpstreamFailures: most, upstreamRestTime: rest } = this.#options.limits;
      gate.state = afterRequest(gate.state, { answered, began }, this.#now(), { most, rest });
      const isOpen = gate.state.kind === 'open';
      const isChange = gate.isToldOpen ? gate.state.kind === 'closed' : isOpen;
      if (!isChange) return;
      gate.isToldOpen = isOpen;
      const breaker = isOpen ? 'open' : 'closed';
      this.#options.onChange({ host, breaker, restTime: isOpen ? rest : undefined });
    };
  }

  /** Nobody enters any more, those who wait included. */
  close(): void {
    for (const { places } of this.#gates.values()) places.close();
  }

  #gate(host: string): Gate {
    const gate = this.#gates.get(host);
    if (gate === undefined) throw new Error(`There is no way to ${host}.`);
    return gate;
  }
}

function notAsked(host: string, { time }: Extract<Verdict, { kind: 'wait' }>): Refusal {
  // Another request finds out at this moment: it takes as long as a connection, or less.
  const seconds = time === undefined ? 1 : Math.ceil(time / 1_000);
  const sentence = `${host} does not answer at present. Try again in ${seconds} s.`;
  return { ...refusal(closeCodes.unavailable, sentence), retryAfter: seconds };
}
