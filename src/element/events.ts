/** What the page hears of an element: each event bubbles, and leaves shadow trees. */
import type { View } from './place.js';

/** Of `gitws-load`: something is shown. */
export interface GitWsLoadDetail {
  /** The repository's address. */
  readonly src: string;
  /** The branch, the tag or the commit. */
  readonly ref: string;
  /** The commit that is shown; undefined for a branch without commits. */
  readonly oid: string | undefined;
  /** The path; empty for the repository's own folder. */
  readonly path: string;
}

/** Of `gitws-navigate`: somebody went to another place. */
export interface GitWsNavigateDetail {
  /** The branch, the tag or the commit. */
  readonly ref: string;
  /** The path; empty for the repository's own folder. */
  readonly path: string;
  /** What is shown of the path. */
  readonly view: View;
  /** First and last line that are marked, from 1. */
  readonly lines: readonly [number, number] | undefined;
  /** The commit that is shown, of the view `commit`. */
  readonly commit: string | undefined;
}

/** Of `gitws-commit`: a commit was made, which is in this browser alone. */
export interface GitWsCommitDetail {
  /** The commit. */
  readonly oid: string;
  /** The branch, the tag or the commit. */
  readonly ref: string;
  /** The path; empty for the repository's own folder. */
  readonly path: string;
  /** The commit's message. */
  readonly message: string;
}

/** Of `gitws-push`: the server's branch is at this commit. */
export interface GitWsPushDetail {
  /** The commit. */
  readonly oid: string;
  /** The branch, the tag or the commit. */
  readonly ref: string;
  /** The path; empty for the repository's own folder. */
  readonly path: string;
}

/** Of `gitws-error`. */
export interface GitWsErrorDetail {
  /** As it was thrown, mostly with a `code`: see docs/protocol.md. */
  readonly error: unknown;
  /** As it is shown. */
  readonly message: string;
}

/** What a page may answer to `gitws-auth`, or its `onauth`. */
export interface GitWsCredentials {
  /** For Basic credentials. */
  readonly username?: string;
  /** Their password, or a token. */
  readonly password?: string;
  /** In the place of both: an `Authorization` of another kind. */
  readonly headers?: Record<string, string>;
}

/** Of `gitws-auth`, which can be canceled: then the page answers, and no dialog is shown. */
export interface GitWsAuthDetail {
  /** The repository's address. */
  readonly url: string;
  /** Whether what was given before is wrong. */
  readonly isRetry: boolean;
  /** To be called once; with `undefined` for "no". */
  readonly respond: (credentials: GitWsCredentials | undefined) => void;
}

/** The events by their names. */
export interface GitWsElementEvents {
  /** Something is shown. */
  'gitws-load': CustomEvent<GitWsLoadDetail>;
  /** Somebody went to another place. */
  'gitws-navigate': CustomEvent<GitWsNavigateDetail>;
  /** A commit was made, in this browser. */
  'gitws-commit': CustomEvent<GitWsCommitDetail>;
  /** The server's branch is at the commit. */
  'gitws-push': CustomEvent<GitWsPushDetail>;
  /** Something failed, and is shown. */
  'gitws-error': CustomEvent<GitWsErrorDetail>;
  /** Credentials are needed; it can be canceled. */
  'gitws-auth': CustomEvent<GitWsAuthDetail>;
}

/** Sends one. @returns whether nobody has canceled it. */
export type Emit = <Name extends keyof GitWsElementEvents>(
  name: Name,
  detail: GitWsElementEvents[Name]['detail'],
) => boolean;
