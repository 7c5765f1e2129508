/**
 * The two requests of git's smart HTTP (gitprotocol-http(5)), by the platform's `fetch`: for what a service
 * says first, and for each request to it.
 */
import { GitWsError } from '../../base/errors.js';
import { isNode } from '../../base/hold.js';
import { inTime } from '../../base/in-time.js';
import { closeCodes, closeError } from '../../tunnel/machine/close.js';
import type { GitService } from '../../tunnel/machine/request-target.js';
import type { RequestBody } from '../../wire/stateless/conversation.js';

/**
 * How long nothing more of an answer may come, in ms: git's servers say something every few seconds, and
 * Node's own `fetch` waits as long, while a browser's waits for ever.
 */
export const httpSilence = 300_000;

/** What is asked of a repository. */
export interface AskedOverHttp {
  /** http: or https: URL of the repository, without user, password and slashes at its end. */
  readonly url: string;
  readonly service: GitService;
  readonly gitProtocol: string | undefined;
  readonly authorization: string | undefined;
  readonly signal: AbortSignal;
}

/** The way to a service of a repository. */
export interface FoundOverHttp {
  readonly advertisement: AsyncIterable<Uint8Array>;
  /** Posts one request. @throws GitWsError REFUSED, CONNECTION_LOST */
  readonly post: (body: RequestBody) => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Asks for what a service says first. Redirects are followed, and posts go to where they led; credentials
 * go to the host that they are for, and to no other.
 *
 * @throws GitWsError REFUSED for every answer but a success, CONNECTION_FAILED where there is none, or
 *   none of git's, INVALID_OPTION for credentials that no header can have.
 */
export async function findOverHttp(asked: AskedOverHttp): Promise<FoundOverHttp> {
  const { url, service, signal } = asked;
  const end = `/info/refs?service=${service}`;
  const headers = headersFor(asked, '*/*');
  let answer: Response;
  try {
    answer = await fetch(`${url}${end}`, { ...common, headers, signal });
  } catch (cause) {
    throw notReached(cause);
  }
  if (!answer.ok) throw await refusalOf(answer);
  // A redirect that leads elsewhere leads to a page for people.
  const isGit = isOfType(answer, `application/x-${service}-advertisement`);
  const at = answer.url === '' ? `${url}${end}` : answer.url;
  if (!isGit || answer.body === null || !at.endsWith(end)) {
    drop(answer);
    const message = 'The server answers over HTTP with something else than git’s protocol.';
    throw new GitWsError('CONNECTION_FAILED', message);
  }
  const base = at.slice(0, -end.length);
  const there = isOfSameHost(new URL(url), new URL(base))
    ? asked
    : { ...asked, authorization: undefined };
  return {
    advertisement: await begun(piecesOf(answer.body)),
    post: (body) => post({ ...there, url: base }, body),
  };
}

/** Whether a redirect stays with a host, or leads to the same one by TLS. */
function isOfSameHost(from: URL, to: URL): boolean {
  if (from.origin === to.origin) return true;
  return to.protocol === 'https:' && from.host === to.host && to.port === '';
}

/**
 * @returns the same, once something of it is there: a head alone is the word of whatever stands before a
 *   server.
 * @throws GitWsError CONNECTION_FAILED where the connection ends before.
 */
async function begun(
  pieces: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  const first = await pieces.next().catch((cause: unknown) => {
    throw notReached(cause);
  });
  return (async function* all() {
    if (first.done !== true) yield first.value;
    yield* pieces;
  })();
}

/** No cookies, and nothing that a cache has. */
const common = { credentials: 'omit', cache: 'no-store' } as const;

async function post(asked: AskedOverHttp, body: RequestBody): Promise<AsyncIterable<Uint8Array>> {
  const { url, service, signal } = asked;
  const result = `application/x-${service}-result`;
  const headers = headersFor(asked, result);
  headers.set('content-type', `application/x-${service}-request`);
  const sent = await bodyFor(body);
  let answer: Response;
  try {
    answer = await fetch(`${url}/${service}`, {
      ...{ ...common, ...sent, method: 'POST', headers, signal },
      // What was redirected would be asked again without its body.
      redirect: 'error',
    });
  } catch (cause) {
    throw lost(cause);
  }
  if (!answer.ok) throw await refusalOf(answer);
  if (!isOfType(answer, result) || answer.body === null) {
    drop(answer);
    const message = 'The server broke off: it answers with something else than git’s protocol.';
    throw new GitWsError('CONNECTION_LOST', message);
  }
  return piecesOf(answer.body);
}

/** @throws GitWsError INVALID_OPTION for credentials that no header can have. */
function headersFor({ gitProtocol, authorization }: AskedOverHttp, accept: string): Headers {
  const headers = new Headers({ accept });
  if (gitProtocol !== undefined) headers.set('git-protocol', gitProtocol);
  // Hosts tell git from browsers by its beginning. A page's own name is the browser's.
  if (isNode()) headers.set('user-agent', 'git/gitws');
  if (authorization === undefined) return headers;
  try {
    headers.set('authorization', authorization);
  } catch {
    // The platform's own error quotes them.
    const message = 'The credentials have a character that HTTP cannot carry.';
    throw new GitWsError('INVALID_OPTION', message);
  }
  return headers;
}

/** Node sends what is large as it comes; browsers do so over HTTP/2 alone, if at all. */
async function bodyFor(body: RequestBody): Promise<RequestInit> {
  if (body instanceof Uint8Array) return { body: body as Uint8Array<ArrayBuffer> };
  if (isNode()) {
    const stream = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const next = await body.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
    });
    return { body: stream, duplex: 'half' } as RequestInit;
  }
  const parts: BlobPart[] = [];
  for await (const part of body) parts.push(part as Uint8Array<ArrayBuffer>);
  return { body: new Blob(parts) };
}

