#!/usr/bin/env node
// Repositories beside a Fastify application with @fastify/websocket: node fastify.mjs ROOT [PORT]
import fastifyWebSocket from '@fastify/websocket';
import fastify from 'fastify';
import { createGitServer } from 'gitws/server';

const [root = '.', port = '8080'] = process.argv.slice(2);
const gitServer = createGitServer({ root, basePath: '/git' });

const app = fastify();
await app.register(fastifyWebSocket);
app.get('/', () => 'A page.\n');
app.get('/chat', { websocket: true }, (socket) => {
  socket.on('message', (words) => socket.send(words));
});

gitServer.attach(app.server);
// Sessions under way would hold the server open.
app.addHook('preClose', () => gitServer.close());

console.log(await app.listen({ host: '127.0.0.1', port: Number(port) }));
