/**
 * Pages for the browser tests: a script bundled with the library as it is built, on a server of its
 * own origin.
 */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { listen } from './listen.js';

const built = (name: string) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));

/**
 * @param entry the script's source.
 * @param base what `entry` is relative to.
 * @param apart whether `gitws` stays a module of its own, `/gitws.min.js` of the page's server, and
 *   loads what it needs from beside it; the script is a module then.
 * @returns the script: all that it imports is in it, `gitws` as a page loads it from a CDN.
 */
export async function bundlePage(entry: string, base: string, apart = false): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, base))],
    bundle: true,
    write: false,
    format: apart ? 'esm' : 'iife',
    platform: 'browser',
    alias: {
      gitws: apart ? '/gitws.min.js' : built('gitws.min.js'),
      'gitws/service-worker': built('gitws-service-worker.min.js'),
    },
    external: ['/gitws.min.js'],
    logLevel: 'warning',
  });
  return outputFiles[0]?.text ?? '';
}

/** @returns the origin of a page that runs the script. */
export function servePage(script: string): Promise<{ url: string }> {
  const html = '<!doctype html><meta charset="utf-8"><title>gitws</title>';
  return listen(
    createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html');
      response.end(isScript ? script : `${html}<script src="/page.js"></script>`);
    }),
  );
}
