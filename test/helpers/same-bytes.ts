/**
 * For `expect.addEqualityTesters`: vitest compares bytes one by one, a megabyte in seconds.
 *
 * @returns true for the same bytes in arrays of the same kind; of all else vitest says what differs.
 */
export function sameBytes(a: unknown, b: unknown): true | undefined {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return undefined;
  return a.constructor === b.constructor && Buffer.compare(a, b) === 0 ? true : undefined;
}
