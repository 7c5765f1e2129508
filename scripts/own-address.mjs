/** For programs of this project's that are bundled in order to run, and no part of what is built. */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

/**
 * Each source keeps its own address, by which it finds files beside it.
 * @type {import('esbuild').Plugin}
 */
export const ownAddress = {
  name: 'own-address',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const address = JSON.stringify(pathToFileURL(path).href);
      return { contents: text.replaceAll('import.meta.url', address), loader: 'ts' };
    });
  },
};
