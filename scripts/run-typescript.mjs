/**
 * Runs a program of this project's that is written in TypeScript and no part of what is built:
 * `node scripts/run-typescript.mjs FILE [ARGUMENTS]`. The file exports `main(args, bundle)`, and is
 * bundled with what it imports; `bundle` is where, for programs that start themselves again.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { ownAddress } from './own-address.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// In the project's directory, where the packages are found.
const out = join(root, `dist-run-${process.pid}`);

process.on('exit', () => {
  rmSync(out, { recursive: true, force: true });
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  // Through process.exit(), so that whatever was started and made is removed.
  process.on(signal, () => process.exit(130));
}

const [file = '', ...args] = process.argv.slice(2);
try {
  const bundle = join(out, 'main.js');
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
    loader: { '.sh': 'text' },
    plugins: [ownAddress],
  });
  /** @typedef {(args: string[], bundle: string) => unknown} Main */
  const { main } = /** @type {{ main: Main }} */ (await import(pathToFileURL(bundle).href));
  await main(args, bundle);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
