/** A list taken apart. */

/** @returns the elements for which something holds, and the others. */
export function divided<Each>(
  all: readonly Each[],
  holds: (each: Each) => boolean,
): [Each[], Each[]] {
  return [all.filter(holds), all.filter((each) => !holds(each))];
}
