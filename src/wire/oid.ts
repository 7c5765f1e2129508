/**
 * Object ids as they stand in git's text: SHA-1 in hexadecimal. The one place that says what is
 * one; the object format itself is judged where it is announced (object-format.ts).
 */

/** What stands where there is no object: the old side of a create, the new side of a delete. */
export const zeroOid = '0'.repeat(40);

const oidPattern = /^[0-9a-fA-F]{40}$/;

/**
 * @param text 40 hexadecimal digits; git reads either case.
 * @returns the oid in lower case, or undefined when the text is none.
 */
export function parseOid(text: string): string | undefined {
  return oidPattern.test(text) ? text.toLowerCase() : undefined;
}
