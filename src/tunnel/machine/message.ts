/**
 * The text messages of gitws.v1: what they are and how they are spelt (docs/protocol.md,
 * "Messages"). Which of them may come when is the machine's business (tunnel.ts).
 */
import { decodeBase64Url, encodeBase64Url } from '../../base/base64.js';
import { GitWsError } from '../../base/errors.js';

/** Largest binary message, in bytes; `ws` refuses larger ones itself with 1009. */
export const maxBinaryBytes = 1024 * 1024;

/** Largest text message, in UTF-16 units (a lower bound of its UTF-8 bytes). */
export const maxTextLength = 8 * 1024;

/** Longest input that a `run` brings along, in characters of JSON: the rest is for credentials. */
export const maxInputLength = 5_000;

/** Most characters of one `stderr` message: escaped as JSON they still fit a text message. */
export const maxStderrLength = 1_000;

/** Bounds and default of a receive window, in bytes (docs/protocol.md, "Flow control"). */
export const windowBytes = {
  minimum: 64 * 1024,
  default: 4 * 1024 * 1024,
  maximum: 16 * 1024 * 1024,
} as const;

/** Whether a receive window is within its bounds. */
export function isWindow(bytes: number): boolean {
  // Defence: a window has a largest size.
  return bytes >= windowBytes.minimum && bytes <= windowBytes.maximum;
}

/** How git's process ended. Exactly one of the two is set. */
export interface ExitStatus {
  /** Exit code, 0 to 255. */
  readonly code: number | null;
  /** Name of the signal that ended it, for example `SIGKILL`. */
  readonly signal: string | null;
}

/** Reliable, ordered text messages: numbered together with the binary ones. */
export type CountedText =
  | { readonly type: 'stderr'; readonly text: string }
  | { readonly type: 'end' }
  | ({ readonly type: 'exit' } & ExitStatus);

/** The server's first message on every socket. */
export interface OpenMessage {
  readonly type: 'open';
  /** Public id of the session; may be logged. */
  readonly session: string;
  /** Secret that resumes the session. */
  readonly token: string;
  /** The server's receive window, in bytes. */
  readonly window: number;
  /** How many counted messages of the client the server has received. */
  readonly received: number;
  /** How long a detached session is kept, in seconds; 0 where the server does not resume. */
  readonly resumeFor: number;
  /**
   * Most unacknowledged bytes that the server keeps; absent where that is all of the client's window. A client
   * that acknowledges late has to know.
   */
  readonly replay?: number;
  /** How long this connection is kept after `exit`, in seconds; absent where it is not. */
  readonly keepFor?: number;
  /** Whether a `run` over it may bring its input along; absent where it may not. */
  readonly input?: true;
}

/** A client asks for another run on the connection that the one before had. */
export interface RunMessage {
  readonly type: 'run';
  /** As asked; perhaps a service that does not exist. */
  readonly service: string;
  /** As asked: see `git-protocol` in an endpoint's query. */
  readonly gitProtocol: string | undefined;
  /** The client's receive window, in bytes. */
  readonly window: number;
  /** The `Authorization` value. */
  readonly authorization: string | undefined;
  /** That for the host behind a gateway. */
  readonly upstreamAuthorization?: string | undefined;
  /** What git is given first, before anything that the client sends later; its bytes are UTF-8. */
  readonly input?: string | undefined;
}

/** The server's answer to a {@link RunMessage} where it is no `open`. */
export interface RefusedMessage {
  readonly type: 'refused';
  /** As a close code says it, 4400 or more. */
  readonly code: number;
  readonly reason: string;
}

/** What the reader of one side has taken. */
export interface AckMessage {
  readonly type: 'ack';
  /** How many counted messages. */
  readonly consumed: number;
  /** Of a client: what is consumed is stored, and so is the token; absent where it is not. */
  readonly stored?: true;
}

/** Messages about the connection, lost with it. */
export type UncountedText =
  | OpenMessage
  | RunMessage
  | RefusedMessage
  | AckMessage
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'pong'; readonly id: number };

/** Every text message that this version knows. */
export type TextMessage = CountedText | UncountedText;

/** The text frame that says `message`. */
export function formatMessage(message: TextMessage): string {
  if (message.type === 'run') return formatRun(message);
  if (message.type !== 'exit') return JSON.stringify(message);
  return message.signal === null
    ? JSON.stringify({ type: 'exit', code: message.code })
    : JSON.stringify({ type: 'exit', signal: message.signal });
}

/**
 * @param text one text frame.
 * @returns the message, or undefined for a type that this version does not know: those are
 *   uncounted by definition and ignored, which leaves room to grow.
 * @throws GitWsError PROTOCOL_ERROR
 */
