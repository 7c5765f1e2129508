/** As server.ts, behind TLS. */
import type { Server } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { createGitServer, type GitServerOptions } from '../../server/index.js';
import { listen } from './listen.js';
import type { TestServer } from './server.js';

/**
 * @param options createGitServer's own.
 * @param tls key and certificate, and what else an HTTPS server takes.
 */
export async function startSecureServer(
  options: GitServerOptions,
  tls: ServerOptions,
): Promise<TestServer> {
  const server = createGitServer(options);
  const httpsServer = createServer(tls, (_request, response) => {
    response.writeHead(404).end();
  });
  server.attach(httpsServer);
  const httpServer = httpsServer as unknown as Server;
  const { url, close } = await listen(httpServer, () => server.close());
  return { url: url.replace(/^http/, 'https'), server, httpServer, close };
}
