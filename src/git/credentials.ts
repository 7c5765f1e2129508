/** Credentials for a remote, asked for as isomorphic-git asks for them. */
import * as isomorphicGit from 'isomorphic-git';
import { encodeBase64 } from '../base/base64.js';
import { isGitWsError } from '../base/errors.js';
import { callBack } from '../base/failure.js';

type Given = Parameters<typeof isomorphicGit.fetch>[0];
type Auth = isomorphicGit.GitAuth & { readonly headers?: Record<string, string> };

/** isomorphic-git's callbacks, and what is known from the start. */
export interface CredentialOptions extends Pick<
  Given,
  'onAuth' | 'onAuthSuccess' | 'onAuthFailure'
> {
  /** Without user and password. */
  readonly url: string;
  /** A user that the configuration names (`credential.<url>.username`). */
  readonly username?: string | undefined;
  /** Those of the command: `Authorization` counts, unless the URL has credentials. */
  readonly headers?: Record<string, string> | undefined;
  /** What the URL itself says, as an `Authorization`. */
  readonly authorization?: string | undefined;
}

/** What is known of the credentials for one remote during one command. */
export class Credentials {
  readonly #options: CredentialOptions;
  readonly #headers: Record<string, string>;
  #auth: Auth;
  #asked = false;
  #told = false;

  constructor(options: CredentialOptions) {
    this.#options = options;
    this.#headers = { ...options.headers };
    if (options.authorization !== undefined) this.#setAuthorization(options.authorization);
    this.#auth = options.username === undefined ? {} : { username: options.username };
  }

  /** An `Authorization` value; undefined where nothing was given. */
  get authorization(): string | undefined {
    const name = this.#authorizationName();
    return name === undefined ? undefined : this.#headers[name];
  }

  /**
   * Opens something that needs them, and asks for others where they are refused: `onAuth` first, and
   * `onAuthFailure` from then on.
   *
   * @throws isomorphic-git's HttpError for what is refused in the end, UserCanceledError where a
   *   callback says so; what the callbacks throw; all else that `open` throws.
   */
  async open<Opened>(open: () => Promise<Opened>): Promise<Opened> {
    for (;;) {
      try {
        const opened = await open();
        await this.#tellSuccess();
        return opened;
      } catch (error) {
        if (!isGitWsError(error, 'REFUSED')) throw error;
        const { status } = error.data;
        if (status === 401 && (await this.#ask())) continue;
        throw Object.assign(
          new isomorphicGit.Errors.HttpError(status, error.message, error.message),
          { cause: error },
        );
      }
    }
  }

  /** @returns whether there are others to try. */
  async #ask(): Promise<boolean> {
    const { url, onAuth, onAuthFailure } = this.#options;
    const name = this.#asked ? 'onAuthFailure' : 'onAuth';
    const ask = this.#asked ? onAuthFailure : onAuth;
    if (ask === undefined) return false;
    const given = { ...this.#auth, headers: { ...this.#headers } };
    const answer = (await callBack(name, () => ask(url, given))) as Auth | undefined | null | false;
    if (answer === undefined || answer === null || answer === false) return false;
    if (answer.cancel === true) throw new isomorphicGit.Errors.UserCanceledError();
    this.#auth = answer;
    this.#asked = true;
    Object.assign(this.#headers, answer.headers);
    const { username = '', password = '' } = answer;
    if (username !== '' || password !== '') {
      this.#setAuthorization(`Basic ${encodeBase64(`${username}:${password}`)}`);
    }
    return true;
  }

  async #tellSuccess(): Promise<void> {
    if (!this.#asked || this.#told) return;
    this.#told = true;
    const { url, onAuthSuccess } = this.#options;
    await callBack('onAuthSuccess', () => onAuthSuccess?.(url, this.#auth));
  }

  #setAuthorization(value: string): void {
    this.#headers[this.#authorizationName() ?? 'Authorization'] = value;
  }

  /** Callers write header names in whatever case they like, as HTTP lets them. */
  #authorizationName(): string | undefined {
    return Object.keys(this.#headers).find((name) => name.toLowerCase() === 'authorization');
  }
}
