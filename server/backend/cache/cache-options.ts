/** The cache of upstreams' repositories, as an operator wants it. */
import { GitWsError } from '../../../src/base/errors.js';

/** What anybody may read of upstreams is kept on this machine, and served from there. */
export interface CacheOptions {
  /**
   * Where: a directory for nothing else, made where it is not there. Only one process may have it, and
   * what it has in it is used again by the next one.
   */
  readonly directory: string;
  /** Most that it may take of the disk, in bytes; what was used longest ago goes first. Default 10 GiB. */
  readonly size?: number | undefined;
  /**
   * How old what is kept may be, in ms, to be served where its upstream does not answer; the client is
   * told. Default 0: nothing is.
   */
  readonly stale?: number | undefined;
}

/** In bytes: some hundred repositories as they mostly are. */
export const defaultCacheSize = 10 * 1024 ** 3;

/** @returns it. @throws GitWsError INVALID_OPTION */
export function checkedCacheSize(size: number): number {
  if (Number.isSafeInteger(size) && size > 0) return size;
  const message = `cache.size: ${size} is no number of bytes.`;
  throw new GitWsError('INVALID_OPTION', message, { data: { option: 'cache' } });
}
