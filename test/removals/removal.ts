/** What an entry of the list says (removals.ts). */

/** What is done to the code that a marker marks: it is dropped, where nothing else is said. */
export interface Edit {
  /** What is written in its place. */
  readonly instead?: string;
  /** What is written in front of it: it stays. */
  readonly before?: string;
}

/** One defence that can be taken away. */
export interface Removal extends Edit {
  /** What it stands against. */
  readonly attack: string;
  /** Its name, which its marker in the source has too: `// Defence: NAME.` */
  readonly defence: string;
  /** Test files below `test/` to run, of which something must fail. */
  readonly tests: readonly string[];
}

/** One whose marker has been found. */
export interface Located extends Removal {
  /** From the top of the project. */
  readonly file: string;
}

/**
 * @param tests of all that name none of their own.
 * @returns defences against one attack.
 */
export function against(
  attack: string,
  tests: readonly string[],
  defences: readonly (Pick<Removal, 'defence'> & Partial<Removal>)[],
): Removal[] {
  return defences.map((one) => ({ attack, tests, ...one }));
}
