/**
 * The git remote helper behind `ws://` and `wss://` (gitremote-helpers(7)). It offers `connect`
 * alone: git then speaks its own protocol through it, as it does through ssh.
 */
import { gitServices, type GitService } from '../src/tunnel/machine/request-target.js';
import { readGitConfig, type GitConfig } from './git-config.js';
import { Input } from './pipe.js';
import { beginEarly, runService } from './run.js';
import { parseServiceUrl, type ServiceUrl } from './service-url.js';
import { trace } from './trace.js';

/** git's own code for what is fatal. */
export const fatal = 128;

const usage = `This is a git remote helper: git starts it for ws:// and wss:// URLs, as in
    git clone wss://git.example/team/site.git
`;

/**
 * @param args the remote's name, or its URL where it has none, and its URL.
 * @returns the exit code.
 */
export async function runRemote(args: readonly string[]): Promise<number> {
  const [remote, address = remote] = args;
  if (address === undefined || address.startsWith('-')) {
    process.stdout.write(usage);
    return address === '--help' || address === '-h' ? 0 : 2;
  }
  let url: ServiceUrl;
  try {
    url = parseServiceUrl(address);
  } catch (error) {
    process.stderr.write(`fatal: ${(error as Error).message}\n`);
    return fatal;
  }
  // Asked now, so that the answer is there when git has said what it wants.
  const config = readGitConfig(url.http, remote === address ? undefined : remote);
  beginEarly(config);
  return obey(url, config);
}

async function obey(url: ServiceUrl, config: Promise<GitConfig>): Promise<number> {
  const { stdin, stdout } = process;
  // git is gone: a failed write is told to its callback, and the event would end in a stack trace.
  stdout.on('error', () => undefined);
  const input = new Input(stdin);
  for (;;) {
    const line = await input.line();
    // git has no more to say: at its end, or by an empty line.
    if (line === undefined || line === '') return 0;
    if (line === 'capabilities') {
      stdout.write('connect\n\n');
      continue;
    }
    trace(line);
    const service = /^connect (.*)$/.exec(line)?.[1];
    if (service === undefined) {
      process.stderr.write(`fatal: git-remote-ws was asked for something unknown by git\n`);
      return fatal;
    }
    if (!isGitService(service)) {
      stdout.write('fallback\n');
      continue;
    }
    return runService({
      ...{ url, service, config, input, output: stdout },
      gitProtocol: ({ protocolVersion }) => askedVersion(service, protocolVersion),
      // The empty line says that the connection stands.
      onOpen: () => stdout.write('\n'),
      ...{ prefix: 'fatal: ', failure: fatal },
    });
  }
}

/**
 * git passes its helpers no GIT_PROTOCOL and follows what the server answers. As over ssh: version 2
 * is for fetching only, and version 0 is asked for by saying nothing (git's connect.c).
 */
function askedVersion(service: GitService, version: number): string | undefined {
  if (service === 'git-upload-archive' || version === 0) return undefined;
  if (service === 'git-receive-pack' && version === 2) return undefined;
  return `version=${version}`;
}

function isGitService(name: string): name is GitService {
  return (gitServices as readonly string[]).includes(name);
}
