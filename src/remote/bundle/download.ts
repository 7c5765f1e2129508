/**
 * A file on a static host, by `fetch`: its bytes in order, gone on with by Range where a connection is lost.
 * No header is sent that a page would have to ask the host about beforehand, so whether a file is still the
 * same is seen in the answer, and not asked with If-Range.
 */
import { GitWsError } from '../../base/errors.js';
import { isError } from '../../base/failure.js';
import { inTime } from '../../base/in-time.js';
import { canceled } from '../../tunnel/client/failures.js';
import { ByteProgress, type ProgressCallback } from '../progress.js';
import { delay, mostLosses } from '../restart.js';
import { backoffDelay } from '../../tunnel/client/reconnection.js';

/** How long nothing may come, in ms, until a connection counts as lost. */
const silence = 30_000;

/** Bytes that have to come until a loss is forgiven: else a host that sends one at a time is asked for ever. */
const forgiving = 1024 * 1024;

/** How one file is got. */
export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressCallback;
  /** Most bytes. */
  readonly most: number;
}

/** What says whether two answers are of the same file. */
type Validators = Readonly<Record<'etag' | 'last-modified', string | null>>;

/** One file. */
export class Download {
  /** Whether what came after a loss was another file: then all of it has to come anew. */
  hasChanged = false;
  /** Where it was asked for, and what paths in it are relative to. */
  readonly url: URL;
  readonly #options: DownloadOptions;
  readonly #bytes: AsyncGenerator<Uint8Array, void, undefined>;
  #request = new AbortController();
  #isClosed = false;
  #unread: Uint8Array | undefined;
  /** Bytes that have come. */
  #at = 0;
  /** Bytes that had come when a loss was last counted. */
  #counted = 0;
  #losses = 0;
  #validators: Validators | undefined;
  /** Whether the bytes that came are those that the host has: else no Range can be given. */
  #isPlain = true;
  #progress: ByteProgress | undefined;
  /** What came behind that which had come before. */
  #first: Uint8Array | undefined;

  constructor(url: URL, options: DownloadOptions) {
    this.url = url;
    this.#options = options;
    this.#bytes = this.#read();
  }

  /** How many have come. */
  get bytes(): number {
    return this.#at;
  }

