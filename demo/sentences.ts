/** What to say of each error: what happened, and what a person can do. */
import type { ErrorCode } from 'gitws';

/** What is said of an error. */
export interface Sentence {
  readonly title: string;
  readonly text?: string;
}

/** An error's `data`. */
export type Data = Readonly<Record<string, unknown>>;

type Say = (data: Data, message: string) => Sentence;

/** @param code of an error, or its name. @returns undefined for one that nothing is known of. */
export function sentenceOf(code: string, data: Data, message: string): Sentence | undefined {
  const known: Readonly<Record<string, Say>> = { ...others, ...sentences };
  return Object.hasOwn(known, code) ? known[code]?.(data, message) : undefined;
}

const garbled: Say = () => ({
  title: 'The server answered with something else',
  text: 'It is no git server, or something on the way has changed its answer. Is the address right? Nothing has changed here.',
});

const tooLarge: Say = (_, message) => ({
  title: 'That is more than this page takes',
  text: `${message} Nothing has changed here. A part of the history, or a clone without older versions, may be small enough.`,
});

const locked: Say = (_, message) => ({
  title: 'Something else is at work on this repository',
  text: `${message} Try again; if it stays so, close other tabs and load the page again.`,
});

const noRoom: Say = () => ({
  title: 'The browser has no room left',
  text: 'Remove a repository that you no longer need, and try again.',
});

const sparse: Say = (_, message) => ({
  title: 'Not all folders of this repository are here',
  text: `${message} Nothing was touched.`,
});

const cannot: Say = (_, message) => ({
  title: 'The server cannot do that',
  text: `${message} Without a filter or a limit of the history it may work.`,
});

const unsafe: Say = (_, message) => ({
  title: 'A path of this repository is not safe',
  text: `${message} It was not written: such paths are made to do harm. Ask whoever made the repository.`,
});

const itself: Say = (_, message) => ({
  title: 'This page has made a mistake',
  text: `${message} Load the page again to go on: what was saved is saved.`,
});

