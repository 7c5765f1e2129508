/**
 * Builds dist/: `node scripts/build.mjs`. The library and the server for Node and bundlers, the
 * browser bundles for a CDN, the command, the demo and its server, and the declarations. With
 * `--if-needed` only what runs, and nothing where that is there.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import { buildCommands } from './build-commands.mjs';
import { buildElement } from './build-element.mjs';
import { hashInputs, isBuilt } from './build-inputs.mjs';
import { buildPack, readPackParts } from './build-pack.mjs';
import { buildWorkerFiles, buildWorkerScript } from './build-worker.mjs';
import { together, withFolder } from './together.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Newest syntax in the browser bundles and the demo: what every browser of 2023 runs. */
const browsers = ['chrome110', 'firefox115', 'safari16.4'];

/** The most bytes, compressed with gzip, that a page may be asked to load for the library. */
const browserBudget = 31.75 * 1024;

/**
 * The same for the pack engine, which is loaded when a pack comes: twice its code, its inflate once more
 * by itself, its worker, what reads objects of a repository, and what fetches those that a partial clone
 * lacks.
 */
const packBudget = 73 * 1024;

/** The same for what speaks plain HTTP where no WebSocket passes. */
const httpBudget = 7.5 * 1024;

/** The same for the page's part of `gitws/worker`, and for the worker's script, which it loads. */
const workerBudget = 8 * 1024;
const workerScriptBudget = 287 * 1024;

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: true,
  // The hooks of server/hooks.
  loader: { '.sh': 'text' },
  // Comments of licences stay where they are, whatever is inlined.
  legalComments: 'inline',
  logLevel: 'warning',
};

/** What can be imported, by its name in dist/. */
const publicModules = {
  index: 'src/index.ts',
  'server/index': 'server/index.ts',
  'git/index': 'src/git/index.ts',
  'pack/index': 'src/pack/index/index-pack.ts',
  'service-worker': 'src/service-worker.ts',
  storage: 'src/storage.ts',
  'worker/index': 'src/worker/index.ts',
  'in-worker': 'src/worker/serve.ts',
};

/** @type {Record<string, string>} */
const ownNames = {
  gitws: './src/index.ts',
  'gitws/git': './src/git/index.ts',
  'gitws/in-worker': './src/worker/serve.ts',
  'gitws/server': './server/index.ts',
  'gitws/worker': './src/worker/index.ts',
};

/**
 * @param {Record<string, string>} entries output names and their source files.
 * @returns {Record<string, string>} those whose source file exists.
 */
function present(entries) {
  return Object.fromEntries(
    Object.entries(entries).filter(([, source]) => existsSync(join(root, source))),
  );
}

/**
 * For Node and for bundlers. Built together, so that what the parts share exists once: a
 * GitWsError is the same class, whether it came from the library or from the server.
 * @param {string} out
 */
async function buildModules(out) {
  await esbuild({
    ...shared,
    entryPoints: present(publicModules),
    outdir: out,
    splitting: true,
    chunkNames: 'shared/[hash]',
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    packages: 'external',
    external: ['node:*'],
  });
  await nameForRequire(join(out, 'git/index.js'));
}

/**
 * Node's `require` of a module gives what that exports as `module.exports`. isomorphic-git, which is
 * CommonJS in Node, has that name as of Node 23, and `export *` passes it on: whoever required
 * gitws/git got isomorphic-git itself. So the module has one of its own, which is all of it.
 * @param {string} file
 */
