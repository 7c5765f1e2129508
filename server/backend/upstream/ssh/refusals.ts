/** What the end of ssh means to a client: what ssh itself said is read here, and never passed on. */
import { closeCodes, formatCloseReason } from '../../../../src/tunnel/machine/close.js';
import { noSuchRepository } from '../../../admission/access.js';
import { refusal, type Refusal } from '../../../admission/refusal.js';

/** The exit code of ssh for what went wrong with itself (ssh(1), "EXIT STATUS"). */
export const ownFailure = 255;

/** How ssh ended before the service said anything. */
export interface EarlyEnd {
  readonly host: string;
  readonly code: number | null;
  /** What ssh itself said: paths of this machine are in it. */
  readonly log: string;
  /** What the other end said. */
  readonly words: string;
}

/** What ssh says of itself, and what the client is told of it. */
const ownEnds: readonly (readonly [RegExp, keyof typeof closeCodes, (host: string) => string])[] = [
  [
    /IDENTIFICATION HAS CHANGED/,
    'failed',
    (host) => `${host} shows another key than the one that this server knows.`,
  ],
  [
    /Host key verification failed|No .* host key is known/,
    'failed',
    (host) => `This server does not know the key of ${host}.`,
  ],
  [
    /Permission denied|Too many authentication failures|No more authentication methods/,
    'failed',
    (host) => `${host} does not take the key of this server.`,
  ],
  [
    /no matching|Unable to negotiate|invalid format|error in libcrypto|Bad (configuration|owner)/i,
    'failed',
    (host) => `This server cannot speak with ${host}.`,
  ],
];

/** What a host says of a repository that is not there, or not for this key. */
const missing =
  /not found|does not exist|could not be found|cannot find|does not appear to be a git repo|no such|DENIED by fallthru/i;

/** What it says where its account may read, and not do this. */
const forbidden = /denied|not allowed|forbidden|not permitted|no permission|read.only/i;

/** @returns what the client is told; 4503 where another address may still be tried. */
export function refusalOfEnd({ host, code, log, words }: EarlyEnd): Refusal {
  if (code === ownFailure && (words.trim() === '' || log.trim() !== '')) {
    const [, closeCode = 'unavailable', sentence = unreachable] =
      ownEnds.find(([pattern]) => pattern.test(log)) ?? [];
    return refusal(closeCodes[closeCode], sentence(host));
  }
  if (missing.test(words) && !/^FATAL: W /m.test(words)) {
    return refusal(closeCodes.notFound, noSuchRepository);
  }
  const [line = ''] = words.trim().split('\n');
  const said = line === '' ? '.' : `: ${formatCloseReason(line)}`;
  return forbidden.test(words)
    ? refusal(closeCodes.forbidden, `${host} does not allow this${said}`)
    : refusal(closeCodes.failed, `${host} does not do this${said}`);
}

/** Whether it was a connection shared with others that was lost, or took no more: another may be had. */
export function isOfShared({ code, log }: Pick<EarlyEnd, 'code' | 'log'>): boolean {
  return (
    code === ownFailure && /mux_client|muxclient|master|shared connection|control socket/i.test(log)
  );
}

const unreachable = (host: string): string => `${host} could not be reached.`;
