/** The built demo, in a process of its own, for the scripts that take pictures of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} data folder for the sample. */
export async function startServer(data) {
  const child = spawn(process.execPath, [join(root, 'dist/demo-server/start.js'), '--port', '0'], {
    env: { ...process.env, GITWS_DATA: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  while (!/^gitws demo at .*\n/m.test(text)) {
    const [chunk] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (typeof chunk !== 'object') throw new Error('The demo did not start: is it built?');
    text += String(chunk);
  }
  return { child, url: /^gitws demo at (\S+)/m.exec(text)?.[1] ?? '' };
}

/** @param {Awaited<ReturnType<typeof startServer>>} server */
export async function stopServer({ child }) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}