async function nameForRequire(file) {
  const [code = '', map = ''] = (await readFile(file, 'utf8')).split(
    /^(?=\/\/# sourceMappingURL=)/m,
  );
  const own = `import * as all from "./index.js";\nexport { all as "module.exports" };\n`;
  await writeFile(file, `${code}${own}${map}`);
}

/** What is loaded when it is needed, from the file beside the script's own: the module, and that file. */
const loadedLate = {
  'loaded-late': 'gitws-pack.min.js',
  'http-channel': 'gitws-http.min.js',
};

/** @type {import('esbuild').Plugin} */
const lateApart = {
  name: 'late-apart',
  setup(plugins) {
    for (const [module, file] of Object.entries(loadedLate)) {
      const filter = new RegExp(`/${module}\\.js$`);
      plugins.onResolve({ filter }, () => ({ path: `./${file}`, external: true }));
    }
  },
};

/**
 * One file each, for a CDN.
 * @param {string} out
 */
async function buildBrowserBundles(out) {
  if (!existsSync(join(root, 'src/index.ts'))) return;
  /** @type {import('esbuild').BuildOptions} */
  const options = {
    ...shared,
    entryPoints: ['src/index.ts'],
    platform: 'browser',
    target: browsers,
    minify: true,
  };
  const apart = { plugins: [lateApart] };
  await together([
    esbuild({ ...options, ...apart, format: 'esm', outfile: join(out, 'gitws.min.js') }),
    esbuild({
      ...options,
      ...apart,
      format: 'iife',
      globalName: 'gitws',
      outfile: join(out, 'gitws.global.js'),
    }),
  ]);
  // All of it in one: service workers load nothing by and by.
  await esbuild({
    ...options,
    format: 'esm',
    entryPoints: ['src/service-worker.ts'],
    outfile: join(out, 'gitws-service-worker.min.js'),
  });
  for (const name of ['gitws.min.js', 'gitws.global.js']) {
    await checkBudget(out, name, browserBudget);
  }
  await esbuild({
    ...options,
    entryPoints: ['src/remote/http/http-channel.ts'],
    format: 'esm',
    outfile: join(out, 'gitws-http.min.js'),
  });
  await checkBudget(out, 'gitws-http.min.js', httpBudget);
}

/**
 * @param {string} out
 * @param {string} name
 * @param {number} budget bytes with gzip.
 */
async function checkBudget(out, name, budget) {
  const code = await readFile(join(out, name));
  const compressed = gzipSync(code, { level: 9 }).length;
  console.log(`${name}: ${code.length} bytes, ${compressed} with gzip`);
  if (compressed > budget) {
    throw new Error(`${name} is over its budget of ${budget} bytes with gzip.`);
  }
}

/**
 * The pack engine for a CDN, in one file with all that it needs; and apart, for pages that want
 * them so: its worker, and its WebAssembly with SIMD and without.
 * @param {string} out
 */
async function buildPackFiles(out) {
  await esbuild({
    ...shared,
    entryPoints: ['src/pack-bundle.ts'],
    platform: 'browser',
    target: browsers,
    minify: true,
    format: 'esm',
    outfile: join(out, 'gitws-pack.min.js'),
  });
  await checkBudget(out, 'gitws-pack.min.js', packBudget);
  const { worker, simd, plain } = await readPackParts();
  await mkdir(join(out, 'pack'), { recursive: true });
  await writeFile(join(out, 'pack/worker.js'), worker);
  await writeFile(join(out, 'pack/engine.wasm'), simd);
  await writeFile(join(out, 'pack/engine-plain.wasm'), plain);
}

/**
 * Git in a worker, for a CDN and for pages that load its script as a file.
 * @param {string} out
 * @param {Awaited<ReturnType<typeof buildWorkerScript>>} made
 */
async function buildWorker(out, made) {
  const options = { ...shared, platform: /** @type {const} */ ('browser'), minify: true };
  await buildWorkerFiles(out, { ...options, target: browsers }, made);
  for (const name of ['gitws-worker.min.js', 'gitws-worker.global.js']) {
    await checkBudget(out, name, workerBudget);
  }
  await checkBudget(out, 'worker/script.js', workerScriptBudget);
}

/**
 * The demo page, with all that is not source copied beside it, and the server that shows it.
 * @param {string} out
 */
async function buildDemo(out) {
  const pages = present({
    main: 'demo/main.tsx',
    style: 'demo/style.css',
    worker: 'demo/worker/script.ts',
  });
  if (Object.keys(pages).length > 0) {
    await esbuild({
      ...shared,
      entryPoints: pages,
      outdir: join(out, 'demo'),
      alias: ownNames,
      format: 'esm',
      splitting: true,
      chunkNames: 'shared/[hash]',
      platform: 'browser',
      target: browsers,
      minify: true,
      jsx: 'automatic',
      jsxImportSource: 'preact',
      // Files that the style sheet names (fonts, pictures) are copied, and may be cached for ever.
      loader: { '.woff2': 'file', '.svg': 'file', '.png': 'file' },
      define: { 'process.env.NODE_ENV': '"production"' },
    });
    await copyStaticFiles(join(root, 'demo'), join(out, 'demo'));
  }
  const servers = present({ start: 'demo/server/start.ts' });
  if (Object.keys(servers).length > 0) {
    await esbuild({
      ...shared,
      entryPoints: servers,
      outdir: join(out, 'demo-server'),
      alias: ownNames,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
    });
    await copySample(join(root, 'demo/sample'), join(out, 'demo-server'));
  }
}

/**
 * What the sample repository is made of, beside the script that makes it.
 * @param {string} from
 * @param {string} to
 */
async function copySample(from, to) {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /\.(ts|json)$/.test(entry.name)) continue;
    const folder = join(to, relative(from, entry.parentPath));
    await mkdir(folder, { recursive: true });
    // With its mode: a hook can be run.
    await copyFile(join(entry.parentPath, entry.name), join(folder, entry.name));
  }
}

