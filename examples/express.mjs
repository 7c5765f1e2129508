#!/usr/bin/env node
// Repositories beside an Express application and its chat: node express.mjs ROOT [PORT]
import { createServer } from 'node:http';
import express from 'express';
import { WebSocketServer } from 'ws';
import { createGitServer } from 'gitws/server';

const [root = '.', port = '8080'] = process.argv.slice(2);
const gitServer = createGitServer({ root, basePath: '/git' });

const app = express();
app.use((request, response, next) => {
  // Whoever opens a repository's endpoint without a WebSocket is told what it is.
  if (!gitServer.handleRequest(request, response)) next();
});
app.get('/', (_request, response) => void response.send('A page.\n'));

// Express itself knows no upgrades: they belong to the HTTP server.
const server = createServer(app);
gitServer.attach(server);

const chat = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  // git's never come here.
  if (request.url !== '/chat') return void socket.destroy();
  chat.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on('message', (words) => webSocket.send(words));
  });
});

server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}`);
});
