/**
 * Words of strangers in lines for operators: names, paths and addresses as they may stand in a log
 * or on a terminal. Not for what a client is shown.
 */

/** Longest quotation, in characters of the original, by default: a line stays readable. */
const maxQuoted = 120;

/**
 * `text` in double quotes, as printable ASCII only: all else is escaped as JSON does it. So nothing
 * in it can end the line or the quotation, move a terminal's cursor, or (by letters of another
 * direction) change what the rest of the line seems to say.
 */
export function quoteForLog(text: string, maxLength = maxQuoted): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
  return JSON.stringify(cut).replace(/[^\u0020-\u007e]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
