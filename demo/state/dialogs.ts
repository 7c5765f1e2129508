/** Questions to the person at the page, as promises of answers. One is asked at a time. */
import { signal } from '@preact/signals';
import type { Credentials, CredentialSource } from '../repository/remote.js';

/** A question with two or three ways out; the last one leaves everything as it is. */
export interface Question {
  readonly kind: 'confirm';
  readonly title: string;
  readonly text: string;
  /** What it is about, one a line. */
  readonly items?: readonly string[];
  readonly choices: readonly {
    readonly id: string;
    readonly label: string;
    readonly danger?: boolean;
  }[];
  readonly answer: (id: string | undefined) => void;
}

/** Asks for a line of text, which `check` may refuse with a sentence. */
export interface LineQuestion {
  readonly kind: 'line';
  readonly title: string;
  readonly label: string;
  readonly hint: string;
  readonly initial: string;
  readonly action: string;
  /** Whether the line may be empty. */
  readonly isOptional?: boolean;
  /** Does what is asked for; what it throws is shown, and the question stays. */
  readonly submit: (line: string) => Promise<void>;
  readonly answer: () => void;
}

/** Asks to sign in. */
export interface SignInQuestion {
  readonly kind: 'sign-in';
  readonly url: string;
  readonly refused: Credentials | undefined;
  readonly answer: (credentials: Credentials | undefined) => void;
}

export const dialog = signal<Question | LineQuestion | SignInQuestion | undefined>();

/** @returns the id of the choice; undefined if the question was put away. */
export function confirm(question: Omit<Question, 'kind' | 'answer'>): Promise<string | undefined> {
  return new Promise((resolve) => {
    dialog.value = { kind: 'confirm', ...question, answer: closing(resolve) };
  });
}

/** Resolves when the line was taken or the question put away. */
export function askLine(question: Omit<LineQuestion, 'kind' | 'answer'>): Promise<void> {
  return new Promise((resolve) => {
    dialog.value = { kind: 'line', ...question, answer: closing(resolve) };
  });
}

/** Credentials that were right, until the page is closed: they are never written anywhere. */
const approved = new Map<string, Credentials>();

/** Remembers for this page what an address carried. */
export function rememberCredentials(url: string, credentials: Credentials): void {
  approved.set(url, credentials);
}

/** @returns what was right for a repository before. */
export function approvedFor(url: string): Credentials | undefined {
  return approved.get(url);
}

/** Asks the person, but first what was right before. */
export function credentialSource(signal: AbortSignal): CredentialSource {
  return {
    ask(url, refused) {
      const known = approved.get(url);
      if (known !== undefined && refused === undefined) return Promise.resolve(known);
      approved.delete(url);
      return askCredentials(url, refused, signal);
    },
    approve: rememberCredentials,
  };
}

function askCredentials(
  url: string,
  refused: Credentials | undefined,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  return new Promise((resolve) => {
    const answer = closing(resolve);
    signal.addEventListener('abort', () => answer(undefined), { once: true });
    dialog.value = { kind: 'sign-in', url, refused, answer };
  });
}

function closing<T>(resolve: (value: T) => void): (value: T) => void {
  return (value) => {
    dialog.value = undefined;
    resolve(value);
  };
}
