/** The few assertions that cases need, without anything of Node or of a test runner. */

/** Throws unless both are the same as JSON. */
export function equal(actual: unknown, expected: unknown, what = 'value'): void {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value, null, 1));
  if (is !== should) throw new Error(`${what}: it is ${is}\nbut should be ${should}`);
}

/** Throws with `what` unless the condition holds. */
export function ok(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** What isomorphic-git's and gitws's errors have in common. */
export interface CodedError extends Error {
  readonly code: string;
  readonly data: Record<string, unknown>;
}

/** Throws unless the promise rejects with that `code`; gives the error. */
export async function rejects(promise: Promise<unknown>, code: string): Promise<CodedError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason as CodedError,
  );
  if (error === undefined) throw new Error(`it resolved, but should reject with ${code}`);
  if (error.code !== code) {
    throw new Error(`it rejected, but with ${error.code} and not ${code}: ${error.stack}`);
  }
  return error;
}
