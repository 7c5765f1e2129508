/**
 * Builds what the pack engine is made of: src/pack/inlined/wasm.js (its WebAssembly, compiled from
 * src/pack/wasm twice, with SIMD and without), src/pack/inlined/inflate.js (its inflate alone) and
 * src/pack/inlined/worker.js (its worker as text). All are modules beside their declarations, so that
 * everything else just imports them. They are written only if they change, and compiled only if their
 * sources did.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build as esbuild } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = 'src/pack/wasm';
const inlined = join(root, 'src/pack/inlined');

const options = [
  ...['-O3', '--converge', '--noAssert', '--uncheckedBehavior', 'always'],
  // Nothing is allocated by the language: src/pack/wasm/layout.ts says where everything lies.
  ...['--runtime', 'stub', '--memoryBase', '65536'],
  // A message of abort() would bring text and a table of it along; there are no asserts.
  ...['--use', 'abort='],
];

/**
 * @param {string[]} features options of the compiler.
 * @param {(name: string, text: string) => string} [change] for tests: another text for a source.
 * @param {string} [entry] the source whose exports are the module's.
 * @returns {Promise<Uint8Array>}
 */
export async function compile(features, change = (_name, text) => text, entry = 'engine.ts') {
  const { default: asc } = await import('assemblyscript/asc');
  /** @type {Uint8Array | undefined} */
  let binary;
  let stderr = '';
  const result = await asc.main(
    [`${sources}/${entry}`, '--baseDir', root, '-o', 'engine.wasm', ...options, ...features],
    {
      stderr: {
        write(text) {
          stderr += typeof text === 'string' ? text : new TextDecoder().decode(text);
        },
      },
      readFile: (name, baseDir) =>
        readFile(join(baseDir, name), 'utf8').then(
          (text) => change(name, text),
          () => null,
        ),
      writeFile(name, contents) {
        if (name === 'engine.wasm' && typeof contents !== 'string') binary = contents;
      },
    },
  );
  if (result.error !== null || binary === undefined) {
    const { message } = result.error ?? { message: 'nothing was written' };
    throw new Error(`The pack engine does not compile: ${message}\n${stderr}`);
  }
  return binary;
}

/** @returns {Promise<string>} a hash of all that the WebAssembly is made of. */
async function hashSources() {
  const { version } = /** @type {{ version: string }} */ (
    createRequire(import.meta.url)('assemblyscript/package.json')
  );
  const hash = createHash('sha256').update(`${version}\0${options.join(' ')}\0`);
  for (const name of (await readdir(join(root, sources))).sort()) {
    hash.update(`${name}\0`).update(await readFile(join(root, sources, name)));
  }
  return hash.digest('hex');
}

/**
 * @param {string} name
 * @param {string} text
 */
async function writeModule(name, text) {
  const path = join(inlined, name);
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return;
  // Others may read it at this moment.
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
}

/** @returns {Promise<void>} */
async function buildWasm() {
  const hash = `// ${await hashSources()}\n`;
  const made = await Promise.all(
    ['wasm.js', 'inflate.js'].map((name) => readFile(join(inlined, name), 'utf8').catch(() => '')),
  );
  if (made.every((text) => text.startsWith(hash))) return;
  const [simd, plain] = [await compile(['--enable', 'simd']), await compile([])];
  // SIMD gains nothing for one object.
  const inflate = await compile([], undefined, 'one-object.ts');
  const base64 = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString('base64');
  await writeModule(
    'wasm.js',
    `${hash}export const simdEngine = '${base64(simd)}';\nexport const plainEngine = '${base64(plain)}';\n`,
  );
  await writeModule('inflate.js', `${hash}export const inflateEngine = '${base64(inflate)}';\n`);
}

/** @returns {Promise<void>} */
async function buildWorker() {
  const { outputFiles } = await esbuild({
    absWorkingDir: root,
    entryPoints: ['src/pack/index/worker.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: ['chrome110', 'firefox115', 'safari16.4'],
    minify: true,
    logLevel: 'warning',
  });
  await writeModule(
    'worker.js',
    `export const workerScript = ${JSON.stringify(outputFiles[0]?.text ?? '')};\n`,
  );
}

/**
 * Makes both modules. To be called before anything else is built or tested.
 * @returns {Promise<void>}
 */
export async function buildPack() {
  await mkdir(inlined, { recursive: true });
  await buildWasm();
  await buildWorker();
}

/**
 * @returns {Promise<{ worker: string, simd: Uint8Array, plain: Uint8Array }>} what was made, as it
 * is without being part of a module.
 */
export async function readPackParts() {
  /** @param {string} name */
  const read = (name) => readFile(join(inlined, name), 'utf8');
  const [script, engines] = await Promise.all([read('worker.js'), read('wasm.js')]);
  const literal = /** @param {string} text */ (text) =>
    text.slice(text.indexOf('=') + 1, -2).trim();
  /** @param {string} name */
  const engine = (name) => {
    const base64 = new RegExp(`${name} = '([^']*)'`).exec(engines)?.[1] ?? '';
    return Buffer.from(base64, 'base64');
  };
  const worker = /** @type {string} */ (JSON.parse(literal(script)));
  return { worker, simd: engine('simdEngine'), plain: engine('plainEngine') };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildPack();
