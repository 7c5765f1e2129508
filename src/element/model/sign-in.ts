/** The user and password of one repository, asked for when a server wants them, and kept as long as the page. */

/** What a server is told. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly headers?: Record<string, string>;
}

/** Asks whoever knows. @returns undefined where nobody wants to say. */
export type AskCredentials = (url: string, isRetry: boolean) => Promise<Credentials | undefined>;

type Answer = Credentials | { readonly cancel: true };

/** The callbacks of a command that may meet a password. */
export interface AuthOptions {
  readonly onAuth: (url: string) => Promise<Answer>;
  readonly onAuthFailure: (url: string) => Promise<Answer>;
  readonly onAuthSuccess: (url: string, given: unknown) => void;
}

/** See above. Nothing of it is stored. */
export class SignIn {
  #known: Credentials | undefined;
  /** Whoever was given last. */
  #ask: AskCredentials = () => Promise.resolve(undefined);
  /** The callbacks where something is missed, with whoever was given last. */
  readonly whereMissed = this.#callbacks((url, isRetry) => this.#ask(url, isRetry));

  /** Whether a server has taken what it was told. */
  get isKnown(): boolean {
    return this.#known !== undefined;
  }

  /** @param ask is asked, too, where something is missed later. */
  options(ask: AskCredentials): AuthOptions {
    this.#ask = ask;
    return this.#callbacks(ask);
  }

  #callbacks(ask: AskCredentials): AuthOptions {
    let last: Credentials | undefined;
    const answer = async (url: string, isRetry: boolean): Promise<Answer> => {
      last = await ask(url, isRetry);
      return last ?? { cancel: true };
    };
    return {
      onAuth: async (url) => {
        if (this.#known === undefined) return answer(url, false);
        last = this.#known;
        return last;
      },
      onAuthFailure: (url) => {
        this.#known = undefined;
        return answer(url, true);
      },
      onAuthSuccess: () => {
        this.#known = last;
      },
    };
  }
}
