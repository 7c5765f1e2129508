#!/usr/bin/env node
// Repositories and socket.io on one port: node socket-io.mjs ROOT [PORT]
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { createGitServer } from 'gitws/server';

const [root = '.', port = '8080'] = process.argv.slice(2);
const server = createServer((_request, response) => {
  response.end('A page.\n');
});

const io = new Server(server);
io.on('connection', (socket) => {
  socket.on('say', (/** @type {string} */ words) => socket.emit('said', words));
});

const gitServer = createGitServer({ root });
gitServer.attach(server);

server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
});
