/**
 * Progress of a transfer, from the many phases that git on the server, gitws and isomorphic-git
 * tell of, to the few steps that a person wants to see.
 */

/** The steps, in the order in which they happen; a push only has the first three and `send`. */
export const steps = ['connect', 'prepare', 'send', 'receive', 'index', 'checkout'] as const;

/** One of {@link steps}. */
export type Step = (typeof steps)[number];

/** How far a transfer is. */
export interface Progress {
  readonly step: Step;
  /** What is being done, in words. */
  readonly label: string;
  /** Objects or files done in this step, of `total`. */
  readonly loaded: number;
  /** 0 where it is not known. */
  readonly total: number;
  /** Bytes received or sent so far. */
  readonly bytes: number;
}

/** An event as isomorphic-git and gitws give it. */
export interface ProgressEvent {
  readonly phase: string;
  readonly loaded: number;
  readonly total?: number | undefined;
}

interface Phase {
  readonly step: Step;
  readonly label: string;
  /** The share of its step that this phase stands for. */
  readonly share?: readonly [number, number];
}

const phases: Readonly<Record<string, Phase>> = {
  'Enumerating objects': { step: 'prepare', label: 'The server lists objects' },
  'Counting objects': { step: 'prepare', label: 'The server counts objects', share: [0, 0.5] },
  'Compressing objects': { step: 'prepare', label: 'The server packs objects', share: [0.5, 1] },
  Sending: { step: 'send', label: 'Sending' },
  // gitws counts bytes, and objects as they come.
  Receiving: { step: 'receive', label: 'Receiving' },
  'Receiving objects': { step: 'receive', label: 'Receiving' },
  'Resolving deltas': { step: 'index', label: 'Resolving deltas' },
  'Analyzing workdir': { step: 'checkout', label: 'Comparing files' },
  'Updating workdir': { step: 'checkout', label: 'Writing files' },
};

export const connecting: Progress = {
  step: 'connect',
  label: 'Connecting',
  loaded: 0,
  total: 0,
  bytes: 0,
};

/**
 * @param before how far it was.
 * @param event what was told.
 * @returns how far it is. Never goes back a step: isomorphic-git repeats the server's words.
 */
export function advance(before: Progress, event: ProgressEvent): Progress {
  const phase = phases[event.phase];
  if (phase === undefined || steps.indexOf(phase.step) < steps.indexOf(before.step)) return before;
  const { step, label } = phase;
  const total = event.total ?? 0;
  if (event.phase === 'Receiving' && before.step === 'receive') {
    return { ...before, bytes: event.loaded };
  }
  if (step === 'send' || event.phase === 'Receiving') {
    return { step, label, loaded: event.loaded, total, bytes: event.loaded };
  }
  return { step, label, loaded: event.loaded, total, bytes: before.bytes };
}

/** @returns the share of its step that is done, 0 to 1; undefined where nobody knows. */
export function fraction(progress: Progress): number | undefined {
  const { loaded, total } = progress;
  if (total <= 0) return undefined;
  const phase = Object.values(phases).find(({ label }) => label === progress.label);
  const [from, to] = phase?.share ?? [0, 1];
  return from + (to - from) * Math.min(1, loaded / total);
}
