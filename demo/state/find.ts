/** Finding a file by its name, words in all files, and what can be done. */
import { batch, effect, signal, untracked } from '@preact/signals';
import fuzzysort from 'fuzzysort';
import type { Found } from '../worker/search.js';
import { isCancel } from '../words.js';
import { commands, type Command } from './commands.js';
import { attempt } from './perform.js';
import { files, repository } from './session.js';

/** Names of files, what is in them, or names of commands. */
export type Finding = 'files' | 'text' | 'commands';

/** A line of a file, a file, or something to do. */
export type Item = Found | { readonly path: string } | Command;

/** What is being looked for; undefined while nothing is. */
export const finding = signal<Finding | undefined>();
/** What was typed. */
export const wanted = signal('');
/** What was found of it. */
export const found = signal<readonly Item[]>([]);
/** `looking` while files are read; `cut` where there is more than is shown. */
export const findingState = signal<'done' | 'looking' | 'cut'>('done');

/** Whether a command was what was looked for last. */
const wasCommands = signal(false);

/** Nobody reads more than these. */
const limit = 200;

/** Opens the way to find something; what was typed before is there again, unless it was no name of a command, or was. */
export function beginToFind(what: Finding): void {
  if ((what === 'commands') !== wasCommands.value) wanted.value = '';
  wasCommands.value = what === 'commands';
  finding.value = what;
}

export function endFinding(): void {
  finding.value = undefined;
}

effect(() => {
  const words = wanted.value.trim();
  if (finding.value === 'files') {
    untracked(() => findFiles(words));
    return undefined;
  }
  if (finding.value === 'commands') {
    untracked(() => findCommands(words));
    return undefined;
  }
  if (finding.value !== 'text') return undefined;
  const controller = new AbortController();
  untracked(() => void findText(words, controller.signal));
  return () => controller.abort();
});

function findFiles(words: string): void {
  const paths = [...files.value.keys()];
  const matches =
    words === ''
      ? paths.slice(0, limit)
      : fuzzysort.go(words, paths, { limit, threshold: 0 }).map(({ target }) => target);
  batch(() => {
    found.value = matches.map((path) => ({ path }));
    findingState.value = matches.length < limit ? 'done' : 'cut';
  });
}

function findCommands(words: string): void {
  const possible = commands.filter(({ isPossible }) => isPossible());
  batch(() => {
    found.value =
      words === ''
        ? possible
        : fuzzysort.go(words, possible, { key: 'label', threshold: 0 }).map(({ obj }) => obj);
    findingState.value = 'done';
  });
}

async function findText(words: string, signal: AbortSignal): Promise<void> {
  const open = repository.value;
  batch(() => {
    found.value = [];
    findingState.value = words === '' ? 'done' : 'looking';
  });
  if (open === undefined || words === '') return;
  const untracked = [...files.value.values()]
    .filter(({ status }) => status === 'added')
    .map(({ path }) => path);
  const { git, dir } = open;
  await attempt(async () => {
    try {
      const onFound = (more: readonly Found[]): void => {
        if (!signal.aborted) found.value = [...found.value, ...more];
      };
      const isCut = await git.searchFiles({ dir, words, untracked, limit, onFound, signal });
      if (!signal.aborted) findingState.value = isCut ? 'cut' : 'done';
    } catch (error) {
      if (!signal.aborted && !isCancel(error)) throw error;
    }
  });
}
