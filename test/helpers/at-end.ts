/**
 * What has to be closed when a test file ends: servers, processes, folders. A list of its own and not
 * `afterAll`, since files that share a worker may share the modules that open these, and a module
 * registers its hooks only once.
 */
const closers: (() => unknown)[] = [];
const lastOfAll: (() => unknown)[] = [];

/**
 * Has something done at the end of every test file from now on, this one included. What is registered
 * last is done first.
 *
 * @param close does it, for whatever was opened since it was called last.
 * @param order `last` for what others have their place in: folders go when their servers are closed.
 */
export function atEnd(close: () => unknown, order?: 'last'): void {
  (order === 'last' ? lastOfAll : closers).unshift(close);
}

/** Does all of it. @throws AggregateError with what any of it throws. */
export async function closeAll(): Promise<void> {
  const errors: unknown[] = [];
  for (const close of [...closers, ...lastOfAll]) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'not all of it could be closed');
}
