/** What a command needs to get objects that a partial clone lacks: its promisor remotes, asked when one is missed. */
import { lateScript } from '../isomorphic/bind-repository.js';
import { promisedFetcher, firstOf } from '../remote/promised-fetcher.js';
import { openRemote, type Remote } from '../remote/remote.js';
import { Promisor, type Fetcher } from '../repository/promisor.js';
import { readConfig, type ConfigAt } from './config.js';
import { holdConfig } from './held-config.js';
import { promisorRemotes, type PromisorRemote } from './partial-clone.js';
import { ownSettings, RemoteAccess, type RemoteArguments } from './remote-access.js';

/** The promisor of one command; without one where nobody has promised anything. */
export class LazyFetch {
  readonly promisor: Promisor | undefined;
  readonly #ending: (() => void)[] = [];

  /**
   * @param given the command's arguments: its credentials, signal and listeners count.
   * @param opened where the command speaks with that remote anyway.
   * @throws what `fs` throws.
   */
  static async of(at: ConfigAt, given: RemoteArguments, opened?: RemoteAccess): Promise<LazyFetch> {
    return new LazyFetch(at, given, await promisorRemotes(holdConfig(at)), opened);
  }

  private constructor(
    at: ConfigAt,
    given: RemoteArguments,
    remotes: readonly PromisorRemote[],
    opened: RemoteAccess | undefined,
  ) {
    const fetchers = remotes.map((remote) => this.#fetcherOf(at, given, remote, opened));
    if (fetchers.length > 0) this.promisor = new Promisor(firstOf(fetchers));
  }

  /** The command is over. */
  close(): void {
    for (const end of this.#ending) end();
  }

  /** Opens nothing until something is missed. */
  #fetcherOf(
    at: ConfigAt,
    given: RemoteArguments,
    { url }: PromisorRemote,
    opened: RemoteAccess | undefined,
  ): Fetcher {
    let fetcher: Promise<Fetcher> | undefined;
    const open = async (): Promise<Fetcher> => {
      const access = opened?.address === url ? opened : await this.#access(at, given, url);
      const { resumeFor, retries, ...settings } = access.settings;
      const remote: Remote = openRemote(access, { resumeFor, retries });
      this.#ending.push(() => {
        remote.close();
      });
      const { packWorker, wasm, limits, detectCollisions } = settings;
      const { onProgress } = access.listeners;
      return promisedFetcher(remote, {
        ...{ fs: at.fs, gitdir: at.gitdir },
        ...{ packWorker, wasm, limits, detectCollisions },
        onProgress: (event) => onProgress?.(event),
        load: () => lateScript.load(),
      });
    };
    return {
      fetch: async (oids, how) => (await (fetcher ??= open())).fetch(oids, how),
    };
  }

  async #access(at: ConfigAt, given: RemoteArguments, url: string): Promise<RemoteAccess> {
    const username = await readConfig(at, `credential.${url}.username`);
    const access = new RemoteAccess(url, given, ownSettings(given) ?? {}, username);
    this.#ending.push(() => {
      access.close();
    });
    return access;
  }
}
