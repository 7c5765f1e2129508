/**
 * Looks now and then what is new on the server, while somebody has the page before them, and says what came.
 * Asks for nothing: neither for a password, nor to be read where it fails.
 */
import { effect, signal } from '@preact/signals';
import type { CredentialSource, Transfer } from '../repository/remote.js';
import type { Repository } from '../repository/repository.js';
import { fetchRemote } from '../repository/sync.js';
import { formatCount } from '../format.js';
import { approvedFor } from './dialogs.js';
import { lookInterval } from './look-interval.js';
import * as session from './session.js';
import { pullNow } from './work.js';
import { refreshRefs } from './workspace.js';

/** Whether the browser says that it has no network. That it has one says nothing about the server. */
export const isOffline = signal(!navigator.onLine);

/** What is going on in the background, ended by all that a person does. */
let looking: AbortController | undefined;
let lookedAt = 0;

/** Begins to look. Called once. */
export function watchServer(): void {
  addEventListener('offline', () => (isOffline.value = true));
  addEventListener('online', () => {
    isOffline.value = false;
    void look();
  });
  document.addEventListener('visibilitychange', () => {
    if (Date.now() - lookedAt >= lookInterval) void look();
  });
  setInterval(() => void look(), lookInterval);
  effect(() => {
    const isBusy = session.activity.value !== undefined;
    if (isBusy || session.repository.value === undefined) looking?.abort();
  });
  // What was just opened or cloned is not asked about at once.
  effect(() => {
    if (session.repository.value !== undefined) lookedAt = Date.now();
  });
}

async function look(): Promise<void> {
  const repository = session.repository.value;
  const isWanted =
    repository !== undefined && session.activity.value === undefined && looking === undefined;
  if (!isWanted || document.visibilityState === 'hidden' || isOffline.value) return;
  const controller = new AbortController();
  looking = controller;
  lookedAt = Date.now();
  const before = session.distance.value?.behind ?? 0;
  try {
    await fetchRemote(repository, quietly(controller.signal));
    if (controller.signal.aborted || session.repository.value !== repository) return;
    await refreshRefs(repository);
    sayNew(repository, before);
  } catch {
    // Whoever wants to know why it fails presses Fetch.
  } finally {
    looking = undefined;
  }
}

/** Says what came, unless there is something to be read that is worse. */
function sayNew(repository: Repository, before: number): void {
  const behind = session.distance.value?.behind ?? 0;
  const { current } = session.branches.value;
  if (behind <= before || current === undefined || session.repository.value !== repository) return;
  if (session.activity.value !== undefined || session.notice.value?.tone === 'bad') return;
  session.notice.value = {
    tone: 'info',
    title: `${formatCount(behind, 'new commit')} on ${current}`,
    text: 'They are on the server, and not in your files yet.',
    actions: [{ label: 'Pull', run: () => void pullNow() }],
  };
}

function quietly(signal: AbortSignal): Transfer {
  const credentials: CredentialSource = {
    ask: (url, refused) => Promise.resolve(refused === undefined ? approvedFor(url) : undefined),
    approve: () => undefined,
  };
  const nothing = (): void => undefined;
  return { signal, credentials, onProgress: nothing, onConnection: nothing, onMessage: nothing };
}
