/**
 * One repository, bound to the remote that it is fetched from: isomorphic-git's arguments, with an
 * `http` that has the pack indexed by the pack engine, in a worker and while it comes, and puts it
 * into the repository itself. isomorphic-git then writes refs, once the pack is safe, and no pack.
 */
import { checkedDuration } from '../base/duration.js';
import { GitWsError } from '../base/errors.js';
import { createRoutedClient, type HttpClient, type HttpClientOptions } from './http.js';
import { withSettings } from './client-options.js';
import { KeptPack, type PackRoute } from './pack-route.js';
import { completeLimits, type PackLimits } from '../pack/index/limits.js';
import type { IndexPackOptions } from '../pack/index/index-pack-options.js';
import { Script } from '../pack/index/script.js';
import type { AskedFor } from '../repository/fetched-objects.js';
import type { ConnectivityCheck, ReadObject } from '../repository/keep-pack.js';
import { checkPrefetch } from '../repository/prefetch.js';
import { connectionTo } from '../remote/connection.js';
import { withPackedFiles } from './packed-fs.js';
import { joinSignals } from '../base/signals.js';

/** What keeps packs and reads them: with the engine, most of the library. */
export const lateScript = new Script(() => import('./loaded-late.js'));

const connectivityChecks: readonly ConnectivityCheck[] = ['tips', 'full'];

/** What {@link bindRepository} binds, and the options of its `http`. */
export interface BindRepositoryOptions<Fs extends object> extends HttpClientOptions {
  /** isomorphic-git's `fs`: LightningFS, Node's, or any other. */
  readonly fs: Fs;
  /** The working tree's directory. */
  readonly dir: string;
  /**
   * The git directory; default: `.git` in `dir`. Of a submodule, and of `git init --separate-git-dir`,
   * it may be the file that names it. A linked worktree needs that of the main one.
   */
  readonly gitdir?: string | undefined;
  /**
   * The remote's URL, as isomorphic-git takes it: `https://` or `http://`. Name and password in it are stored in
   * the configuration by a clone; an `authorization` is not.
   */
  readonly url: string;
  /** Where packs are indexed; default: in a worker, where there can be one. See {@link IndexPackOptions}. */
  readonly packWorker?: IndexPackOptions['packWorker'];
  /**
   * The engine's WebAssembly, for pages that load it as a file of its own: see {@link IndexPackOptions}.
   * Default: the copy in the script.
   */
  readonly wasm?: IndexPackOptions['wasm'];
  /**
   * isomorphic-git's `readObject`, for servers that send thin packs though isomorphic-git does not
   * ask for any: what their deltas are made from is read with it, and added to the pack. Without it
   * such a fetch rejects with CORRUPT_PACK, whose `data.missing` names what the pack lacks.
   */
  readonly readObject?: ReadObject<Fs> | undefined;
  /**
   * Whether the pack engine's scripts are loaded now, so that they are there when a pack comes,
   * whatever the network does meanwhile. Default true; false: they are loaded when the first pack
   * comes. What fails is tried again then.
   */
  readonly preload?: boolean | undefined;
  /**
   * Whether the `fs` that is handed out answers reads of objects out of packs of 2 MiB and more.
   * isomorphic-git itself reads a whole pack, and all of its index, for the first object that it needs. Default true;
   * false: `fs` is handed out as it was given. docs/performance.md has the figures.
   */
  readonly readPacks?: boolean | undefined;
  /**
   * How long the connection stays open over which the `fs` gets what a partial clone lacks, after it was
   * used last, in ms; default 30,000. 0: it is closed at once; Infinity: for as long as the server keeps it.
   */
  readonly keepOpen?: number | undefined;
  /**
   * How many files of a folder the `fs` gets along with one that a partial clone lacks, or folders with a
   * folder, at most; default 64. 0: none. It begins with the second that is missed in a folder, with 4, and
   * doubles; fewer come where those that were read are large, about 1 MiB in all. Each is tried once, and
   * fails no read. docs/performance.md has the figures.
   */
  readonly prefetch?: number | undefined;
  /** What a pack may ask for; default: {@link PackLimits} has each. Above it is PACK_LIMIT. */
  readonly limits?: Partial<PackLimits> | undefined;
  /**
   * How far it is looked whether a fetch has brought all that it should, before refs are written;
   * what lacks something rejects with MISSING_OBJECTS. `tips`, the default: what was asked for, and
   * what that names itself. `full`: all that is reached from it, as git looks (`check_connected`);
   * docs/performance.md says what that costs.
   */
  readonly checkConnectivity?: ConnectivityCheck | undefined;
  /** Whether packs are searched for traces of collision attacks on SHA-1, and then refused. Default true. */
  readonly detectCollisions?: boolean | undefined;
  /**
   * Hears that the engine cannot be started, for example where a Content-Security-Policy forbids
   * WebAssembly, or its scripts cannot be loaded: isomorphic-git then indexes the pack itself, slowly.
   * Default: `console.warn`. What it throws, or rejects with, ends the fetch.
   */
  readonly onWarning?: ((warning: GitWsError) => void) | undefined;
}