  /**
   * @returns what comes next; undefined at the end.
   * @throws GitWsError HttpError, CONNECTION_FAILED, CONNECTION_LOST, PACK_LIMIT, UserCanceledError; what the
   *   listener throws.
   */
  async next(): Promise<Uint8Array | undefined> {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) return unread;
    const { value } = await this.#bytes.next();
    return value ?? undefined;
  }

  /** Puts bytes back, which come next. */
  unread(bytes: Uint8Array): void {
    this.#unread = bytes.length === 0 ? undefined : bytes;
  }

  /** What is left of it. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let next = await this.next(); next !== undefined; next = await this.next()) yield next;
  }

  /** Nobody reads on. Never rejects. */
  close(): void {
    this.#isClosed = true;
    this.#request.abort();
    this.#bytes.return().catch(() => undefined);
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let lost: unknown; ;) {
      try {
        if (lost !== undefined) await this.#wait(lost);
        const reader = await this.#open(lost !== undefined);
        let value = this.#first;
        this.#first = undefined;
        for (;;) {
          value ??= (await this.#whole(() => reader.read())).value;
          if (value === undefined) break;
          this.#count(value.length);
          await this.#progress?.add(value.length);
          yield value;
          value = undefined;
        }
        await this.#progress?.finish();
        return;
      } catch (error) {
        const { signal } = this.#options;
        if (signal.aborted) throw canceled(signal.reason);
        if (!(error instanceof Lost)) throw error;
        // What cannot be reached at all, or not by a page, is not worth a wait.
        if (this.#validators === undefined || this.#isClosed) throw error.failure;
        lost = error.failure;
      }
    }
  }

  #count(bytes: number): void {
    this.#at += bytes;
    const { most } = this.#options;
    // It may have no end.
    if (this.#at <= most) return;
    const message = `The bundle is longer than ${most} bytes, which the limit "packBytes" allows.`;
    throw new GitWsError('PACK_LIMIT', message, { data: { limit: 'packBytes', value: most } });
  }

  async #wait(failure: unknown): Promise<void> {
    if (this.#at - this.#counted >= forgiving) this.#losses = 0;
    this.#counted = this.#at;
    this.#losses += 1;
    if (this.#losses > mostLosses) throw failure;
    await delay(backoffDelay(this.#losses), this.#options.signal);
    // Meanwhile nobody may want it any more: no other connection is opened, which nobody would close.
    if (this.#isClosed) throw failure;
  }

  /** @returns what reads on from where this is. */
  async #open(isAgain: boolean): Promise<Reader> {
    this.#request.abort();
    this.#request = new AbortController();
    const hasRange = this.#at > 0 && this.#isPlain;
    const { url } = this;
    const response = await this.#whole(() =>
      fetch(url, {
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        signal: this.#request.signal,
        ...(hasRange ? { headers: { range: `bytes=${this.#at}-` } } : {}),
      }),
    );
    if (response.redirected && url.protocol === 'https:' && !response.url.startsWith('https:')) {
      throw failed(response.status, 'The host redirects to a place that is not secure.');
    }
    const { status, headers, body } = response;
    const validators = {
      etag: headers.get('etag'),
      'last-modified': headers.get('last-modified'),
    };
    const isPart = hasRange && status === 206;
    if (hasRange && status === 416) this.#change('is shorter than before');
    if (body === null || (status !== 200 && !isPart)) {
      const message = `The host answered with ${status}.`;
      // It may be back soon, where it was there before.
      if (isAgain && status >= 500) throw new Lost(failed(status, message));
      throw failed(status, message);
    }
    if (this.#validators !== undefined && !isSame(this.#validators, validators)) {
      this.#change('has changed meanwhile');
    }
    if (isPart && !beginsAt(headers.get('content-range'), this.#at)) {
      throw failed(status, 'The host sent another part than it was asked for.');
    }
    this.#validators ??= validators;
    const encoding = headers.get('content-encoding') ?? 'identity';
    // A weak one is what servers give what they have compressed meanwhile.
    this.#isPlain &&= encoding === 'identity' && validators.etag?.startsWith('W/') !== true;
    const length = Number(headers.get('content-length') ?? NaN);
    const total = this.#isPlain && status === 200 && length > 0 ? length : undefined;
    this.#progress ??= new ByteProgress('Receiving bundle', this.#options.onProgress, total);
    const reader = body.getReader() as Reader;
    if (isAgain && !isPart) await this.#skip(reader);
    return reader;
  }

  /** Passes what has come before: the host knows no ranges. */
  async #skip(reader: Reader): Promise<void> {
    for (let left = this.#at; left > 0;) {
      const { done, value } = await this.#whole(() => reader.read());
      if (done) this.#change('is shorter than before');
      else if (value.length > left) {
        this.#first = value.subarray(left);
        return;
      } else left -= value.length;
    }
  }

  #change(how: string): never {
    this.hasChanged = true;
    throw new GitWsError('CONNECTION_LOST', `What is at ${shown(this.url)} ${how}.`);
  }

  /** @throws Lost where the network fails, or nothing comes. */
  async #whole<Result>(begin: () => Promise<Result>): Promise<Result> {
    const { signal } = this.#options;
    const end = (): void => this.#request.abort();
    signal.addEventListener('abort', end);
    try {
      // Nothing is begun then: nobody would hear how it ends.
      if (signal.aborted) throw canceled(signal.reason);
      const late = () => new Error(`nothing came for ${silence / 1000} seconds`);
      return await inTime(begin(), silence, late);
    } catch (cause) {
      const why = isError(cause) ? causeOf(cause) : String(cause);
      const message = `The host of the bundle could not be reached, or was lost (${why}).`;
      throw new Lost(new GitWsError('CONNECTION_FAILED', message, { cause, data: {} }));
    } finally {
      signal.removeEventListener('abort', end);
    }
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** A connection that is worth another one. */
class Lost extends Error {
  constructor(readonly failure: GitWsError) {
    super(failure.message);
  }
}

/** A URL as a person may see it: what follows the path, and what stands before the host, may be secret. */
export function shown({ origin, pathname }: URL): string {
  return origin + pathname;
}

/** What Node says of a failed request lies one deeper. */
function causeOf({ message, cause }: Error): string {
  return isError(cause) && cause.message !== '' ? cause.message : message;
}

function failed(status: number, message: string): GitWsError {
  return new GitWsError('HttpError', message, { data: { status, location: undefined } });
}

/** As far as both say: a host of another origin need not let a page see either. */
function isSame(one: Validators, other: Validators): boolean {
  return (['etag', 'last-modified'] as const).every(
    (name) => one[name] === null || other[name] === null || one[name] === other[name],
  );
}

/** @param range undefined where the host does not let a page see it. */
function beginsAt(range: string | null, at: number): boolean {
  return range === null || new RegExp(`^bytes ${at}-\\d+/(\\d+|\\*)$`).test(range);
}
