/** How a line ends that is written among git's own progress, which stays on its line by `\r`. */

/**
 * @param isTerminal whether somebody's terminal shows it.
 * @param term the terminal's type, `TERM`.
 * @returns the line's end; on a terminal, as git's sideband.c has it, with what removes the rest of
 *   the progress that stood there before.
 */
export function lineEnd(isTerminal: boolean, term: string | undefined): string {
  const obeys = isTerminal && term !== undefined && term !== 'dumb';
  return obeys ? '\u001b[K\n' : '\n';
}
