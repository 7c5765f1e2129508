/** What the terminal shows at the start: the repositories, and the command that clones each. */
import type { RepositoryNames } from '../../server/git/repository-list.js';
import { cloneCommand } from './page.js';

/** As many as fit a terminal with room for what comes; the page has more of them. */
export const maxGreeted = 10;

/**
 * @param found the repositories.
 * @param url where they are, without a slash at its end.
 * @param root the directory, as the operator named it.
 * @returns lines with their ends.
 */
export function formatGreeting(found: RepositoryNames, url: string, root: string): string {
  const { names, more } = found;
  if (names.length === 0) {
    const where = more ? 'No repository was found' : 'There is no repository yet';
    return `${where} in ${root}: gitws init NAME.git --root ${root}\n`;
  }
  const commands = names.slice(0, maxGreeted).map((name) => `  ${cloneCommand(url, name)}\n`);
  const rest = names.length - commands.length;
  if (rest > 0) commands.push(`  and ${rest}${more ? ' or more' : ''} others: ${url}/\n`);
  return `${commands.join('')}git needs npm install --global gitws for these, once.\n`;
}
