/** The operator's files for ssh: looked at when a server starts, so that no client is the first to learn. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { GitWsError } from '../../../../src/base/errors.js';

/** With what upstreams are reached over ssh. */
export interface UpstreamSshOptions {
  /** File of the private key, without a passphrase: it acts for every client. */
  readonly key: string;
  /** File of the hosts' keys, as `ssh-keyscan` writes it: a host that is not in it is not spoken with. */
  readonly knownHosts: string;
  /**
   * File of more settings (ssh_config(5)), for example which algorithms there may be. The server's own
   * beat it. Default: none, of the user or of the machine neither.
   */
  readonly config?: string | undefined;
}

/** The same, looked at. */
export type SshFiles = UpstreamSshOptions;

/**
 * @param given undefined where there are none.
 * @returns absolute paths.
 * @throws GitWsError INVALID_OPTION for files that ssh would not use, or where there is no ssh.
 */
export function checkedSshFiles(given: UpstreamSshOptions | undefined): SshFiles {
  if (given === undefined) {
    throw invalid('an upstream of ssh:// needs a key and the hosts that are known');
  }
  const { key, knownHosts, config } = given;
  const files = {
    key: checkedPath('key', key),
    knownHosts: checkedPath('knownHosts', knownHosts),
    ...(config === undefined ? {} : { config: checkedPath('config', config) }),
  };
  // As ssh demands it of a file of its own user's (sshkey_perm_ok() in authfile.c).
  const { mode, uid } = statSync(files.key);
  // Defence: a key that others can read is refused.
  if (uid === process.getuid?.() && (mode & 0o077) !== 0) {
    throw invalid(`"${key}" can be read by others: chmod 600`, 'key');
  }
  if (isLocked(readFileSync(files.key, 'latin1'))) {
    throw invalid(`"${key}" has a passphrase, and nobody is there to be asked for it`, 'key');
  }
  if (!isInPath('ssh')) throw invalid('there is no ssh in PATH');
  return files;
}

/** A key that is encrypted, by its file: OpenSSH's own format, or PEM. */
function isLocked(text: string): boolean {
  const [, body = ''] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(text) ?? [];
  if (body === '') return text.includes('ENCRYPTED');
  // "openssh-key-v1", NUL, and the name of the cipher behind its length (PROTOCOL.key).
  const bytes = Buffer.from(body, 'base64');
  const start = 'openssh-key-v1\0'.length;
  const length = bytes.length < start + 4 ? 0 : bytes.readUInt32BE(start);
  return bytes.toString('latin1', start + 4, start + 4 + length) !== 'none';
}

function isInPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function checkedPath(what: keyof UpstreamSshOptions, given: string): string {
  // ssh_config(5) has no way to write it.
  if (/["\p{Cc}]/u.test(given)) throw invalid('its path has a " or a control character', what);
  const path = resolve(given);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw invalid(`"${given}" cannot be read (${code})`, what);
  }
  if (!statSync(path).isFile()) throw invalid(`"${given}" is not a file`, what);
  return path;
}

function invalid(why: string, file?: keyof UpstreamSshOptions): GitWsError {
  const option = file === undefined ? 'upstreamSsh' : `upstreamSsh.${file}`;
  return new GitWsError('INVALID_OPTION', `${option}: ${why}.`, { data: { option } });
}
