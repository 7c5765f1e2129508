/** The examples of a server beside other WebSockets: starting one, and hearing the other WebSocket. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { printed, runScript } from '../helpers/node-process.js';

/** Where they are. */
export const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

/** Runs an example on a free port until the file ends. @returns its address, as it prints it. */
export async function startExample(script: string, root: string): Promise<string> {
  // Next.js would tell its makers.
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  return printed(runScript(script, [root, '0'], { env }), /^(http:\/\/127\.0\.0\.1:\d+)$/m);
}

/** The first message of a WebSocket that says a word when it is open. */
export async function hear(url: string, protocols: string[] = []): Promise<string> {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols);
  onTestFinished(() => {
    socket.terminate();
  });
  socket.on('open', () => {
    socket.send('a word');
  });
  const [message] = (await once(socket, 'message')) as [Buffer];
  return message.toString();
}
