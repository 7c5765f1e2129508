/**
 * Credentials the git way (git-credential(1)): helpers, keychains and prompts are git's matter,
 * found under the http:// or https:// form of the URL. What a helper gave is handed back to it as
 * approved or rejected, with every attribute that it gave.
 */
import { Buffer } from 'node:buffer';
import { runGit } from './git-process.js';
import type { ServiceUrl } from './service-url.js';

/** Credentials that git found. */
export interface Credentials {
  /** The value of an Authorization header. */
  readonly authorization: string;
  /** To be called when they let us in: helpers may keep them now. */
  approve(): Promise<void>;
  /** To be called when they were wrong: helpers are to forget them. */
  reject(): Promise<void>;
}

/**
 * Asks git for credentials. It asks the user if it may; what it says itself (that prompts are
 * disabled, for one) has then reached the terminal.
 *
 * @returns undefined where there are none.
 */
export async function fillCredentials(url: ServiceUrl): Promise<Credentials | undefined> {
  const { code, stdout } = await runGit(['credential', 'fill'], {
    input: describe(url),
    showErrors: true,
  });
  if (code !== 0) return undefined;
  const found = new Map(
    stdout
      .split('\n')
      .map((line): [string, string] => splitAt(line, '='))
      .filter(([key]) => key !== ''),
  );
  const authorization = authorizationOf(found);
  if (authorization === undefined) return undefined;
  const tell = async (verb: 'approve' | 'reject'): Promise<void> => {
    await runGit(['credential', verb], { input: stdout });
  };
  return { authorization, approve: () => tell('approve'), reject: () => tell('reject') };
}

/** The value of a Basic Authorization header (RFC 7617, with UTF-8). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

/** What `git credential` is asked; git itself drops the path but for credential.useHttpPath. */
function describe({ http, username }: ServiceUrl): string {
  const lines = [
    // Since 2.46 a helper may then answer with a scheme of its own, for example Bearer.
    'capability[]=authtype',
    `protocol=${http.protocol.slice(0, -1)}`,
    `host=${http.host}`,
    `path=${decodeURIComponent(http.pathname).replace(/^\/+/, '')}`,
  ];
  if (username !== '') lines.push(`username=${username}`);
  // A line end would add attributes of somebody else's making, for example another host.
  return lines.some((line) => /[\n\r\0]/.test(line)) ? '' : `${lines.join('\n')}\n\n`;
}

function authorizationOf(found: ReadonlyMap<string, string>): string | undefined {
  const [scheme, credential] = [found.get('authtype'), found.get('credential')];
  if (scheme !== undefined && credential !== undefined) return `${scheme} ${credential}`;
  const [username, password] = [found.get('username'), found.get('password')];
  if (username === undefined || password === undefined) return undefined;
  return basicAuthorization(username, password);
}

function splitAt(line: string, separator: string): [string, string] {
  const index = line.indexOf(separator);
  return index === -1 ? ['', ''] : [line.slice(0, index), line.slice(index + 1)];
}
