/** What each test of a clone begins with: a remote that it may change, and where two clones are to be. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** The remote of one test. */
export interface OwnRemote {
  readonly bare: string;
  readonly url: string;
  /** A folder for a clone of ours, and one for native git's: neither is there yet. */
  readonly dir: string;
  readonly expected: string;
}

/** @returns a bare clone of a repository, which lets its clients leave out what they like. */
export async function templateOf(dir: string): Promise<string> {
  const template = await temporaryDirectory();
  await git(['clone', '-q', '--bare', dir, template]);
  await git(['--git-dir', template, 'config', 'uploadpack.allowFilter', 'true']);
  return template;
}

let count = 0;

/**
 * @param template the repository that it is a copy of.
 * @param root of the server.
 * @param base the server's address.
 */
export async function copyRemote(template: string, root: string, base: string): Promise<OwnRemote> {
  const name = `${(count += 1)}.git`;
  const bare = join(root, name);
  await cp(template, bare, { recursive: true });
  const place = await temporaryDirectory();
  return { bare, url: `${base}/${name}`, dir: join(place, 'own'), expected: join(place, 'native') };
}