/** A stream's pieces; not every browser's streams can be iterated. */
async function* piecesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let isWhole = false;
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), httpSilence, silent);
      if (done) break;
      yield value;
    }
    isWhole = true;
  } catch (cause) {
    throw lost(cause);
  } finally {
    if (!isWhole) void reader.cancel().catch(() => undefined);
  }
}

const silent = (): Error =>
  new Error(`Nothing came of the answer for ${httpSilence / 1000} seconds.`);

/** Reads no more of an answer. */
function drop({ body }: Response): void {
  void body?.cancel().catch(() => undefined);
}

function isOfType({ headers }: Response, type: string): boolean {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() === type;
}

/** Statuses that mean the same here as there. */
const sameStatuses: readonly number[] = [401, 403, 404, 413, 429];

async function refusalOf(answer: Response): Promise<GitWsError> {
  const { status } = answer;
  let line = '';
  if (isOfType(answer, 'text/plain')) line = await firstLineOf(answer);
  else drop(answer);
  if (sameStatuses.includes(status)) return closeError(4000 + status, line);
  const code = status >= 500 ? closeCodes.unavailable : closeCodes.failed;
  const said = line === '' ? '.' : `: ${line}`;
  return closeError(code, `The server answered over HTTP with status ${status}${said}`);
}

/** Most bytes that are read of what a refusal says to a person, and how long they may take, in ms. */
const mostSaid = 1024;
const sayTime = 2_000;

/** The first words of an answer. Never rejects, and does not wait for one that has no end. */
async function firstLineOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => undefined);
  const timer = setTimeout(stop, sayTime);
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (text.length < mostSaid && !text.trimStart().includes('\n')) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value.subarray(0, mostSaid), { stream: true });
    }
  } catch {
    // The connection is gone: what has come is all.
  } finally {
    clearTimeout(timer);
    stop();
  }
  return text.trim().split('\n')[0] ?? '';
}

function notReached(cause: unknown): GitWsError {
  const message = 'The server could not be reached over HTTP.';
  return new GitWsError('CONNECTION_FAILED', message, { cause, retryable: true });
}

function lost(cause: unknown): GitWsError {
  const message = 'The connection ended before the transfer did.';
  return new GitWsError('CONNECTION_LOST', message, { cause, retryable: true });
}