/** Arguments for isomorphic-git's `clone`, `fetch`, `pull` and `push`: to be spread into its call. */
export interface BoundRepository<Fs> {
  /** What was given, reading packs in pieces: to be used for all other commands, too. */
  readonly fs: Fs;
  /** As it was given. */
  readonly dir: string;
  /** As it was given, else `.git` in `dir`. */
  readonly gitdir: string;
  /** As it was given. */
  readonly url: string;
  /** Has packs indexed while they come, and puts them into the repository. For this remote alone. */
  readonly http: HttpClient;
}

/**
 * Binds a repository to its remote: `git.clone({ ...bindRepository({ fs, dir, url }) })`.
 *
 * What a partial clone lacks, its `fs` fetches from `url` when it is read, with `authorization`, or the
 * URL's credentials; what cannot be had rejects with OBJECT_UNAVAILABLE.
 *
 * @param options see {@link BindRepositoryOptions}.
 * @throws GitWsError INVALID_OPTION where `fs`, `dir` or `url` is missing, for times, quantities and limits that are
 *   none, and for no such `checkConnectivity`.
 * @returns isomorphic-git's arguments. Its `http` rejects requests for any other remote with
 *   INVALID_OPTION; beside what `createHttpClient`'s throws, a fetch rejects with PACK_LIMIT,
 *   PACK_ENGINE_FAILED, INVALID_OPTION for a linked worktree, and what `fs` throws. Whatever fails leaves no half-written pack.
 */
export function bindRepository<Fs extends object>(
  options: BindRepositoryOptions<Fs>,
): BoundRepository<Fs> {
  const { fs, dir, url } = options;
  for (const [option, given] of Object.entries({ fs, dir, url })) {
    if ((given as unknown) !== undefined) continue;
    throw new GitWsError('INVALID_OPTION', `${option} is missing.`, { data: { option } });
  }
  completeLimits(options.limits);
  checkedDuration('keepOpen', options.keepOpen, 0);
  checkPrefetch(options.prefetch);
  const { checkConnectivity = 'tips' } = options;
  if (!connectivityChecks.includes(checkConnectivity)) {
    const message = 'checkConnectivity must be "tips" or "full".';
    throw new GitWsError('INVALID_OPTION', message, { data: { checkConnectivity } });
  }
  const gitdir = options.gitdir ?? (dir === '' ? '.git' : `${dir.replace(/\/+$/, '')}/.git`);
  /** What isomorphic-git hands out. */
  let like: Uint8Array | undefined;
  const client = createRoutedClient(options, ({ negotiation, onProgress, signal }): PackRoute => {
    const keep = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
      const { keepPack } = await lateScript.load();
      const joined = joinSignals([signal, options.signal]);
      try {
        const asked = (): AskedFor => ({ ...negotiation.request, cutOff: negotiation.shallow });
        const what = { gitdir, signal: joined.signal, asked, onProgress, like };
        await keepPack(source, { ...options, ...what });
      } finally {
        joined.release();
      }
    };
    return new KeptPack(keep, options.onWarning ?? warn, negotiation);
  });
  if (options.preload ?? true) {
    // What fails is met, and told, where there is a pack.
    lateScript
      .load()
      .then(({ loadEngine }) => loadEngine(options))
      .catch(() => undefined);
  }
  const remote = remoteOf(url);
  const bound: HttpClient = {
    request: (request) => {
      const { body } = request;
      if (Array.isArray(body)) like = (body as Uint8Array[])[0] ?? like;
      if (endings.test(request.url) && remoteOf(request.url.replace(endings, '')) === remote)
        return client.request(request);
      // Neither is quoted: they may carry a password.
      const message = 'This http is bound to one remote, and was asked for another.';
      return Promise.reject(new GitWsError('INVALID_OPTION', message));
    },
  };
  const bind = (): Fs =>
    withPackedFiles(
      ...([fs, gitdir, lateScript] as const),
      (late) => late.boundPromisor(connectionTo(url, options), { ...options, gitdir }),
      options.prefetch,
    );
  return {
    fs: (options.readPacks ?? true) ? bind() : fs,
    ...{ dir, gitdir, url },
    http: withSettings(bound, options),
  };
}

/** What smart HTTP puts behind the URL of a repository. */
const endings = /\/(info\/refs\?service=)?git-(upload|receive)-pack$/;

/** isomorphic-git takes credentials out of URLs before it asks for them: up to the last `@`. */
function remoteOf(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/]*@/, '$1').replace(/\/+$/, '');
}

function warn(warning: GitWsError): void {
  console.warn(`gitws: ${warning.message} isomorphic-git indexes the pack itself.`);
}
