#!/usr/bin/env node
// Repositories in a custom server of Next.js, beside its page and its own WebSocket for hot reloads:
// node server.mjs ROOT [PORT]
import { createServer } from 'node:http';
import { createGitServer } from 'gitws/server';
import next from 'next';

const [root = '.', port = '8080'] = process.argv.slice(2);
const gitServer = createGitServer({ root, basePath: '/git' });
const app = next({
  dev: process.env.NODE_ENV !== 'production',
  dir: import.meta.dirname,
  hostname: '127.0.0.1',
});
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer((request, response) => {
  if (!gitServer.handleRequest(request, response)) void handle(request, response);
});
gitServer.attach(server);
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
});
