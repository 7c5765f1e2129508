/** The engine's codes, but for those that `faults` has sentences for: the numbers of src/pack/wasm/layout.ts. */

/** What the engine needs next. */
export type EngineStep = 'done' | 'more' | 'pause' | 'read';

/** By their codes. */
export const steps: readonly (EngineStep | undefined)[] = [
  'done',
  'more',
  undefined,
  'pause',
  'read',
];

/** The first of the codes that are faults; those below say what has to happen next. */
export const firstFault = 16;

/** The one code that is neither the pack's fault nor a limit's. */
export const outOfMemory = 53;
