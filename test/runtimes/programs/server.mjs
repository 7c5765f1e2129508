// A stranger's server, which says its address and ends with its stdin: server.mjs ROOT
import { createServer } from 'node:http';
import process from 'node:process';
import { createGitServer } from 'gitws/server';

const gitServer = createGitServer({ root: process.argv[2] ?? '.', allowPush: true });
const server = createServer((_request, response) => response.end('a page of the stranger'));
gitServer.attach(server);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
});
process.stdin.resume().on('end', () => {
  void gitServer.close().then(() => {
    server.close();
    server.closeAllConnections();
  });
});
