/**
 * `npm run bench`: builds what is measured (dist/) and what measures (this folder), then runs it.
 * `npm run bench -- --help` tells the options.
 */
import { rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { isBuilt } from '../scripts/build-inputs.mjs';
import { build as buildProject } from '../scripts/build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// In the project's directory, where the packages are found.
const out = join(root, `dist-bench-${process.pid}`);

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'warning',
  // Pieces of dist/ import others that have nothing but what they export.
  logOverride: { 'ignored-bare-import': 'silent' },
};

async function buildBench() {
  await Promise.all([
    // The command too is measured as it is now.
    cp(join(root, 'dist'), join(out, 'dist'), { recursive: true }),
    build({
      ...shared,
      entryPoints: ['bench/main.ts', 'bench/node-client.ts', 'bench/http-server.ts'],
      platform: 'node',
      target: 'node20',
      packages: 'external',
      // What users install, as it is built now, whatever is built while the benchmarks run.
      alias: {
        gitws: join(root, 'dist/index.js'),
        'gitws/git': join(root, 'dist/git/index.js'),
        'gitws/pack': join(root, 'dist/pack/index.js'),
      },
      external: [join(root, 'scripts/*')],
    }),
    cp(join(root, 'node_modules/wasm-git/lg2.wasm'), join(out, 'lg2.wasm')),
    build({
      ...shared,
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
        gitws: join(root, 'dist/gitws.min.js'),
        'gitws/git': join(root, 'dist/git/index.js'),
        'gitws/pack': join(root, 'dist/gitws-pack.min.js'),
        'gitws/storage': join(root, 'dist/storage.js'),
      },
    }),
  ]);
}

process.on('exit', () => {
  rmSync(out, { recursive: true, force: true });
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  // Through process.exit(), so that whatever was started and made is removed.
  process.on(signal, () => process.exit(130));
}

try {
  if (!(await isBuilt(root))) await buildProject({ declarations: false });
  await buildBench();
  const path = pathToFileURL(join(out, 'main.js')).href;
  const { main } = /** @type {typeof import('./main.ts')} */ (await import(path));
  await main({ root, out, args: process.argv.slice(2) });
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
