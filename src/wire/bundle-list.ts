/** A list of bundles (git's technical/bundle-uri, bundle-uri.c): in the format of git's configuration. */
import { GitWsError } from '../base/errors.js';
import { answerLimit, answerLimits } from './answer-limits.js';
import { parseConfigFile } from './config-file.js';
import { quoteText } from './text.js';

/** One bundle, or another list. */
export interface ListedBundle {
  readonly id: string;
  /** It may be relative to that of the list. */
  readonly uri: string;
  /** Where it stands among the others, in the order in which they were made; undefined where nobody says. */
  readonly creationToken: bigint | undefined;
}

/** What a list says. */
export interface BundleList {
  /** Whether all of them make the history, or any one of them. */
  readonly mode: 'all' | 'any';
  /** Whether each builds upon those with lower tokens: then the newest that will do is where one begins. */
  readonly isOrdered: boolean;
  /** As the list has them. */
  readonly bundles: readonly ListedBundle[];
}

/**
 * @param text of the whole list. Keys that are not known say nothing, as in git.
 * @throws GitWsError MALFORMED_ADVERTISEMENT, ANSWER_LIMIT.
 */
export function parseBundleList(text: string): BundleList {
  const lines = parseConfigFile(text);
  if (lines === undefined) throw malformed('is neither a bundle nor in git’s format');
  const own = new Map<string, string>();
  const uris = new Map<string, string>();
  const tokens = new Map<string, bigint>();
  for (const { section, subsection: id, name, value } of lines) {
    if (section !== 'bundle' || value === undefined) continue;
    if (id === undefined) own.set(name, value);
    else if (name === 'uri') {
      if (uris.has(id)) throw malformed(`has two places for ${quoteText(id)}`);
      uris.set(id, value);
    } else if (name === 'creationtoken' && /^\d{1,20}$/.test(value)) tokens.set(id, BigInt(value));
  }
  const [version, mode] = [own.get('version'), own.get('mode')];
  if (version !== '1') throw malformed(`has the version ${quoteText(version ?? 'none')}`);
  if (mode !== 'all' && mode !== 'any')
    throw malformed(`has the mode ${quoteText(mode ?? 'none')}`);
  // Defence: a list of bundles is bounded.
  if (uris.size > answerLimits.bundles) throw answerLimit('bundles');
  const bundles = Array.from(uris, ([id, uri]) => ({ id, uri, creationToken: tokens.get(id) }));
  const isOrdered = own.get('heuristic') === 'creationToken';
  return { mode, isOrdered: isOrdered && tokens.size === uris.size, bundles };
}

function malformed(what: string): GitWsError {
  return new GitWsError('MALFORMED_ADVERTISEMENT', `The list of bundles ${what}.`, { data: {} });
}
