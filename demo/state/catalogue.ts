/** The repositories that this browser keeps, and those that are being removed. */
import { signal } from '@preact/signals';
import { deleteRepository } from '../repository/repository.js';
import { isText, onRemembered, recall, remember } from './storage.js';

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
/** By the key of a demo that had clones there, too, which nobody goes on with. */
const readRemoving = (): readonly string[] => recall('unfinished', areStrings, []);

/** The last one used first. */
export const catalogue = signal<readonly CatalogueEntry[]>(readCatalogue());
onRemembered('repositories', () => (catalogue.value = readCatalogue()));

/** Calls back when another tab has put a repository into the list, or taken one away. */
export function onCatalogueChange(changed: () => void): void {
  onRemembered('repositories', changed);
}

/** Whether somebody has taken it off the list, and is deleting it. */
export function isBeingRemoved(id: string): boolean {
  return readRemoving().includes(id) && !readCatalogue().some((entry) => entry.id === id);
}

/** The repository to open when the page is loaded again. */
export function lastOpened(): CatalogueEntry | undefined {
  const id = recall<string>('open', isText, '');
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
  markRemoving(id);
  write(readCatalogue().filter((entry) => entry.id !== id));
  await deleteRepository(id);
  markRemoved(id);
}

/** A random name for a new repository's database. */
export function createId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Deletes what was being removed when its page was closed. */
export async function sweepRemoved(): Promise<void> {
  const removing = readRemoving().filter((id) => isBeingRemoved(id));
  // Each waits for whoever has it open.
  await Promise.all(
    removing.map(async (id) => {
      await deleteRepository(id);
      markRemoved(id);
    }),
  );
}

function markRemoving(id: string): void {
  remember('unfinished', [...new Set([...readRemoving(), id])]);
}

function markRemoved(id: string): void {
  remember(
    'unfinished',
    readRemoving().filter((other) => other !== id),
  );
}

function write(entries: readonly CatalogueEntry[]): void {
  catalogue.value = entries;
  remember('repositories', entries);
}

function areStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

function areEntries(value: unknown): value is CatalogueEntry[] {
  return Array.isArray(value) && value.every(isEntry);
}

function isEntry(value: unknown): value is CatalogueEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, url, gateway, usedAt } = value as Record<string, unknown>;
  const isWay = gateway === undefined || isText(gateway);
  return isText(id) && isText(name) && isText(url) && isWay && typeof usedAt === 'number';
}
