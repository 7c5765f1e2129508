/** Tells whether dist/ was built from the sources as they are now, by a hash of all of them. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const folders = ['src', 'server', 'native', 'bin', 'demo', 'scripts'];
const files = ['package.json', 'package-lock.json', 'tsconfig.json'];

/**
 * @param {string} root the project's directory.
 * @returns {Promise<string>} a hash of everything that the build reads.
 */
export async function hashInputs(root) {
  const paths = files.slice();
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    for (const entry of await readdir(join(root, folder), {
      recursive: true,
      withFileTypes: true,
    })) {
      if (entry.isFile()) paths.push(join(entry.parentPath, entry.name).slice(root.length));
    }
  }
  const hash = createHash('sha256');
  for (const path of paths.sort()) {
    hash.update(`${path}\0`).update(
      createHash('sha256')
        .update(await readFile(join(root, path)))
        .digest(),
    );
  }
  return hash.digest('hex');
}

/**
 * @param {string} root the project's directory.
 * @param {{ declarations?: boolean }} options whether the declarations have to be there too.
 * @returns {Promise<boolean>} whether dist/ was built of the present sources.
 */
export async function isBuilt(root, { declarations = false } = {}) {
  if (declarations && !existsSync(join(root, 'dist/index.d.ts'))) return false;
  const built = await readFile(join(root, 'dist/.inputs'), 'utf8').catch(() => '');
  return built !== '' && built === (await hashInputs(root));
}
