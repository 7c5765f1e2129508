/**
 * Builds the commands, each in one file with all that it needs: a process that git or an operator
 * starts looks for nothing, where the packages that it is made of are hundreds of files.
 */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild } from 'esbuild';
import { licensesOf } from './licenses.mjs';
import { together } from './together.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Native add-ons that somebody may have installed for ws, and what else is loaded if it is there. */
const optional = ['bufferutil', 'utf-8-validate', 'supports-color', 'kerberos'];

/**
 * @param {string} out
 * @param {import('esbuild').BuildOptions} shared what all builds have in common.
 */
export async function buildCommands(out, shared) {
  const inputs = await together([buildNative(out, shared), buildServerCommand(out, shared)]);
  await writeFile(join(out, 'bin/LICENSES.txt'), await licensesOf(inputs.flat()));
}

/**
 * `gitws`, not minified: what it prints of a fault of its own is for people to read.
 * @param {string} out
 * @param {import('esbuild').BuildOptions} shared
 * @returns {Promise<string[]>} the files that it is made of.
 */
async function buildServerCommand(out, shared) {
  const path = join(out, 'bin/gitws.js');
  const { metafile } = await esbuild({
    ...shared,
    entryPoints: ['bin/gitws.ts'],
    outfile: path,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: optional,
    // What some packages load with it is Node's own.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
    sourcemap: false,
    metafile: true,
  });
  await makeExecutable(path);
  return Object.keys(metafile.inputs);
}

/**
 * What git starts at every command: one file each, since looking for forty files takes longer than
 * reading one, and a script, since a module takes longer to start. What speaks to proxies lies in a
 * file beside them: it is larger than all the rest, and few need it.
 * @param {string} out
 * @param {import('esbuild').BuildOptions} shared
 * @returns {Promise<string[]>} the files that they are made of.
 */
async function buildNative(out, shared) {
  const entryPoints = {
    'bin/git-remote-ws': 'bin/git-remote-ws.ts',
    'bin/gitws-ssh': 'bin/gitws-ssh.ts',
    'bin/proxy': 'native/proxy.ts',
  };
  // Of ws, the client alone.
  const client = join(root, 'node_modules/ws/lib/websocket.js');
  const { metafile } = await esbuild({
    ...shared,
    entryPoints,
    outdir: out,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    alias: { ws: client, 'isomorphic-ws': client },
    external: optional,
    minify: true,
    sourcemap: false,
    metafile: true,
    plugins: [proxyApart],
  });
  for (const name of ['git-remote-ws', 'gitws-ssh']) {
    await makeExecutable(join(out, `bin/${name}.cjs`));
  }
  return Object.keys(metafile.inputs);
}

/** @type {import('esbuild').Plugin} */
const proxyApart = {
  name: 'proxy-apart',
  setup(plugins) {
    plugins.onResolve({ filter: /^\.\/proxy\.js$/ }, ({ importer }) =>
      importer.endsWith(join('native', 'open.ts'))
        ? { path: './proxy.cjs', external: true }
        : undefined,
    );
  },
};

/** @param {string} path */
async function makeExecutable(path) {
  const text = await readFile(path, 'utf8');
  if (!text.startsWith('#!')) throw new Error(`${path} has no #! line`);
  await chmod(path, 0o755);
}
