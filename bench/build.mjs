/** Builds what measures: the programs of this folder, around the library and the command of one build. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ownAddress } from '../scripts/own-address.mjs';

/** @type {import('esbuild').BuildOptions} */
const shared = {
  bundle: true,
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'warning',
  // Pieces of dist/ import others that have nothing but what they export.
  logOverride: { 'ignored-bare-import': 'silent' },
};

/**
 * @param {{ root: string, measured: string, out: string }} folders the project whose bench/ measures; the one
 *   whose dist/ is measured, the same or another; where the programs go, inside the latter, where its packages
 *   are found.
 */
export async function buildBench({ root, measured, out }) {
  const built = (/** @type {string} */ path) => join(measured, 'dist', path);
  const common = { ...shared, absWorkingDir: root, outdir: out };
  await Promise.all([
    // The command too is measured as it is now.
    cp(built(''), join(out, 'dist'), { recursive: true }),
    build({
      ...common,
      entryPoints: ['main', 'node-client', 'http-server', 'cors-proxy'].map(
        (name) => `bench/${name}.ts`,
      ),
      platform: 'node',
      target: 'node20',
      packages: 'external',
      // What users install, as it is built now, whatever is built while the benchmarks run.
      alias: {
        gitws: built('index.js'),
        'gitws/git': built('git/index.js'),
        'gitws/pack': built('pack/index.js'),
      },
      external: [join(root, 'scripts/*')],
      plugins: [ownAddress],
    }),
    cp(join(root, 'node_modules/wasm-git/lg2.wasm'), join(out, 'lg2.wasm')),
    cp(built('worker/script.js'), join(out, 'gitws-worker.js')),
    build({
      ...common,
      entryPoints: {
        page: 'bench/page/main.ts',
        'wasm-git-worker': 'bench/page/wasm-git-worker.ts',
      },
      platform: 'browser',
      target: 'chrome110',
      minify: true,
      // wasm-git asks for it where it runs in Node.
      external: ['node:*'],
      alias: {
        gitws: built('gitws.min.js'),
        'gitws/git': built('git/index.js'),
        'gitws/pack': built('gitws-pack.min.js'),
        'gitws/storage': built('storage.js'),
        'gitws/worker': built('gitws-worker.min.js'),
      },
    }),
  ]);
}
