/**
 * A window of a browser that is driven over WebDriver. Its commands come one after the other, and a
 * script holds up the next: so scripts are begun with one, and post what came of them.
 */
import { windowSize, type TestPage } from './browser.js';
import type { Listener, PageCalls } from './page-calls.js';
import type { WebDriver } from './web-driver.js';
import { makeKeyboard, makeMouse } from './web-driver-input.js';

/** How long a script may take, in ms: longer than a test, which says more when it is over. */
const limit = 570_000;

/** A window, as {@link TestPage} has it. */
export class WebKitPage {
  readonly mouse: TestPage['mouse'];
  readonly keyboard: TestPage['keyboard'];
  readonly #driver: WebDriver;
  readonly #calls: PageCalls;
  readonly #handle: string;
  /** Addresses of functions of the test, by the names that they have in the page. */
  readonly #exposed: Record<string, string> = {};
  readonly #errorListeners: ((error: Error) => void)[] = [];
  readonly #errors: string;
  /** Ends what waits for an answer of a window that is no more. */
  readonly #waiting = new Set<(reason: Error) => void>();
  #isClosed = false;

  private constructor(driver: WebDriver, calls: PageCalls, handle: string) {
    this.#driver = driver;
    this.#calls = calls;
    this.#handle = handle;
    const act = (actions: unknown[]) => driver.inWindow(handle, 'actions', { actions });
    this.mouse = makeMouse(act);
    this.keyboard = makeKeyboard(act);
    this.#errors = calls.add((message: string) => {
      for (const listener of this.#errorListeners) listener(new Error(message));
    });
  }

  static async open(driver: WebDriver, calls: PageCalls): Promise<TestPage> {
    const handle = await driver.openWindow();
    await driver.inWindow(handle, 'window/rect', windowSize);
    const page = new WebKitPage(driver, calls, handle);
    // Its functions have Playwright's names and meanings; the types of those have more.
    return page as unknown as TestPage;
  }

  async goto(url: string): Promise<void> {
    await this.#driver.inWindow(this.#handle, 'url', { url });
    await this.#prepare();
  }

  async reload(): Promise<void> {
    await this.#driver.inWindow(this.#handle, 'refresh', {});
    await this.#prepare();
  }

  async exposeFunction(name: string, listener: Listener): Promise<void> {
    this.#exposed[name] = this.#calls.add(listener);
    await this.#begin(exposeInPage, { name, address: this.#exposed[name] });
  }

  on(_event: 'pageerror', listener: (error: Error) => void): void {
    this.#errorListeners.push(listener);
  }

  async evaluate(run: unknown, given?: unknown): Promise<unknown> {
    let address = '';
    let giveUp: (reason: Error) => void = () => undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        address = this.#calls.add((failed: string | null, value: unknown) =>
          failed === null ? resolve(value) : reject(new Error(failed)),
        );
        giveUp = reject;
        this.#waiting.add(giveUp);
        const late = new Error(`the page has not answered within ${limit} ms`);
        timer = setTimeout(() => reject(late), limit);
        // Its text, as a function of the page that is called there.
        const script = `(${answerTo.toString()})(${String(run)}, ...arguments)`;
        this.#send(script, [address, absence, encode([given])]).catch(reject);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(giveUp);
      this.#calls.remove(address);
    }
  }

  async addScriptTag({ content = '', type = '' }: { content?: string; type?: string }) {
    const tag = { textContent: content, type };
    await this.#begin((properties: typeof tag) => {
      document.head.append(Object.assign(document.createElement('script'), properties));
    }, tag);
  }

  async waitForFunction(condition: unknown): Promise<void> {
    while ((await this.evaluate(condition)) !== true)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#driver.closeWindow(this.#handle);
    for (const giveUp of this.#waiting) giveUp(new Error('the page was closed'));
  }

  /** Puts into a page that has just been loaded what the test needs there. */
  async #prepare(): Promise<void> {
    await this.#begin(hearErrors, this.#errors);
    for (const [name, address] of Object.entries(this.#exposed))
      await this.#begin(exposeInPage, { name, address });
  }

  /** Has the page do something that is done at once. */
  async #begin<Given>(run: (given: Given) => void, given: Given): Promise<void> {
    await this.#send(`(${run.toString()})(...arguments)`, [given]);
  }

  async #send(script: string, args: unknown[]): Promise<void> {
    await this.#driver.inWindow(this.#handle, 'execute/sync', { script, args });
  }
}

/** Stands for what JSON has not. */
const absence = 'undefined, in a text of JSON';

function encode(given: unknown): string {
  return JSON.stringify(given, (_key, value: unknown) => (value === undefined ? absence : value));
}

/** Runs in the page: does what it is told, and posts what came of it. */
function answerTo(
  run: (given?: unknown) => unknown,
  address: string,
  absent: string,
  text: string,
): void {
  const revive = (_key: string, value: unknown): unknown => (value === absent ? undefined : value);
  const [given] = JSON.parse(text, revive) as unknown[];
  const post = (...answer: unknown[]) =>
    fetch(address, { method: 'POST', body: JSON.stringify(answer) });
  void Promise.resolve(given)
    .then(run)
    .then(
      (value) => post(null, value),
      (error: unknown) =>
        post(
          error instanceof Error
            ? `${error.name}: ${error.message}\n${error.stack}`
            : String(error),
        ),
    );
}

/** Runs in the page: posts what nobody caught there. */
function hearErrors(address: string): void {
  const post = (error: unknown) =>
    fetch(address, { method: 'POST', body: JSON.stringify([String(error)]) });
  addEventListener('error', ({ error, message }) => void post(error ?? message));
  addEventListener('unhandledrejection', ({ reason }) => void post(reason));
}

/** Runs in the page: makes a function of its global object of one that the test has. */
function exposeInPage({ name, address }: { name: string; address: string }): void {
  Object.assign(globalThis, {
    [name]: async (...args: unknown[]) => {
      const response = await fetch(address, { method: 'POST', body: JSON.stringify(args) });
      if (!response.ok) throw new Error(await response.text());
      return response.json() as unknown;
    },
  });
}
