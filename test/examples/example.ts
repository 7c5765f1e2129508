/** The examples of a server beside other WebSockets: starting one, and hearing the other WebSocket. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { atEnd } from '../helpers/at-end.js';

/** Where they are. */
export const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

const stop: (() => Promise<void>)[] = [];
atEnd(async () => {
  await Promise.all(stop.splice(0).map((end) => end()));
});

/** Runs an example on a free port until the file ends. @returns its address, as it prints it. */
export async function startExample(script: string, root: string): Promise<string> {
  const child = spawn(process.execPath, [script, root, '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Next.js would tell its makers.
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
  });
  const exited = once(child, 'exit');
  stop.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  for (;;) {
    const url = /^http:\/\/127\.0\.0\.1:\d+$/m.exec(output)?.[0];
    if (url !== undefined) return url;
    await Promise.race([
      once(child.stdout, 'data'),
      exited.then(() => {
        throw new Error(`${script} ended: ${output}`);
      }),
    ]);
  }
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
