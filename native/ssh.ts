/**
 * `gitws-ssh`: acts like an ssh client, for `GIT_SSH_COMMAND=gitws-ssh`, and goes through a
 * WebSocket instead.
 */
import { readGitConfig } from './git-config.js';
import { Input } from './pipe.js';
import { beginEarly, runService } from './run.js';
import { parseServiceUrl, type ServiceUrl } from './service-url.js';
import { parseSshArguments, type SshRequest } from './ssh-arguments.js';

/** ssh's own code for what is not the remote command's. */
export const failure = 255;
export const prefix = 'gitws-ssh: ';

/** @returns the exit code: the remote service's, or 255. */
export async function runSsh(args: readonly string[]): Promise<number> {
  const request = parseSshArguments(args);
  switch (request.kind) {
    case 'probe':
      return 0;
    case 'version':
      process.stderr.write('gitws-ssh, git over WebSockets behind the options of ssh\n');
      return 0;
    case 'fault':
      process.stderr.write(`${request.sentence}\n`);
      return failure;
    case 'run':
      return run(request);
  }
}

async function run(request: SshRequest & { kind: 'run' }): Promise<number> {
  let url: ServiceUrl;
  try {
    url = parseServiceUrl(formatUrl(request));
  } catch (error) {
    process.stderr.write(`gitws-ssh cannot do this: ${(error as Error).message}\n`);
    return failure;
  }
  const config = readGitConfig(url.http);
  beginEarly(config);
  const { stdin, stdout } = process;
  // git is gone: a failed write is told to its callback, and the event would end in a stack trace.
  stdout.on('error', () => undefined);
  const { service, family, sendsGitProtocol } = request;
  return runService({
    ...{ url, service, config, family, input: new Input(stdin), output: stdout },
    gitProtocol: () => (sendsGitProtocol ? askedVersion(process.env['GIT_PROTOCOL']) : undefined),
    ...{ prefix, failure },
  });
}

/** Colon-separated words (git(1), GIT_PROTOCOL); a gitws server takes the version alone. */
function askedVersion(gitProtocol = ''): string | undefined {
  return gitProtocol.split(':').find((word) => /^version=[012]$/.test(word));
}

function formatUrl({ host, port, user, path }: SshRequest & { kind: 'run' }): string {
  const name = host.includes(':') ? `[${host}]` : host;
  const userinfo = user === undefined ? '' : `${encodeURIComponent(user)}@`;
  const segments = path.replace(/^\//, '').split('/').map(encodeURIComponent);
  const place = `${name}${port === undefined ? '' : `:${port}`}`;
  return `${scheme(host)}://${userinfo}${place}/${segments.join('/')}`;
}

/** Encrypted unless it stays on this machine, or the user says so. */
function scheme(host: string): string {
  const asked = process.env['GITWS_SSH_SCHEME'] ?? '';
  if (asked === 'ws' || asked === 'wss') return asked;
  if (asked !== '') throw new Error('GITWS_SSH_SCHEME is neither ws nor wss');
  return /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host) ? 'ws' : 'wss';
}