/** Of each error of the library's: a code that is new there asks for its sentence here. */
const sentences: Readonly<Record<ErrorCode, Say>> = {
  INVALID_URL: (_, message) => ({ title: 'This is no address of a repository', text: message }),
  INVALID_OPTION: itself,
  CONNECTION_FAILED: () => ({
    title: 'The server could not be reached',
    text: 'It may be down, or not let this page connect. Look at the address and at your network, and try again.',
  }),
  CONNECTION_LOST: () => ({
    title: 'The connection was lost',
    text: 'It could not be taken up again before the server gave the transfer up. Nothing half-received was kept: try again.',
  }),
  REFUSED: (data) => explainStatus(data['status'], data['reason']),
  TIMEOUT: () => ({
    title: 'The server did not answer in time',
    text: 'It took the connection, but said nothing. It may be busy: try again later.',
  }),
  PROTOCOL_ERROR: () => ({
    title: 'The server does not speak gitws.v1',
    text: 'It answered with something that this page does not understand.',
  }),
  CREDENTIALS_TOO_LONG: () => ({
    title: 'These credentials are too long',
    text: 'Proxies would not let them pass. Sign in with a shorter token.',
  }),
  UserCanceledError: () => ({ title: 'Cancelled' }),
  // gitws puts the server's own sentence there.
  HttpError: (data) => explainStatus(data['statusCode'] ?? data['status'], data['statusMessage']),
  REMOTE_EXIT: (data) => ({
    title: 'git on the server failed',
    ...(typeof data['stderr'] === 'string' && data['stderr'] !== ''
      ? { text: data['stderr'] }
      : {}),
  }),
  REMOTE_ERROR: (_, message) => ({ title: 'git on the server refused', text: message }),
  MALFORMED_PKT_LINE: garbled,
  MALFORMED_ADVERTISEMENT: garbled,
  ANSWER_LIMIT: tooLarge,
  INVALID_REF_NAME: (_, message) => ({
    title: 'The server has a branch or tag that git does not allow',
    text: `${message} Nothing has changed here. It has to be renamed on the server.`,
  }),
  CORRUPT_PACK: () => ({
    title: 'What arrived is not whole',
    text: 'The checksum of the received pack does not match its bytes. It was thrown away.',
  }),
  PACK_LIMIT: tooLarge,
  PACK_ENGINE_UNAVAILABLE: (_, message) => ({
    title: 'git cannot be started in this tab',
    text: `${message} This browser may forbid WebAssembly, or be too old for it.`,
  }),
  PACK_ENGINE_FAILED: () => ({
    title: 'What arrived could not be taken in',
    text: 'Memory may have run out. Nothing has changed here: close other tabs, and try again.',
  }),
  UNSUPPORTED_OBJECT_FORMAT: () => ({
    title: 'This repository uses SHA-256',
    text: 'isomorphic-git, which this page uses, knows only SHA-1.',
  }),
  MISSING_OBJECTS: () => ({
    title: 'The server did not send all of it',
    text: 'Something is missing in what arrived: it was thrown away, and nothing has changed here. The repository on the server may be damaged.',
  }),
  PushRejectedError: () => ({
    title: 'The push was rejected',
    text: 'The server has something else there. Fetch to see what; your commits are still here.',
  }),
  UNSUPPORTED_CAPABILITY: cannot,
  PUSH_OUTCOME_UNKNOWN: (_, message) => ({
    title: 'It is not known whether the push arrived',
    text: `${message} Your commits are still here: fetch to see what the server has.`,
  }),
  CALLBACK_FAILED: itself,
  FILE_SYSTEM_FAILED: (_, message) => ({
    title: 'The browser’s storage has failed',
    text: `${message} Download the repository as a zip file before you go on, if it matters.`,
  }),
  QUOTA: noRoom,
  STORAGE_LOCKED: () => ({
    title: 'Another tab is at work on this repository',
    text: 'It did not end in time. Try again, or close the other tab.',
  }),
  STORAGE_CHANGED: () => ({
    title: 'Another tab has changed this repository meanwhile',
    text: 'Nothing of this was stored. Try again.',
  }),
  CheckoutConflictError: () => ({
    title: 'Changed files are in the way',
    text: 'These files are changed here, and would be overwritten. Commit or discard the changes first; nothing was touched.',
  }),
  UnsafeFilepathError: unsafe,
  TREE_LIMIT: tooLarge,
  UnmergedPathsError: () => ({
    title: 'Conflicts are to be resolved first',
    text: 'Open each of these files, say what it is to be, and mark it as resolved; or give all of it up. Nothing was touched.',
  }),
  SUBMODULE_REFUSED: (_, message) => ({
    title: 'A submodule was left alone',
    text: `${message} All else is here.`,
  }),
  MERGE_NOT_CONCLUDED: () => ({
    title: 'A merge waits for its end',
    text: 'Finish it, or abort it, and try again. Nothing was touched.',
  }),
  UNSUPPORTED_SPARSE_CHECKOUT: sparse,
  OUTSIDE_SPARSE_CHECKOUT: sparse,
  UNREADABLE_INDEX: () => ({
    title: 'git’s list of what is staged cannot be read',
    text: 'It is damaged, or made by another git. Your files and commits are not touched: download them as a zip file, and clone again.',
  }),
  INDEX_LOCKED: locked,
  REF_CHANGED: () => ({
    title: 'The branch has moved meanwhile',
    text: 'Another tab may have done it. Look at it, and try again; nothing was touched.',
  }),
  REF_CONFLICT: (data) => ({
    title: 'Another name is in the way',
    text: `git cannot have both this name and ${String(data['other'])}. Take another one.`,
  }),
  REF_LOCKED: locked,
  REF_REJECTED: (_, message) => ({
    title: 'Not all branches and tags were taken over',
    text: `${message} All others are here.`,
  }),
  NotFoundError: (_, message) => ({ title: 'There is no such thing here', text: message }),
  RemoteCapabilityError: cannot,
  OBJECT_UNAVAILABLE: () => ({
    title: 'A part of this repository is not here',
    text: 'The server did not give it out, or what was stored of it is damaged. Connect, and try again; if it stays so, clone again.',
  }),
  WORKER_UNAVAILABLE: (_, message) => ({
    title: 'git cannot be started in this tab',
    text: message,
  }),
  WORKER_FAILED: () => ({
    title: 'git in this tab has ended',
    text: 'Memory may have run out. What was saved is saved: load the page again to go on.',
  }),
  WORKER_CLOSED: () => ({
    title: 'This repository was closed meanwhile',
    text: 'Open it again to go on.',
  }),
};

/** Of errors of isomorphic-git's, of the browser's and of this page's own. */
const others: Readonly<Record<string, Say>> = {
  UrlParseError: () => ({ title: 'This is no address of a repository' }),
  MergeConflictError: () => ({
    title: 'Both sides changed the same lines',
    text: 'Nothing was touched. Commit or discard the changes in these files first.',
  }),
  LinesMoved: (_, message) => ({ title: 'These lines are not what they were', text: message }),
  NothingStaged: (_, message) => ({ title: 'Nothing is staged', text: message }),
  BranchMoved: (_, message) => ({ title: 'The branch has moved meanwhile', text: message }),
  AlreadyExistsError: () => ({ title: 'There is something of that name already' }),
  InvalidRefNameError: () => ({
    title: 'git does not allow this name',
    text: 'Use letters, digits, dots, dashes and slashes, for example fix/typo.',
  }),
  InvalidName: (_, message) => ({ title: 'This name cannot be used', text: message }),
  QuotaExceededError: noRoom,
};

function explainStatus(given: unknown, reason: unknown): Sentence {
  const status = Number(given);
  const titles: Readonly<Record<number, string>> = {
    401: 'You are not signed in',
    403: 'You may not do this',
    404: 'There is no repository at this address',
    413: 'That is larger than the server allows',
    429: 'The server asks for patience',
    503: 'The server is shutting down or overloaded',
  };
  const title = titles[status] ?? `The server answered ${status}`;
  return { title, text: typeof reason === 'string' ? reason : '' };
}
