/** The page's beginning: what it opens, what address it offers, and cloning. */
import { effect, signal } from '@preact/signals';
import { parseAddress, parseGateway } from '../repository/address.js';
import { cloneRepository } from '../repository/clone.js';
import { throwIfCancelled } from '../repository/remote.js';
import { explain } from '../words.js';
import { formatBytes, formatCount } from '../format.js';
import { catalogue, createId, lastOpened, removeFromCatalogue, sweepRemoved } from './catalogue.js';
import { confirm, rememberCredentials } from './dialogs.js';
import { perform } from './perform.js';
import { watchPresence } from './presence.js';
import { watchTabs } from './tabs.js';
import { watchServer } from './watch.js';
import { files, notice, screen } from './session.js';
import { leftClone, sweepClones, whileCloning, type UnfinishedClone } from './unfinished.js';
import { leaveRepository, openFromCatalogue, showRepository } from './workspace.js';

interface Offer {
  readonly urls: readonly string[];
  readonly more: boolean;
}

/** What stands in the address field. */
export const address = signal('');
/** Repositories that this page's server tells of, and whether it may have more than these. */
export const offered = signal<Offer>({ urls: [], more: false });

/** What else is said of a clone, as it stands in the form. */
export interface CloneChoices {
  /** Empty for the server's own. */
  readonly branch: string;
  /** How many commits of each branch; 0 for all. */
  readonly depth: number;
  /** Whether older versions of files are left on the server until they are looked at. */
  readonly isPartial: boolean;
  /** Empty for none. */
  readonly gateway: string;
}

export const choices = signal<CloneChoices>({
  ...{ branch: '', depth: 0, isPartial: false, gateway: '' },
});

/** Opens what was open when the page was left, or goes on with what was being cloned. */
export async function start(): Promise<void> {
  // Each time that the list is shown: the server may have more by then.
  effect(() => {
    if (screen.value !== 'open') void offerAddresses();
  });
  void sweepRemoved();
  void sweepClones();
  watchPresence();
  watchServer();
  watchTabs();
  const last = lastOpened();
  const left = leftClone(last !== undefined);
  if (left !== undefined) {
    address.value = left.url;
    screen.value = 'start';
    await run(left, true);
  } else if (last === undefined) screen.value = 'start';
  else await openFromCatalogue(last);
}

/** Clones what stands in the address field, and shows it. */
export async function clone(): Promise<void> {
  let parsed, gateway: string | undefined;
  try {
    parsed = parseAddress(address.value, document.baseURI);
    gateway = parseGateway(choices.value.gateway, document.baseURI);
  } catch (error) {
    notice.value = explain(error);
    return;
  }
  const { url, name, credentials } = parsed;
  const { branch, depth, isPartial } = choices.value;
  if (credentials !== undefined) rememberCredentials(url, credentials);
  await run(
    {
      ...{ id: createId(), url, gateway, name, isPartial, begunAt: Date.now() },
      branch: branch.trim() || undefined,
      depth: depth || undefined,
    },
    false,
  );
}

/** @param isLeft whether another page has begun it, or this one before it was loaded again. */
async function run(clone: UnfinishedClone, isLeft: boolean): Promise<void> {
  const { url, gateway, name } = clone;
  let received = 0;
  let isAnew = !isLeft;
  const task = {
    title: isLeft ? `Going on with the clone of ${name}` : `Cloning ${name}`,
    cancelled: 'The clone was cancelled. Nothing of it was kept.',
  };
  const cloned = await whileCloning(clone, () =>
    perform({ kind: 'clone', ...task, url: gateway ?? url }, async (transfer) => {
      const repository = await cloneRepository(clone, {
        ...transfer,
        onProgress(event) {
          if (event.phase === 'Receiving') received = event.loaded;
          transfer.onProgress(event);
        },
        onConnection(event) {
          if (event.state === 'open') isAnew = true;
          transfer.onConnection(event);
        },
      });
      await showRepository(repository, name);
    }),
  );
  if (cloned === undefined) return;
  const figures = `${formatCount(files.value.size, 'file')}, ${formatBytes(received)} received.`;
  notice.value = {
    tone: 'good',
    title: `Cloned ${name} in ${cloned.seconds.toFixed(1)} s`,
    text: isAnew ? figures : `${figures} It went on where it was when the page was left.`,
    remote: cloned.remote,
  };
}

/** Asks, and deletes a repository from this browser. */
export async function forget(id: string): Promise<void> {
  const entry = catalogue.value.find((other) => other.id === id);
  if (entry === undefined) return;
  const choice = await confirm({
    title: `Remove ${entry.name} from this browser?`,
    text: 'Commits that were not pushed, and changes that were not committed, go with it. The server’s repository stays as it is.',
    choices: [
      { id: 'remove', label: 'Remove', danger: true },
      { id: 'keep', label: 'Keep' },
    ],
  });
  if (choice !== 'remove') return;
  const task = {
    title: `Removing ${entry.name}`,
    cancelled: 'Another tab still has it open. It goes when that tab is closed.',
  };
  await perform({ kind: 'remove', ...task }, async ({ signal }) => {
    leaveRepository();
    const cancel = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([removeFromCatalogue(id), cancel]);
    throwIfCancelled(signal);
  });
}

/** Puts an address into the field: the first one that this page's server tells of. */
async function offerAddresses(): Promise<void> {
  const offer = await askServer();
  offered.value = offer;
  if (address.value === '') address.value = offer.urls[0] ?? '';
}

async function askServer(): Promise<Offer> {
  // The page may lie on any web server, beside no repository.
  const sample = { urls: [new URL('sample.git', document.baseURI).href], more: false };
  try {
    const response = await fetch('repositories.json');
    if (!response.ok) return sample;
    const { repositories, more } = (await response.json()) as Record<string, unknown>;
    if (!Array.isArray(repositories)) return sample;
    const urls = repositories
      .filter((path) => typeof path === 'string')
      .map((path) => new URL(path.split('/').map(encodeURIComponent).join('/'), document.baseURI))
      .map(({ href }) => href);
    return { urls, more: more === true };
  } catch {
    return sample;
  }
}
