/**
 * Makes the declarations: of each public module what a user can name and nothing else, since private
 * modules use types (those of `ws`) that a user's compiler does not have. What the modules share
 * stands once, so that a GitWsError is the same class in all of them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { compiler } from './compiler.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const project = join(root, 'scripts/tsconfig.declarations.json');

/**
 * @param {string} out where to.
 * @param {Record<string, string>} modules names of the files, without `.d.ts`, and of the sources.
 */
export async function buildDeclarations(out, modules) {
  const apart = join(out, '.declarations');
  try {
    await compile(apart);
    const entries = Object.entries(modules).map(([name, source]) => [
      name,
      join(apart, source.replace(/\.ts$/, '.d.ts')),
    ]);
    const bundle = await rollup({
      input: Object.fromEntries(entries),
      plugins: [dts({ tsconfig: project })],
      external: (name) => !/^[./]/.test(name),
      onwarn(warning) {
        throw new Error(warning.message);
      },
    });
    await bundle.write({
      dir: out,
      format: 'es',
      entryFileNames: '[name].d.ts',
      chunkFileNames: 'shared/[hash].d.ts',
    });
    await bundle.close();
  } finally {
    await rm(apart, { recursive: true, force: true });
  }
}

/** @param {string} out */
async function compile(out) {
  const args = [compiler, '--project', project, '--outDir', out];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error('the declarations do not compile');
}
