#!/usr/bin/env node
// Repositories and a chat on one port, with the package ws: node ws.mjs ROOT [PORT]
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { createGitServer } from 'gitws/server';

const [root = '.', port = '8080'] = process.argv.slice(2);
const server = createServer((request, response) => {
  if (!gitServer.handleRequest(request, response)) response.end('A page.\n');
});

const chat = new WebSocketServer({ server, path: '/chat' });
chat.on('connection', (socket) => {
  socket.on('message', (words) => socket.send(words));
});

// The order does not matter: what is git's never reaches the chat, and the other way round.
const gitServer = createGitServer({ root });
gitServer.attach(server);

server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
});
