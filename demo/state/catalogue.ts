/** The repositories that this browser keeps, and those that were never finished. */
import { signal } from '@preact/signals';
import { deleteRepository } from '../repository/repository.js';
import { onRemembered, recall, remember } from './storage.js';

/** A repository in this browser. */
export interface CatalogueEntry {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** The gitws server through which it is reached, where it is on another host. */
  readonly gateway?: string | undefined;
  /** When it was last opened, in ms since 1970. */
  readonly usedAt: number;
}

const readCatalogue = (): readonly CatalogueEntry[] => recall('repositories', areEntries, []);
const readUnfinished = (): readonly string[] => recall('unfinished', areStrings, []);

/** The last one used first. */
export const catalogue = signal<readonly CatalogueEntry[]>(readCatalogue());
onRemembered('repositories', () => (catalogue.value = readCatalogue()));

/** Calls back when another tab has put a repository into the list, or taken one away. */
export function onCatalogueChange(changed: () => void): void {
  onRemembered('repositories', changed);
}

/** Whether somebody has taken it off the list, and is deleting it. */
export function isBeingRemoved(id: string): boolean {
  return readUnfinished().includes(id) && !readCatalogue().some((entry) => entry.id === id);
}

/** The repository to open when the page is loaded again. */
export function lastOpened(): CatalogueEntry | undefined {
  const id = recall<string>('open', isString, '');
  return catalogue.value.find((entry) => entry.id === id);
}

export function setLastOpened(id: string | undefined): void {
  remember('open', id ?? '');
}

/** Puts a repository first, whether it is new or not. */
export function keepInCatalogue(entry: CatalogueEntry): void {
  // Read again: another tab may have added one meanwhile.
  const others = readCatalogue().filter(({ id }) => id !== entry.id);
  write([entry, ...others]);
}

/** Forgets a repository and deletes it. */
export async function removeFromCatalogue(id: string): Promise<void> {
  // First: whoever hears of the second is to know why.
  markUnfinished(id);
  write(readCatalogue().filter((entry) => entry.id !== id));
  await deleteRepository(id);
  markFinished(id);
}

/** A random name for a new repository's database. */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Runs a clone so that nothing of it stays where the page is closed in the middle of it: the next
 * page that opens deletes what no living page is at work on.
 */
export async function whileCloning<T>(id: string, work: () => Promise<T>): Promise<T> {
  markUnfinished(id);
  const run = async (): Promise<T> => {
    try {
      return await work();
    } finally {
      markFinished(id);
    }
  };
  // Pages from an unsafe origin have no locks.
  if (!('locks' in navigator)) return run();
  return navigator.locks.request(lockName(id), run);
}

/** Deletes what earlier pages left unfinished. */
export async function sweepUnfinished(): Promise<void> {
  if (!('locks' in navigator)) return;
  for (const id of readUnfinished()) {
    await navigator.locks.request(lockName(id), { ifAvailable: true }, async (lock) => {
      if (lock === null) return;
      await deleteRepository(id);
      markFinished(id);
    });
  }
}

function lockName(id: string): string {
  return `gitws-demo-clone-${id}`;
}

function markUnfinished(id: string): void {
  remember('unfinished', [...new Set([...readUnfinished(), id])]);
}

function markFinished(id: string): void {
  remember(
    'unfinished',
    readUnfinished().filter((other) => other !== id),
  );
}

function write(entries: readonly CatalogueEntry[]): void {
  catalogue.value = entries;
  remember('repositories', entries);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function areStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isString);
}

function areEntries(value: unknown): value is CatalogueEntry[] {
  return Array.isArray(value) && value.every(isEntry);
}

function isEntry(value: unknown): value is CatalogueEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, url, gateway, usedAt } = value as Record<string, unknown>;
  const isWay = gateway === undefined || isString(gateway);
  return isString(id) && isString(name) && isString(url) && isWay && typeof usedAt === 'number';
}
