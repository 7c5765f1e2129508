/**
 * Builds the script of `gitws/worker`'s worker, in one file with all that it takes, as text in
 * src/worker/inlined/script.js, a module beside its declaration, so that everything else just imports
 * it; and the files for a CDN.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';
import { licensesOf } from './licenses.mjs';
import { together } from './together.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const inlined = join(root, 'src/worker/inlined');

/**
 * Makes the module. To be called when the pack engine is built, and before anything else is.
 * @param {string[]} target browsers.
 * @returns {Promise<{ script: string, licenses: string }>} the script as it is without being part of
 * a module, and the licences of what is in it.
 */
export async function buildWorkerScript(target) {
  const { outputFiles, metafile } = await esbuild({
    absWorkingDir: root,
    entryPoints: ['src/worker/script.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target,
    minify: true,
    metafile: true,
    legalComments: 'inline',
    logLevel: 'warning',
  });
  const script = outputFiles[0]?.text ?? '';
  const text = `export const gitWorkerScript = ${JSON.stringify(script)};\n`;
  const path = join(inlined, 'script.js');
  if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
    await mkdir(inlined, { recursive: true });
    // Others may read it at this moment.
    await writeFile(`${path}.${process.pid}`, text);
    await rename(`${path}.${process.pid}`, path);
  }
  return { script, licenses: await licensesOf(Object.keys(metafile.inputs)) };
}

/**
 * The worker's script is loaded when git is started: from the file beside the page's own.
 * @type {import('esbuild').Plugin}
 */
const scriptApart = {
  name: 'script-apart',
  setup(plugins) {
    plugins.onResolve({ filter: /\/inlined\/script\.js$/ }, () => ({
      path: './gitws-worker-inlined.min.js',
      external: true,
    }));
  },
};

/**
 * @param {string} out
 * @param {import('esbuild').BuildOptions} options of all files for a CDN.
 * @param {{ script: string, licenses: string }} made see {@link buildWorkerScript}.
 */
export async function buildWorkerFiles(out, options, { script, licenses }) {
  const page = { ...options, entryPoints: ['src/worker/index.ts'], plugins: [scriptApart] };
  await mkdir(join(out, 'worker'), { recursive: true });
  await together([
    esbuild({ ...page, format: 'esm', outfile: join(out, 'gitws-worker.min.js') }),
    esbuild({
      ...page,
      format: 'iife',
      globalName: 'gitwsWorker',
      outfile: join(out, 'gitws-worker.global.js'),
    }),
    writeFile(
      join(out, 'gitws-worker-inlined.min.js'),
      `export const gitWorkerScript = ${JSON.stringify(script)};\n`,
    ),
    writeFile(join(out, 'worker/script.js'), script),
    writeFile(join(out, 'worker/LICENSES.txt'), licenses),
  ]);
}
