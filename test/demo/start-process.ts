/** What `npm start` runs, as built, in a process of its own. */
import { fileURLToPath } from 'node:url';
import { printed, runScript, type NodeProcess } from '../helpers/node-process.js';

const script = fileURLToPath(new URL('../../dist/demo-server/start.js', import.meta.url));

/** Runs it. @param env put on top of the test's own. */
export function start(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd?: string,
): NodeProcess {
  return runScript(script, args, { env: { ...process.env, ...env }, cwd });
}

/** Runs it, and waits for the address that it prints. @param data its folder for the sample. */
export async function startDemo(
  data: string,
  ...args: readonly string[]
): Promise<NodeProcess & { readonly url: string }> {
  const started = start(['--port', '0', ...args], { GITWS_DATA: data });
  return { ...started, url: await printed(started, /^gitws demo at (\S+)\n/m) };
}
