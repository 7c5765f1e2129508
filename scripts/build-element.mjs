/**
 * Builds `gitws/element`: for bundlers with all that it takes but the worker, which is shared with
 * `gitws/worker`; for a CDN as one script with its chunks beside it, and a file of all their hashes, for
 * `integrity`.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build as esbuild, transform } from 'esbuild';
import { licensesOf } from './licenses.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The most bytes, with gzip, of the script that a page names, and of all that shows a README. */
const firstBudget = 32 * 1024;
const proseBudget = 66.25 * 1024;

/** What is loaded late, each a file that needs no other: so the hash of the first covers all of it. */
const late = {
  untrusted: 'src/element/text/untrusted.ts',
  highlight: 'src/element/text/highlight.ts',
  compare: 'src/element/text/compare.ts',
  merge: 'src/element/text/merge.ts',
  git: 'src/worker/index.ts',
};

/** Those of them that a README needs. */
const forProse = ['untrusted', 'git'];

/**
 * Style sheets come into the script as text.
 * @param {string[]} target
 * @returns {import('esbuild').Plugin}
 */
const styleTexts = (target) => ({
  name: 'style-texts',
  setup(plugins) {
    plugins.onLoad({ filter: /\/src\/element\/styles\/.*\.css$/ }, async ({ path }) => {
      const options = { loader: /** @type {const} */ ('css'), minify: true, target };
      const { code } = await transform(await readFile(path, 'utf8'), options);
      return { contents: code, loader: 'text' };
    });
  },
});

/**
 * What is loaded from beside the script.
 * @param {RegExp} filter
 * @param {string} path
 * @returns {import('esbuild').Plugin}
 */
const apart = (filter, path) => ({
  name: 'apart',
  setup(plugins) {
    plugins.onResolve({ filter }, () => ({ path, external: true }));
  },
});

/**
 * Leads what is imported late to its files.
 * @param {Record<string, string>} files by what was built.
 * @returns {import('esbuild').Plugin}
 */
const lateFiles = (files) => ({
  name: 'late-files',
  setup(plugins) {
    plugins.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const source = relative(root, join(resolveDir, path)).replace(/\.js$/, '.ts');
      const [name] = Object.entries(late).find(([, one]) => one === source) ?? [];
      if (name === undefined) throw new Error(`${source} is not among what is loaded late.`);
      return { path: `./${files[name]}`, external: true };
    });
  },
});

/**
 * @param {string} out
 * @param {import('esbuild').BuildOptions} shared options of all builds.
 * @param {string[]} target browsers.
 */
export async function buildElement(out, shared, target) {
  const options = {
    ...{
      ...shared,
      metafile: /** @type {const} */ (true),
      target,
      jsxImportSource: 'preact',
      outdir: out,
    },
    ...{ format: /** @type {const} */ ('esm'), platform: /** @type {const} */ ('browser') },
    ...{ jsx: /** @type {const} */ ('automatic') },
  };
  const styles = styleTexts(target);
  const forBundlers = await esbuild({
    ...{ ...options, splitting: true, chunkNames: 'element/[name]-[hash]' },
    entryPoints: { 'element/index': 'src/element/index.ts' },
    plugins: [styles, apart(/\/worker\/index\.js$/, '../worker/index.js')],
  });
  const parts = await esbuild({
    ...{ ...options, minify: true, entryPoints: late, entryNames: 'gitws-element/[name]-[hash]' },
    plugins: [apart(/\/inlined\/script\.js$/, '../gitws-worker-inlined.min.js')],
  });
  const files = filesOf(parts.metafile, out);
  const first = await esbuild({
    ...{ ...options, minify: true, entryPoints: { 'gitws-element.min': 'src/element/index.ts' } },
    plugins: [styles, lateFiles(files)],
  });
  const inputs = [forBundlers, parts, first].flatMap(({ metafile }) =>
    Object.keys(metafile.inputs),
  );
  await writeFile(join(out, 'element/LICENSES.txt'), await licensesOf(inputs));
  await writeIntegrity(out, Object.values(files).sort());
  await checkBudget(out, files);
}

/**
 * @param {import('esbuild').Metafile} metafile
 * @param {string} out
 * @returns {Record<string, string>} the files of what is loaded late, below the folder.
 */
function filesOf({ outputs }, out) {
  /** @type {[string, string][]} */
  const found = Object.entries(late).map(([name, source]) => {
    const [file = ''] = Object.entries(outputs).find(([, one]) => one.entryPoint === source) ?? [];
    return [name, relative(out, join(root, file))];
  });
  return Object.fromEntries(found);
}

/**
 * @param {string} out
 * @param {string[]} files
 */
async function writeIntegrity(out, files) {
  const all = ['gitws-element.min.js', ...files, 'gitws-worker-inlined.min.js', 'worker/script.js'];
  /** @type {Record<string, string>} */
  const hashes = {};
  for (const name of all) {
    const code = await readFile(join(out, name));
    hashes[name] = `sha384-${createHash('sha384').update(code).digest('base64')}`;
  }
  const text = `${JSON.stringify(hashes, null, 2)}\n`;
  await writeFile(join(out, 'gitws-element.integrity.json'), text);
  console.log(`gitws-element.min.js: integrity="${hashes['gitws-element.min.js']}"`);
}

/**
 * @param {string} out
 * @param {Record<string, string>} files
 */
async function checkBudget(out, files) {
  const sizeOf = async (/** @type {string} */ name) =>
    gzipSync(await readFile(join(out, name)), { level: 9 }).length;
  const first = await sizeOf('gitws-element.min.js');
  let all = first;
  for (const name of forProse) all += await sizeOf(files[name] ?? '');
  console.log(
    `gitws-element.min.js: ${first} bytes with gzip, ${all} with all that shows a README`,
  );
  if (first > firstBudget || all > proseBudget) {
    throw new Error(
      `gitws-element.min.js is over its budget of ${firstBudget} and ${proseBudget}.`,
    );
  }
}
