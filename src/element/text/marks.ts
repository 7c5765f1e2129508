/** What stands around lines that two have changed. */
export const marks = { mine: 'Yours', theirs: 'Theirs' } as const;

const start = `<<<<<<< ${marks.mine}`;
const end = `>>>>>>> ${marks.theirs}`;

/** @returns whether marks of a conflict are left in a text. */
export function hasMarks(text: string): boolean {
  return text.split('\n').some((line) => line === start || line === end);
}
