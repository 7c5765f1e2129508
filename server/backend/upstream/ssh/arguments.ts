/**
 * What ssh(1) is started with: fixed arguments, which beat what the operator's own configuration says
 * of the same, and a command for the shell at the other end in which nothing but a path is a client's.
 */
import type { GitService } from '../../../../src/tunnel/machine/request-target.js';
import { knownAs, type SshAddress } from './address.js';
import type { SshFiles } from './files.js';

/** What ssh is to do. */
export interface SshTask {
  readonly address: SshAddress;
  /** The address that was judged: ssh looks up no name. */
  readonly connectTo: string;
  readonly files: SshFiles;
  /** Time for a connection to be made, keys exchanged, in ms: ssh counts whole seconds. */
  readonly connectTime: number;
  /** File for what ssh itself says, apart from the words of the other end. */
  readonly log: string;
  /** Sockets of connections that are shared; undefined where none are. */
  readonly sockets: string | undefined;
  readonly command: string;
}

/** How long a shared connection stays when nothing uses it any more, in seconds. */
export const keepTime = 60;

/** How often a connection of which nothing is heard is asked whether it lives, and how often in vain. */
const alive = { interval: 5, count: 3 } as const;

/** Nothing is asked for, nothing is forwarded, nothing is run or written on this machine. */
const fixed = {
  // Before all others: what a version before 8.7 does not know it does not do, either.
  IgnoreUnknown: 'ForkAfterAuthentication,SessionType,StdinNull',
  BatchMode: 'yes',
  CanonicalizeHostname: 'no',
  CheckHostIP: 'no',
  ClearAllForwardings: 'yes',
  EscapeChar: 'none',
  ForkAfterAuthentication: 'no',
  ForwardAgent: 'no',
  ForwardX11: 'no',
  GSSAPIAuthentication: 'no',
  GlobalKnownHostsFile: '/dev/null',
  HostbasedAuthentication: 'no',
  IdentitiesOnly: 'yes',
  // Defence: no agent is asked for other keys (IdentityAgent).
  IdentityAgent: 'none',
  // What it says goes to a file, and this file is read: no more than what went wrong.
  LogLevel: 'ERROR',
  NoHostAuthenticationForLocalhost: 'no',
  // Defence: nothing that a configuration of ssh says is run on this machine (PermitLocalCommand).
  PermitLocalCommand: 'no',
  PreferredAuthentications: 'publickey',
  RemoteCommand: 'none',
  RequestTTY: 'no',
  SendEnv: 'GIT_PROTOCOL',
  SessionType: 'default',
  StdinNull: 'no',
  // Defence: a host whose key is not known is not spoken with (StrictHostKeyChecking).
  StrictHostKeyChecking: 'yes',
  Tunnel: 'no',
  UpdateHostKeys: 'no',
  VerifyHostKeyDNS: 'no',
} as const;

/** @returns all arguments, the last of them the command for the other end. */
export function sshArguments(task: SshTask): string[] {
  const { address, connectTo, files, connectTime, log, sockets, command } = task;
  const options = {
    ...fixed,
    ConnectTimeout: `${Math.ceil(connectTime / 1000)}`,
    ConnectionAttempts: '1',
    HostKeyAlias: knownAs(address),
    // Defence: ssh connects to the address that was judged (HostName).
    HostName: connectTo,
    IdentityFile: quoted(files.key),
    ServerAliveCountMax: `${alive.count}`,
    ServerAliveInterval: `${alive.interval}`,
    UserKnownHostsFile: quoted(files.knownHosts),
    ...(sockets === undefined
      ? { ControlMaster: 'no', ControlPath: 'none', ControlPersist: 'no' }
      : {
          ControlMaster: 'auto',
          ControlPath: quoted(`${sockets}/%C`, { tokens: true }),
          ControlPersist: `${keepTime}`,
        }),
  };
  return [
    // Defence: what ssh says of this machine goes to nobody else.
    ...['-F', files.config ?? 'none', '-E', log, '-T'],
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...['-l', address.user, '-p', `${address.port}`, '--', address.hostname, command],
  ];
}

/**
 * @param segments of the path there: the first may begin with `~`, as in ssh:// URLs of git.
 * @returns what git itself would have the other end run (connect.c).
 */
export function remoteCommand(service: GitService, segments: readonly string[]): string {
  const path = segments.join('/');
  return `${service} ${shellQuoted(path.startsWith('~') ? path : `/${path}`)}`;
}

/** As git quotes for a shell (sq_quote_buf() in quote.c). */
function shellQuoted(text: string): string {
  // Defence: a path is one word for the shell at the other end.
  return `'${text.replace(/['!]/g, (letter) => `'\\${letter}'`)}'`;
}

/** A path as ssh_config(5) has it: words are divided at blanks, and `%` begins a token. */
function quoted(path: string, { tokens = false } = {}): string {
  return `"${tokens ? path : path.replace(/%/g, '%%')}"`;
}
