/** Finding words in the files of the work tree. */
import git from 'gitws/git';
import { isMissing } from '../repository/missing.js';
import { isBinary, textLimit } from './files.js';
import type { Repository } from './repository.js';

/** A line that has what was looked for. */
export interface Found {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** Where in the line it begins. */
  readonly at: number;
}

/** What to look for. */
export interface ToFind {
  /** Letters of either case. */
  readonly words: string;
  /** Files that git does not know yet, to be looked into as well. */
  readonly untracked: readonly string[];
  /** How many lines at most. */
  readonly limit: number;
  /** Hears of lines as they are found. */
  readonly onFound: (found: readonly Found[]) => Promise<void> | void;
}

/** Longer lines are shown in part, in characters. */
const lineLimit = 200;

/** How long to look before telling what was found, in ms. */
const interval = 50;

/** @returns whether there is more than `limit`. */
export async function searchFiles({
  words,
  untracked,
  limit,
  onFound,
  ...repository
}: Repository & ToFind): Promise<boolean> {
  const { fs, dir, signal } = repository;
  const wanted = words.toLowerCase();
  let batch: Found[] = [];
  let count = 0;
  let told = performance.now();
  const tell = async (): Promise<void> => {
    const found = batch;
    batch = [];
    told = performance.now();
    if (found.length > 0) await onFound(found);
  };
  for (const path of [...(await git.listFiles(repository)), ...untracked]) {
    signal.throwIfAborted();
    const bytes = await fs.promises.readFile(`${dir}/${path}`).catch((error: unknown) => {
      // Deleted, a link that leads nowhere, or a submodule.
      const { code } = (error ?? {}) as { code?: unknown };
      if (isMissing(error) || code === 'EISDIR' || code === 'ELOOP') return undefined;
      throw error;
    });
    if (bytes === undefined || bytes.length > textLimit || isBinary(bytes)) continue;
    for (const found of linesWith(wanted, path, new TextDecoder().decode(bytes))) {
      if (count === limit) {
        await tell();
        return true;
      }
      count += 1;
      batch.push(found);
    }
    if (performance.now() - told > interval) await tell();
  }
  await tell();
  return false;
}

function* linesWith(wanted: string, path: string, text: string): Generator<Found> {
  // Most files have it nowhere: those are not taken apart.
  const folded = text.toLowerCase();
  if (!folded.includes(wanted)) return;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const at = line.toLowerCase().indexOf(wanted);
    if (at === -1) continue;
    const from = Math.max(0, at - lineLimit / 2);
    yield { path, line: index + 1, text: line.slice(from, from + lineLimit), at: at - from };
  }
}
