/**
 * What git says to an ssh client: its options, the host, and one command in the shell's quotes. Pure
 * text, as far as git's connect.c uses it, and as much more as users put into GIT_SSH_COMMAND.
 */
import { gitServices, type GitService } from '../src/tunnel/machine/request-target.js';

/** What was asked for. */
export type SshRequest =
  /** git's question whether this is an OpenSSH-like client: to be answered with success. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'version' }
  | { readonly kind: 'fault'; readonly sentence: string }
  | {
      readonly kind: 'run';
      readonly host: string;
      readonly user: string | undefined;
      readonly port: string | undefined;
      readonly family: 4 | 6 | undefined;
      /** Whether GIT_PROTOCOL is to be passed on. */
      readonly sendsGitProtocol: boolean;
      readonly service: GitService;
      /** The repository's path as git gave it. */
      readonly path: string;
    };

/** ssh(1)'s options without and with a value. */
const flags = '46AaCfGgKkMNnqsTtVvXxYy';
const valued = 'BbcDEeFIiJLlmOoPpQRSWw';

/** @param args without the program's own name. */
export function parseSshArguments(args: readonly string[]): SshRequest {
  const seen = new Set<string>();
  const values = new Map<string, string>();
  let sendsGitProtocol = false;
  const operands: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    // As ssh does it: options before the host and after it; after the command's first word, none.
    if (operands.length > 1 || !word.startsWith('-') || word === '-') {
      operands.push(word);
      continue;
    }
    if (word === '--') {
      operands.push(...args.slice(index + 1));
      break;
    }
    for (let at = 1; at < word.length; at += 1) {
      const letter = word[at] ?? '';
      if (flags.includes(letter)) {
        seen.add(letter);
        if (letter === '4' || letter === '6') values.set('family', letter);
        continue;
      }
      if (!valued.includes(letter)) return fault(`it does not know the option -${letter}`);
      let value = word.slice(at + 1);
      if (value === '') {
        index += 1;
        value = args[index] ?? '';
        if (value === '') return fault(`the option -${letter} lacks its value`);
      }
      values.set(letter, value);
      if (letter === 'o' && /^SendEnv[ =]\s*GIT_PROTOCOL$/i.test(value)) sendsGitProtocol = true;
      break;
    }
  }
  if (seen.has('G')) return { kind: 'probe' };
  if (seen.has('V')) return { kind: 'version' };
  const [destination, ...command] = operands;
  if (destination === undefined) return fault('it was given no host');
  return run(destination, command.join(' '), values, sendsGitProtocol);
}

function run(
  destination: string,
  command: string,
  values: ReadonlyMap<string, string>,
  sendsGitProtocol: boolean,
): SshRequest {
  const at = destination.lastIndexOf('@');
  const host = destination.slice(at + 1).replace(/^\[(.*)\]$/, '$1');
  const user = at === -1 ? values.get('l') : destination.slice(0, at);
  const port = values.get('p');
  if (!/^[^\s/?#@\\\p{Cc}]+$/u.test(host)) return fault('it was given a host that is none');
  if (port !== undefined && !/^\d{1,5}$/.test(port)) return fault('the port is not a number');
  if (command === '') return fault('it opens no shell, it runs services of git only');
  const parsed = parseCommand(command);
  if (parsed === undefined) {
    return fault("it runs git's upload-pack, receive-pack and upload-archive, and nothing else");
  }
  // What Node makes of bytes that are no UTF-8: the name that was meant is not known any more.
  if (parsed.path.includes('\ufffd')) return fault('the path is not UTF-8');
  const family = values.has('family') ? (Number(values.get('family')) as 4 | 6) : undefined;
  return { kind: 'run', host, user, port, family, sendsGitProtocol, ...parsed };
}

/** `git-upload-pack '/path'` or `git upload-pack '/path'`: as git-shell(1) takes them. */
function parseCommand(command: string): { service: GitService; path: string } | undefined {
  const [, name = '', quoted = ''] = /^(git[- ][a-z-]+) (.*)$/s.exec(command) ?? [];
  const service = gitServices.find((one) => one === name.replace(' ', '-'));
  const path = dequote(quoted);
  return service === undefined || path === undefined ? undefined : { service, path };
}

/**
 * Takes back what sq_quote() of git's quote.c did to one argument: in single quotes, with `'` and
 * `!` outside of them behind a backslash.
 *
 * @returns undefined for anything but exactly one such argument.
 */
export function dequote(quoted: string): string | undefined {
  if (!/^'[^']*'(?:\\['!]'[^']*')*$/.test(quoted)) return undefined;
  return quoted.slice(1, -1).replace(/'\\(['!])'/g, '$1');
}

function fault(why: string): SshRequest {
  return { kind: 'fault', sentence: `gitws-ssh cannot do this: ${why}` };
}
