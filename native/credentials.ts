/**
 * Credentials the git way (git-credential(1)): helpers, keychains and prompts are git's matter.
 * Helpers are asked under the http:// or https:// form of the URL, people under the address that
 * they have written. What a helper gave is handed back to it as approved or rejected, with every
 * attribute that it gave.
 */
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { notAsked, runGit } from './git-process.js';
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
 * @throws Error where git cannot be asked: that is not the same, and nobody has said it.
 */
export async function fillCredentials(url: ServiceUrl): Promise<Credentials | undefined> {
  const description = describe(url);
  const unknown = randomUUID();
  const settings = ['-c', `credential.helper=${lastAnswer(unknown)}`];
  const known = await fill(settings, description);
  if (known === undefined) return undefined;
  const answer = known.includes(`password=${unknown}`)
    ? await prompt(
        url,
        known.filter((line) => !line.endsWith(`=${unknown}`)),
      )
    : known;
  if (answer === undefined) return undefined;
  const found = new Map(answer.map((line) => splitAt(line, '=')));
  const authorization = authorizationOf(found);
  if (authorization === undefined) return undefined;
  const tell = async (verb: 'approve' | 'reject'): Promise<void> => {
    await runGit(['credential', verb], { input: `${answer.join('\n')}\n\n` });
  };
  return { authorization, approve: () => tell('approve'), reject: () => tell('reject') };
}

/** @returns the attributes, a line each; undefined where there are no credentials. */
async function fill(settings: readonly string[], input: string): Promise<string[] | undefined> {
  const args = [...settings, 'credential', 'fill'];
  const { code, stdout, error } = await runGit(args, { input, showErrors: true });
  if (error !== undefined) throw notAsked('credentials', error);
  return code === 0 ? stdout.split('\n').filter((line) => line !== '') : undefined;
}

/**
 * A value of credential.helper to stand behind all others, asked only where these do not know. It
 * says of what is missing that it is unknown: git would ask the user for it under an address that
 * nobody has written.
 */
function lastAnswer(unknown: string): string {
  return `!f() {
    test "$1" = get || return 0
    while read -r line; do case "$line" in username=*) user=1 ;; esac; done
    test -n "$user" || echo username=${unknown}
    echo password=${unknown}
  }; f`;
}

/**
 * Asks the user, by git's own ways, for what is missing: GIT_ASKPASS, core.askPass, SSH_ASKPASS, the
 * terminal.
 */
async function prompt(url: ServiceUrl, known: readonly string[]): Promise<string[] | undefined> {
  const scheme = new URL(url.plain).protocol.slice(0, -1);
  const input = known.map((line) => line.replace(/^protocol=.*/, `protocol=${scheme}`)).join('\n');
  const withPath = known.some((line) => line.startsWith('path='));
  const settings = ['-c', 'credential.helper=', '-c', `credential.useHttpPath=${withPath}`];
  const answer = await fill(settings, `${input}\n\n`);
  const isSaid = (line: string): boolean => /^(username|password)=/.test(line);
  return answer && [...known.filter((line) => !isSaid(line)), ...answer.filter(isSaid)];
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
