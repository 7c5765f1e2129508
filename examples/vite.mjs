#!/usr/bin/env node
// Repositories in Vite's dev server, beside its own WebSocket for hot reloads. The plugin is what
// goes into vite.config.js: node vite.mjs ROOT [PORT]
import { createServer } from 'vite';
import { createGitServer } from 'gitws/server';

/**
 * @param {import('gitws/server').GitServerOptions} options
 * @returns {import('vite').Plugin}
 */
export function repositories(options) {
  const gitServer = createGitServer(options);
  return {
    name: 'repositories',
    configureServer({ httpServer }) {
      // None in middleware mode: attach to the server that is yours there.
      if (httpServer !== null) gitServer.attach(httpServer);
    },
    closeBundle: () => gitServer.close(),
  };
}

const [root = '.', port = '8080'] = process.argv.slice(2);
const server = await createServer({
  configFile: false,
  root: import.meta.dirname,
  server: { host: '127.0.0.1', port: Number(port) },
  plugins: [repositories({ root, basePath: '/git' })],
});
await server.listen();
const address = server.httpServer?.address();
if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