export function parseMessage(text: string): TextMessage | undefined {
  // Defence: a text message holds 8 KiB at most.
  if (text.length > maxTextLength) throw malformed('a text message is longer than 8 KiB');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed('a text message is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed('a text message is not a JSON object');
  }
  const fields = value as Record<string, unknown>;
  switch (fields['type']) {
    case 'end':
      return { type: 'end' };
    case 'stderr':
      return { type: 'stderr', text: textField(fields, 'text') };
    case 'exit':
      return parseExit(fields);
    case 'ack':
      return parseAck(fields);
    case 'ping':
      return { type: 'ping', id: integerField(fields, 'id') };
    case 'pong':
      return { type: 'pong', id: integerField(fields, 'id') };
    case 'open':
      return {
        type: 'open',
        session: textField(fields, 'session'),
        token: textField(fields, 'token'),
        window: integerField(fields, 'window'),
        received: integerField(fields, 'received'),
        resumeFor: integerField(fields, 'resumeFor'),
        ...('replay' in fields ? { replay: integerField(fields, 'replay') } : {}),
        ...('keepFor' in fields ? { keepFor: integerField(fields, 'keepFor') } : {}),
        ...(trueField(fields, 'input') ? { input: true } : {}),
      };
    case 'run':
      return parseRun(fields);
    case 'refused':
      return parseRefused(fields);
    default:
      if (typeof fields['type'] !== 'string') throw malformed('a text message has no type');
      return undefined;
  }
}

function parseAck(fields: Record<string, unknown>): AckMessage {
  const consumed = integerField(fields, 'consumed');
  return { type: 'ack', consumed, ...(trueField(fields, 'stored') ? { stored: true } : {}) };
}

function parseExit(fields: Record<string, unknown>): TextMessage {
  const { code, signal } = fields;
  if (signal === undefined) {
    const number = integerField(fields, 'code');
    if (number > 255) throw malformed('an exit code is above 255');
    return { type: 'exit', code: number, signal: null };
  }
  if (code !== undefined) throw malformed('exit has both a code and a signal');
  if (typeof signal !== 'string' || !/^SIG[A-Z0-9]{1,20}$/.test(signal)) {
    throw malformed('exit has a signal that is none');
  }
  return { type: 'exit', code: null, signal };
}

function formatRun({ authorization, upstreamAuthorization, ...others }: RunMessage): string {
  // As in a handshake: longer than that a page could not send them in any case.
  const encoded = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : encodeBase64Url(value);
  return JSON.stringify({
    ...others,
    authorization: encoded(authorization),
    upstreamAuthorization: encoded(upstreamAuthorization),
  });
}

function parseRun(fields: Record<string, unknown>): RunMessage {
  const window = integerField(fields, 'window');
  if (!isWindow(window)) throw malformed('the window of a run is out of bounds');
  const credentials = (name: string): string | undefined => {
    const encoded = optionalTextField(fields, name);
    return encoded === undefined ? undefined : parseAuthorization(encoded);
  };
  return {
    type: 'run',
    service: textField(fields, 'service'),
    gitProtocol: optionalTextField(fields, 'gitProtocol'),
    window,
    authorization: credentials('authorization'),
    upstreamAuthorization: credentials('upstreamAuthorization'),
    input: optionalTextField(fields, 'input'),
  };
}

function parseRefused(fields: Record<string, unknown>): RefusedMessage {
  const code = integerField(fields, 'code');
  if (code < 4400 || code > 4599) throw malformed('refused has a code that is none');
  return { type: 'refused', code, reason: textField(fields, 'reason') };
}

/**
 * @param encoded credentials as a handshake or a `run` has them.
 * @throws GitWsError PROTOCOL_ERROR
 */
export function parseAuthorization(encoded: string): string {
  const authorization = decodeBase64Url(encoded);
  if (authorization === undefined) throw malformed('the credentials are not base64url of UTF-8');
  // As in an HTTP header, where these would end the value and begin another.
  // Defence: credentials of a page hold no CR, LF or NUL.
  if (/[\r\n\0]/.test(authorization)) throw malformed('the credentials contain CR, LF or NUL');
  return authorization;
}

function optionalTextField(fields: Record<string, unknown>, name: string): string | undefined {
  return fields[name] === undefined ? undefined : textField(fields, name);
}

function textField(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw malformed(`${name} is not a string`);
  return value;
}

/** @returns false also where there is no such field. */
function trueField(fields: Record<string, unknown>, name: string): boolean {
  const { [name]: value = false } = fields;
  if (typeof value !== 'boolean') throw malformed(`${name} is neither true nor false`);
  return value;
}

function integerField(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw malformed(`${name} is not a whole number`);
  }
  return value;
}

/** A breach of gitws.v1; `why` completes "The peer broke gitws.v1: …". */
export function malformed(why: string, cause?: unknown): GitWsError {
  return new GitWsError('PROTOCOL_ERROR', `The peer broke gitws.v1: ${why}.`, { cause });
}
