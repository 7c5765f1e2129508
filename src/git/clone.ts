/** `git clone`: isomorphic-git's, with the working tree checked out by ours. */
import * as isomorphicGit from 'isomorphic-git';
import { checkout } from './checkout.js';

type Given = Parameters<typeof isomorphicGit.clone>[0];

/** What isomorphic-git's `clone` takes, and more. */
export type CloneArguments = Given & {
  /**
   * Ends the checkout. What is fetched before is ended by the signal of its `http`
   * (`createHttpClient`, `bindRepository`).
   */
  signal?: AbortSignal | undefined;
};

/**
 * Clones as isomorphic-git does, and checks out as {@link checkout} does. A checkout that fails leaves
 * the repository, which has all that was fetched, and rejects.
 *
 * @throws what isomorphic-git's `clone` throws, and what {@link checkout} throws.
 */
export async function clone(given: CloneArguments): Promise<void> {
  const { signal, onPostCheckout, noCheckout = false, ...others } = given;
  await isomorphicGit.clone({ ...others, noCheckout: true });
  const { fs, dir, gitdir, onProgress, cache } = given;
  const common = { fs, dir, ...(gitdir === undefined ? {} : { gitdir }) };
  const head = await isomorphicGit.resolveRef({ ...common, ref: 'HEAD' }).catch(() => undefined);
  // An empty repository.
  if (head === undefined) return;
  await checkout({
    ...common,
    ...{ onProgress, signal, noCheckout, noUpdateHead: true },
    ...(cache === undefined ? {} : { cache }),
  });
  const previousHead = '0'.repeat(40);
  await onPostCheckout?.({ previousHead, newHead: head, type: 'branch' });
}