/**
 * The static site of the demo, with the element's script beside it, as its author would host it.
 * @param {string} out
 */
async function buildStaticSite(out) {
  const site = join(out, 'demo/static-site');
  await mkdir(join(site, 'gitws'), { recursive: true });
  for (const name of ['index.html', 'style.css', 'icon.svg']) {
    await copyFile(join(root, 'demo/static-site', name), join(site, name));
  }
  const parts = await readdir(join(out, 'gitws-element'));
  const names = ['gitws-element.min.js', 'gitws-worker-inlined.min.js'];
  await mkdir(join(site, 'gitws/gitws-element'));
  for (const name of [...names, ...parts.map((part) => `gitws-element/${part}`)]) {
    await copyFile(join(out, name), join(site, 'gitws', name));
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
async function copyStaticFiles(from, to) {
  const isStatic = /\.(html|svg|png|ico|webmanifest|txt)$/;
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isFile() && isStatic.test(entry.name)) {
      await copyFile(join(from, entry.name), join(to, entry.name));
    }
  }
}

/**
 * What makes them takes longer to load than a build that is there already takes to start.
 * @param {string} out
 */
async function buildDeclarations(out) {
  const declarations = await import('./build-declarations.mjs');
  const modules = { ...publicModules, 'element/index': 'src/element/index.ts' };
  await declarations.buildDeclarations(out, present(modules));
}

/**
 * Puts a finished build in dist's place. Not built in dist itself, so that a failed build leaves
 * the last good one, and nobody meets a half-written file.
 * @param {string} out
 */
async function replaceDist(out) {
  const dist = join(root, 'dist');
  const old = `${out}-old`;
  for (;;) {
    await rename(dist, old).catch(ignoring('ENOENT'));
    const done = await rename(out, dist).then(() => true, ignoring('ENOTEMPTY', 'EEXIST'));
    await rm(old, { recursive: true, force: true });
    // Another build came in between: then it is the one to replace.
    if (done === true) return;
  }
}

/**
 * @param {...string} codes
 * @returns {(error: NodeJS.ErrnoException) => void}
 */
function ignoring(...codes) {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}

/**
 * Builds everything anew. Throws, and leaves dist as it was, if any part fails.
 * @param {{ declarations?: boolean }} options `declarations: false` leaves out what takes the most
 * time and only compilers read.
 */
export async function build({ declarations = true } = {}) {
  const started = performance.now();
  // Into the sources, from where everything else imports it.
  await buildPack();
  const worker = await buildWorkerScript(browsers);
  const inputs = await hashInputs(root);
  const out = join(root, `dist-${process.pid}`);
  await withFolder(out, async () => {
    await together([
      buildModules(out),
      buildCommands(out, shared),
      buildBrowserBundles(out),
      buildPackFiles(out),
      buildWorker(out, worker)
        .then(() => buildElement(out, shared, browsers))
        .then(() => buildStaticSite(out)),
      buildDemo(out),
      declarations && buildDeclarations(out),
    ]);
    await writeFile(join(out, '.inputs'), inputs);
    await replaceDist(out);
  });
  console.log(
    `${relative(process.cwd(), join(root, 'dist')) || 'dist'} built in ${Math.round(performance.now() - started)} ms`,
  );
}

/**
 * For `npm start`: builds what runs, unless that is there. Whoever starts it for the first time waits
 * for it, and should know.
 */
async function buildIfNeeded() {
  if (await isBuilt(root)) return;
  console.log('Building, which takes some seconds, up to a minute…');
  await build({ declarations: false });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await (process.argv.includes('--if-needed') ? buildIfNeeded() : build()).catch(
    (/** @type {Error} */ error) => {
      console.error(`The build failed: ${error.message}`);
      process.exitCode = 1;
    },
  );
}
