/** Several things at once, none of which goes on when that is over. */

/**
 * @returns what each gives, in order, when all have settled.
 * @throws what the first one, in order, that failed says.
 */
export async function whenAll<Result>(promises: Iterable<Result>): Promise<Awaited<Result>[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}
