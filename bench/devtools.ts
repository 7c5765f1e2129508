/**
 * Speaks the Chrome DevTools Protocol through a pipe, as little of it as is needed to call a
 * function of a page. Not through Playwright: that listens to a page's network (Network.enable),
 * for which Chromium reports every WebSocket message with its content in base64. A WebSocket then
 * costs more than three times the CPU time, a fetch a fifth more (docs/performance.md).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

interface Reply {
  readonly id?: number;
  /** Of an event. */
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** What the functions here have to say of Runtime.evaluate's answer. */
interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly exception?: { readonly description?: string };
  };
}

/** An event of a trace, as far as anybody looks at it. Times in µs. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** CPU time of the thread in it. */
  readonly tdur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

const flags = [
  '--headless',
  '--remote-debugging-pipe',
  // As root Chromium starts only without it, and the page is our own.
  '--no-sandbox',
  // Measured alone, and talking to nobody but the servers that are measured.
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
  ...['--disable-dev-shm-usage', '--password-store=basic', '--use-mock-keychain'],
];

/** A Chromium that was started, with one page. */
export class DevTools {
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly #listeners = new Map<string, (params: unknown) => void>();
  #session: string | undefined;
  #calls = 0;
  #ended = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#input = child.stdio[3] as Writable;
    this.#input.on('error', () => undefined);
    this.#listen(child.stdio[4] as Readable);
    child.once('close', () => {
      this.#ended = true;
      for (const settle of this.#waiting.values()) settle({ error: { message: 'it ended' } });
    });
  }

  /**
   * @param executable path of Chromium.
   * @param profile a directory that does not exist yet.
   * @param url of the page.
   */
  static async start(executable: string, profile: string, url: string): Promise<DevTools> {
    const args = [...flags, `--user-data-dir=${profile}`, 'about:blank'];
    const child = spawn(executable, args, {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    await once(child, 'spawn');
    const devTools = new DevTools(child);
    const { targetId } = await devTools.#call('Target.createTarget', { url });
    const attached = await devTools.#call('Target.attachToTarget', { targetId, flatten: true });
    devTools.#session = String(attached['sessionId']);
    return devTools;
  }

  /** Id of Chromium's first process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @returns for example `156.0.8078.79`. */
  async version(): Promise<string> {
    const { product } = await this.#call('Browser.getVersion', {}, null);
    return String(product).replace(/^.*\//, '');
  }

  /**
   * @param expression JavaScript; a promise is waited for.
   * @returns its value, as JSON carries it.
   * @throws Error with what it threw.
   */
  async evaluate(expression: string): Promise<unknown> {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const answer = (await this.#call('Runtime.evaluate', options)) as unknown as Evaluated;
    const { result, exceptionDetails: thrown } = answer;
    if (thrown === undefined) return result.value;
    throw new Error(`in the page: ${thrown.exception?.description ?? thrown.text}`);
  }

  /**
   * Has Chromium write down what its threads do.
   *
   * @param categories of events, by Chromium's names.
   * @returns ends it.
   */
  async trace(categories: readonly string[]): Promise<() => Promise<readonly TraceEvent[]>> {
    const events: TraceEvent[] = [];
    this.#listeners.set('Tracing.dataCollected', (params) => {
      events.push(...(params as { value: TraceEvent[] }).value);
    });
    const traceConfig = { recordMode: 'recordUntilFull', includedCategories: categories };
    await this.#call('Tracing.start', { traceConfig, transferMode: 'ReportEvents' }, null);
    return async () => {
      const complete = new Promise((resolve) => {
        this.#listeners.set('Tracing.tracingComplete', resolve);
      });
      await this.#call('Tracing.end', {}, null);
      await complete;
      return events;
    };
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    const closed = once(this.#child, 'close');
    this.#call('Browser.close', {}, null).catch(() => undefined);
    await closed;
  }

  async #call(
    method: string,
    params: object,
    sessionId: string | null | undefined = this.#session,
  ): Promise<Record<string, unknown>> {
    this.#calls += 1;
    const id = this.#calls;
    const reply = await new Promise<Reply>((resolve) => {
      if (this.#ended) resolve({ error: { message: 'it ended' } });
      this.#waiting.set(id, resolve);
      const session = sessionId === null || sessionId === undefined ? {} : { sessionId };
      this.#input.write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    });
    this.#waiting.delete(id);
    if (reply.error !== undefined) throw new Error(`Chromium, ${method}: ${reply.error.message}`);
    return reply.result ?? {};
  }

  #listen(output: Readable): void {
    let rest = '';
    output.setEncoding('utf8').on('data', (piece: string) => {
      const messages = (rest + piece).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) {
        const reply = JSON.parse(message) as Reply;
        if (reply.id !== undefined) this.#waiting.get(reply.id)?.(reply);
        else this.#listeners.get(reply.method ?? '')?.(reply.params);
      }
    });
  }
}
