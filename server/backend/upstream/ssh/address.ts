/** Where an upstream is that is reached over ssh: whose account, on which host, at which port. */
import { isIP } from 'node:net';

/** Where ssh connects to, and as whom. */
export interface SshAddress {
  /** The account there, which is the operator's choice and nobody else's. */
  readonly user: string;
  /** A name or an address, without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** The port of the scheme: it is not written. */
const ownPort = 22;

/**
 * @param url `ssh://USER@HOST` or `ssh://USER@HOST:PORT`.
 * @returns undefined for everything else: what has a password or a path as well.
 */
export function parseSshAddress(url: string): SshAddress | undefined {
  // Neither begins with a dash, which ssh would take for an option, nor has a letter that a shell knows.
  const named =
    /^ssh:\/\/([a-z0-9_][a-z0-9_.+-]*)@([a-z0-9_][a-z0-9_.-]*|\[[0-9a-f:.]+\])(?::(\d{1,5}))?\/?$/i.exec(
      url,
    );
  const [, user, host, digits = `${ownPort}`] = named ?? [];
  if (user === undefined || host === undefined || !URL.canParse(`http://${host}`)) return undefined;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  // As a client's URL is read: in lower case, and addresses in one spelling.
  const hostname = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
  return { user, hostname, port };
}

/** @returns what a path of the gateway calls it: `HOST`, or `HOST:PORT` where that is not 22. */
export function sshName({ hostname, port }: SshAddress): string {
  const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
  return port === ownPort ? host : `${host}:${port}`;
}

/** @returns how a file of known hosts calls it (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export function knownAs({ hostname, port }: SshAddress): string {
  return port === ownPort ? hostname : `[${hostname}]:${port}`;
}
