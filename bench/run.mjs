/**
 * `npm run bench`: builds what is measured (dist/) and what measures (this folder), then runs it.
 * `npm run bench -- --help` tells the options.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isBuilt } from '../scripts/build-inputs.mjs';
import { build as buildProject } from '../scripts/build.mjs';
import { buildBench } from './build.mjs';
import { checkOut } from './other-commit.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// In the project's directory, where the packages are found.
const out = join(root, `dist-bench-${process.pid}`);

process.on('exit', () => {
  rmSync(out, { recursive: true, force: true });
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  // Through process.exit(), so that whatever was started and made is removed.
  process.on(signal, () => process.exit(130));
}

/** @param {string} ref @returns where the programs were built that measure the project as it was there. */
async function buildOf(ref) {
  const other = await checkOut(root, ref);
  const programs = join(other, 'dist-bench');
  await buildBench({ root, measured: other, out: programs });
  return programs;
}

try {
  if (!(await isBuilt(root))) await buildProject({ declarations: false });
  await buildBench({ root, measured: root, out });
  const path = pathToFileURL(join(out, 'main.js')).href;
  const { main } = /** @type {typeof import('./main.ts')} */ (await import(path));
  await main({ root, out, buildOf, args: process.argv.slice(2) });
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
