/** What gets the objects that a bound repository lacks, and its remote has promised. */
import type { Connection } from '../remote/connection.js';
import { promisedFetcher, type KeepsPacks } from '../remote/promised-fetcher.js';
import { KeptRemote } from '../remote/kept-remote.js';
import { objectSource, type RemoteOptions } from '../remote/object-source.js';
import { keepPack } from '../repository/keep-pack.js';
import { Promisor } from '../repository/promisor.js';

/**
 * @param connection the way to its remote; opened when something is missed.
 * @param options of `bindRepository`.
 */
export function boundPromisor(
  connection: Connection,
  options: RemoteOptions & Omit<KeepsPacks, 'load'>,
): Promisor {
  const { fs, gitdir, packWorker, wasm, limits, detectCollisions, onProgress } = options;
  const keeping = { fs, gitdir, packWorker, wasm, limits, detectCollisions, onProgress };
  const load = () => Promise.resolve({ keepPack });
  const source = objectSource(new KeptRemote(connection, options), {});
  return new Promisor(promisedFetcher(source, { ...keeping, load }));
}
