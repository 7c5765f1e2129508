/** The built commands of native git on a PATH of their own, as an installation has them. */
import { symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gitEnvironment } from './git.js';
import { temporaryDirectory } from './temp.js';

const built = fileURLToPath(new URL('../../dist/bin/', import.meta.url));

/** Names on the PATH, and the built file behind each: package.json's `bin`. */
const commands = {
  'git-remote-ws': 'git-remote-ws.cjs',
  'git-remote-wss': 'git-remote-ws.cjs',
  'gitws-ssh': 'gitws-ssh.cjs',
} as const;

/** @returns variables that put the commands where git looks for them. */
export async function nativeEnvironment(): Promise<{ PATH: string }> {
  const directory = await temporaryDirectory();
  for (const [name, file] of Object.entries(commands)) {
    await symlink(join(built, file), join(directory, name));
  }
  return { PATH: `${directory}${delimiter}${gitEnvironment['PATH'] ?? ''}` };
}

/** Path of a built file, to run it without git. */
export function nativeCommand(name: keyof typeof commands): string {
  return join(built, commands[name]);
}
