/** The bundlers, each with what a stranger would tell it and nothing more. */
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build as esbuild } from 'esbuild';
import { createServer as createViteServer, build as vite } from 'vite';
import { atEnd } from '../helpers/at-end.js';

/** Bundles the folder `app` into the folder `out`. @returns its warnings. */
export type Bundle = (app: string, out: string) => Promise<string[]>;

/** What is written down of webpack here: its own types are not among this project's. */
type Webpack = (
  config: object,
  done: (error: Error | null, stats?: { toJson(): WebpackStats }) => void,
) => void;
interface WebpackStats {
  readonly errors: readonly { message: string }[];
  readonly warnings: readonly { message: string }[];
}

/** Vite takes the page, and everything from there. */
export const bundleByVite: Bundle = async (app, out) => {
  const warnings: string[] = [];
  await vite({
    ...{ root: app, configFile: false, logLevel: 'silent' },
    worker: { format: 'es' },
    // Of LightningFS, what it encodes text with looks for it in a worker.
    define: { global: 'globalThis' },
    build: {
      outDir: out,
      reportCompressedSize: false,
      // Two parts of the library, which are loaded late, are larger than Vite likes.
      chunkSizeWarningLimit: 2_000,
      rolldownOptions: {
        input: [join(app, 'index.html'), join(app, 'service-worker.js')],
        output: { entryFileNames: '[name].js' },
        onLog(level, { code, message }) {
          // A busy machine is slow.
          if (level === 'warn' && code !== 'PLUGIN_TIMINGS') warnings.push(message);
        },
      },
    },
  });
  return warnings;
};

const devServers: { close(): Promise<void> }[] = [];
atEnd(async () => {
  await Promise.all(devServers.splice(0).map((server) => server.close()));
});

/** Vite's dev server of the folder `app`. @returns its address. */
export async function serveByVite(app: string): Promise<string> {
  const server = await createViteServer({
    ...{ root: app, configFile: false, logLevel: 'silent' },
    define: { global: 'globalThis' },
    // What a worker imports is found when that is started, and the page would be loaded again.
    optimizeDeps: { include: ['gitws/in-worker'] },
    server: { host: '127.0.0.1', port: 0 },
  });
  devServers.push(server);
  await server.listen();
  return new URL(server.resolvedUrls?.local[0] ?? '').origin;
}

/** @param folder where webpack is installed. */
export function bundleByWebpack(folder: string): Bundle {
  return async (app, out) => {
    const webpack = createRequire(pathToFileURL(join(folder, 'package.json')))(
      'webpack',
    ) as Webpack;
    const stats = await new Promise<WebpackStats>((resolve, reject) => {
      const config = {
        ...{ mode: 'production', context: app, performance: false },
        entry: { page: './page.js', 'service-worker': './service-worker.js' },
        output: { path: out },
        // Takes longer than all the rest; of the others' pages the names are shortened.
        optimization: { minimize: false },
      };
      webpack(config, (error, made) => {
        if (made === undefined) reject(error ?? new Error('nothing was made'));
        else resolve(made.toJson());
      });
    });
    if (stats.errors.length > 0) throw new Error(stats.errors.map((one) => one.message).join('\n'));
    await cp(join(app, 'index.html'), join(out, 'index.html'));
    return stats.warnings.map(({ message }) => message);
  };
}

export const bundleByEsbuild: Bundle = async (app, out) => {
  const { warnings } = await esbuild({
    absWorkingDir: app,
    entryPoints: ['page.js', 'my-worker.js', 'service-worker.js'],
    ...{ bundle: true, minify: true, format: 'esm', splitting: true },
    ...{ outdir: out, logLevel: 'silent' },
  });
  await cp(join(app, 'index.html'), join(out, 'index.html'));
  const script = join(app, 'node_modules/gitws/dist/worker/script.js');
  await cp(script, join(out, 'gitws-worker.js'));
  return warnings.map(({ text }) => text);
};
