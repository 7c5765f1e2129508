/** What the commands take for submodules. */

/** A submodule that is about to be fetched. */
export interface SubmoduleToFetch {
  /** As `.gitmodules` has it. */
  readonly name: string;
  /** In the working tree of its superproject. */
  readonly path: string;
  /** As `.gitmodules` has it: it may be relative, or one that is not spoken here (`git@host:path`). */
  readonly url: string;
  /** URL of the superproject's remote. */
  readonly superproject: string;
}

/** What a command does with submodules. */
export interface SubmoduleArguments {
  /**
   * Whether submodules are cloned, fetched where they lack a commit, and checked out, and theirs as well, as
   * `git submodule update --init --recursive` does. Default: false.
   */
  recurseSubmodules?: boolean | undefined;
  /**
   * Whether submodules that are new here are cloned with one commit alone, as `git clone --shallow-submodules`
   * does. Default: those of which `.gitmodules` says `shallow = true`.
   */
  shallowSubmodules?: boolean | undefined;
  /**
   * Called for each submodule that is new here, before anything is fetched of it.
   *
   * @returns the URL in place of that of `.gitmodules`; undefined: as it is; `false`: it is left alone.
   */
  onSubmodule?:
    | ((
        submodule: SubmoduleToFetch,
      ) => string | false | undefined | Promise<string | false | undefined>)
    | undefined;
}
