/** What the page hears of an element: each event bubbles, and leaves shadow trees. */
import type { View } from './place.js';

/** Of `gitws-load`: something is shown. */
export interface GitWsLoadDetail {
  readonly src: string;
  readonly ref: string;
  /** The commit that is shown; undefined for a branch without commits. */
  readonly oid: string | undefined;
  readonly path: string;
}

/** Of `gitws-navigate`: somebody went to another place. */
export interface GitWsNavigateDetail {
  readonly ref: string;
  readonly path: string;
  readonly view: View;
  readonly lines: readonly [number, number] | undefined;
  readonly commit: string | undefined;
}

/** Of `gitws-commit`: a commit was made, which is in this browser alone. */
export interface GitWsCommitDetail {
  readonly oid: string;
  readonly ref: string;
  readonly path: string;
  readonly message: string;
}

/** Of `gitws-push`: the server's branch is at this commit. */
export interface GitWsPushDetail {
  readonly oid: string;
  readonly ref: string;
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
  readonly username?: string;
  readonly password?: string;
  readonly headers?: Record<string, string>;
}

/** Of `gitws-auth`, which can be canceled: then the page answers, and no dialog is shown. */
export interface GitWsAuthDetail {
  readonly url: string;
  /** Whether what was given before is wrong. */
  readonly isRetry: boolean;
  /** To be called once; with `undefined` for "no". */
  readonly respond: (credentials: GitWsCredentials | undefined) => void;
}

/** The events by their names. */
export interface GitWsElementEvents {
  'gitws-load': CustomEvent<GitWsLoadDetail>;
  'gitws-navigate': CustomEvent<GitWsNavigateDetail>;
  'gitws-commit': CustomEvent<GitWsCommitDetail>;
  'gitws-push': CustomEvent<GitWsPushDetail>;
  'gitws-error': CustomEvent<GitWsErrorDetail>;
  'gitws-auth': CustomEvent<GitWsAuthDetail>;
}

/** Sends one. @returns whether nobody has canceled it. */
export type Emit = <Name extends keyof GitWsElementEvents>(
  name: Name,
  detail: GitWsElementEvents[Name]['detail'],
) => boolean;
