/** Repositories below a root, as commands beside the server name them. */
import { realpath } from 'node:fs/promises';
import type { Command } from 'commander';
import { encodePath, parseTarget } from '../server/admission/target.js';
import { orAbsent } from '../server/base/system-errors.js';
import { GitWsError } from '../server/index.js';
import { quoteForLog } from '../server/text/log-text.js';
import { givenSettings } from './settings/command-options.js';
import { readSettings } from './settings/read.js';

/** @returns the root that a command was given. @throws Error where it was given none; as `readSettings`. */
export function givenRoot(command: Command): string {
  const { root } = readSettings(givenSettings(command.opts(), ['root'])).settings;
  if (root === undefined) throw new Error('there is no root: name it by --root.');
  return root;
}

/** @returns where a root is, behind links. @throws GitWsError INVALID_OPTION where no directory is. */
export async function realRoot(root: string): Promise<string> {
  const real = await orAbsent(realpath(root));
  if (real === undefined) throw invalid(`${root} is not a directory.`);
  return real;
}

/**
 * @param name as a person has given it, for the error.
 * @param path what is meant by it.
 * @returns its segments, as the server would take them. @throws GitWsError INVALID_OPTION where it would not.
 */
export function segmentsOf(name: string, path = name): readonly string[] {
  const target = parseTarget(`/${encodePath(path)}/git-upload-pack`, '');
  if (target.kind === 'malformed') throw invalid(`The name ${quoteForLog(name)} ${target.why}.`);
  return target.segments;
}

/** An error for what a command was given. */
export function invalid(sentence: string): GitWsError {
  return new GitWsError('INVALID_OPTION', sentence);
}
