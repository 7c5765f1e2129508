/** A git host as many are run: Apache with `git http-backend` as its CGI program (git-http-backend(1)). */
import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { hash } from 'bcryptjs';
import { startReverseProxy } from './reverse-proxy.js';
import { temporaryDirectory } from './temp.js';

const run = promisify(execFile);

/** Who signs in to what is private. */
export const apacheUser = { username: 'ada', password: 'theirs' };

/** A host that listens. */
export interface ApacheHost {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Its name on a gateway. */
  readonly name: string;
  /** Makes what lies there the property of its user, where that is another one. */
  own(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param root directory of its repositories: those below `private/` are for {@link apacheUser} alone.
 *   What is below `moved/` is found below `team/`. Where Apache gives up being root, they become its
 *   user's.
 */
export async function startApacheHost(root: string): Promise<ApacheHost> {
  const { stdout: programs } = await run('git', ['--exec-path']);
  const passwords = join(await temporaryDirectory(), 'htpasswd');
  await writeFile(passwords, `${apacheUser.username}:${await hash(apacheUser.password, 4)}\n`);
  const isRoot = process.getuid?.() === 0;
  const own = async (path: string): Promise<void> => {
    if (isRoot) await run('chown', ['-R', 'www-data', path]);
  };
  await own(root);
  if (isRoot) {
    for (const one of [root, dirname(root), dirname(passwords)]) await chmod(one, 0o755);
  }
  const server = await startReverseProxy(
    'apache2',
    (port) => `
Listen 127.0.0.1:${port}
${isRoot ? 'User www-data\nGroup www-data' : ''}
SetEnv GIT_PROJECT_ROOT ${root}
SetEnv GIT_HTTP_EXPORT_ALL
SetEnv GIT_CONFIG_COUNT 1
SetEnv GIT_CONFIG_KEY_0 safe.directory
SetEnv GIT_CONFIG_VALUE_0 *
SetEnvIf Git-Protocol ".*" GIT_PROTOCOL=$0
RedirectMatch 301 ^/moved/(.*)$ /team/$1
ScriptAlias / ${programs.trim()}/git-http-backend/
<Location /private>
  AuthType Basic
  AuthName git
  AuthUserFile ${passwords}
  Require valid-user
</Location>`,
  );
  const name = `127.0.0.1:${server.port}`;
  return { url: `http://${name}`, name, own, close: () => server.close() };
}
