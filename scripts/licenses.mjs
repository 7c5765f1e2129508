/** The licences of the packages that a bundle was made of. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param {string[]} inputs files that a bundle was made of.
 * @returns {Promise<string>} the licences of the packages among them, as they want to be passed on.
 */
export async function licensesOf(inputs) {
  const packages = new Set(
    inputs.map((path) => /\bnode_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? ''),
  );
  packages.delete('');
  const parts = [...packages].sort().map(async (name) => {
    const folder = join(root, 'node_modules', name);
    const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
    if (file !== undefined)
      return `${name}\n\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`;
    /** @type {{ license?: string, author?: string }} */
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    if (!manifest.license) throw new Error(`${name} brings no licence`);
    return `${name}\n\n${manifest.license}, ${manifest.author ?? 'its authors'}\n`;
  });
  return (await Promise.all(parts)).join(`\n${'-'.repeat(72)}\n\n`);
}
