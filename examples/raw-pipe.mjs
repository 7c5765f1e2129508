#!/usr/bin/env node
// git through a gitws server's raw pipe, with git's own ext:: transport:
//   git -c protocol.ext.allow=always -c protocol.version=0 \
//     clone 'ext::node raw-pipe.mjs ws://localhost:8080/site.git %S'
import { writeSync } from 'node:fs';
import WebSocket, { createWebSocketStream } from 'ws';

// Node.js makes a pipe non-blocking when it looks at this property, as it does itself when a socket
// ends. The pipe is git's stderr too, and git would lose what does not fit.
Object.defineProperty(process, 'stderr', { value: null });

const [repository = '', service = ''] = process.argv.slice(2);
const url = new URL(`${repository}/${service}`);
const userinfo = decodeURIComponent(`${url.username}:${url.password}`);
url.username = url.password = '';

// No subprotocol: plain bytes both ways.
const socket = new WebSocket(url, {
  headers: userinfo === ':' ? {} : { Authorization: `Basic ${btoa(userinfo)}` },
  perMessageDeflate: false,
});
const pipe = createWebSocketStream(socket);
// Not closed at the end of stdin: after a push's pack the report is still to come.
process.stdin.pipe(pipe, { end: false });
pipe.pipe(process.stdout);

pipe.on('error', (error) => fail(error.message));
socket.on('unexpected-response', (_request, response) => {
  response.on('data', (text) => fail(`${response.statusCode}: ${text}`.trim()));
});
socket.on('close', (code, reason) => {
  if (code !== 1000) fail(reason.toString() || `closed with ${code}`);
});

/** @param {string} sentence */
function fail(sentence) {
  writeSync(2, `raw-pipe: ${sentence}\n`);
  process.exit(1);
}
