/** A real gitws server on a loopback port, closed with the test file. */
import { createServer, type Server } from 'node:http';
import { createGitServer, type GitServer, type GitServerOptions } from '../../server/index.js';
import { listen } from './listen.js';

/** A server that listens. */
export interface TestServer {
  /** `http://127.0.0.1:PORT`: append the repository's path. */
  readonly url: string;
  readonly server: GitServer;
  readonly httpServer: Server;
  /** Ends every session and frees the port. Idempotent. */
  close(): Promise<void>;
}

/**
 * @param options createGitServer's own. Maintenance is off unless asked for: tests look at the
 *   processes and locks that a push leaves.
 */
export async function startServer(options: GitServerOptions): Promise<TestServer> {
  const server = createGitServer({ maintenance: false, ...options });
  const httpServer = createServer((request, response) => {
    if (!server.handleRequest(request, response)) response.writeHead(404).end();
  });
  server.attach(httpServer);
  const { url, close } = await listen(httpServer, () => server.close());
  return { url, server, httpServer, close };
}
