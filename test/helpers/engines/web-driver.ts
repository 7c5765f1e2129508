/** The W3C's WebDriver, as much of it as the tests need: one session, its windows, scripts. */

/** Answers of the driver may take so long, in ms: a page may be busy, and a machine loaded. */
const limit = 120_000;

/** One session of a driver that listens. */
export class WebDriver {
  readonly #session: string;
  /** Commands are for the window that was switched to last: pairs of both come one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** The window that was there first, and stays: others are opened from one that there is. */
  readonly #first: string;

  private constructor(session: string, first: string) {
    this.#session = session;
    this.#first = first;
  }

  /**
   * Begins a session.
   *
   * @param url of the driver.
   * @returns it, and the browser's version.
   */
  static async begin(
    url: string,
    capabilities: Record<string, unknown>,
  ): Promise<{ driver: WebDriver; version: string }> {
    const wanted = { capabilities: { alwaysMatch: capabilities } };
    const begun = await send(`${url}/session`, 'POST', wanted);
    const { sessionId, capabilities: had } = begun as {
      sessionId: string;
      capabilities: { browserVersion: string };
    };
    const session = `${url}/session/${sessionId}`;
    const first = (await send(`${session}/window`, 'GET')) as string;
    return { driver: new WebDriver(session, first), version: had.browserVersion };
  }

  /** Sends a command to a window. */
  inWindow(handle: string, command: string, body: unknown): Promise<unknown> {
    return this.#inTurn(async () => {
      await send(`${this.#session}/window`, 'POST', { handle });
      return send(`${this.#session}/${command}`, 'POST', body);
    });
  }

  /** Opens a window, which is seen: a tab behind another one has slow timers. @returns its handle. */
  async openWindow(): Promise<string> {
    const opened = await this.inWindow(this.#first, 'window/new', { type: 'window' });
    return (opened as { handle: string }).handle;
  }

  async closeWindow(handle: string): Promise<void> {
    await this.#inTurn(async () => {
      await send(`${this.#session}/window`, 'POST', { handle });
      await send(`${this.#session}/window`, 'DELETE');
    });
  }

  /** Ends the session, and with it the browser. */
  async end(): Promise<void> {
    await this.#inTurn(() => send(this.#session, 'DELETE'));
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

async function send(
  url: string,
  method: 'GET' | 'POST' | 'DELETE',
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(limit),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { value } = (await response.json()) as { value: unknown };
  if (response.ok) return value;
  const { error, message } = value as { error: string; message: string };
  throw new Error(`WebDriver: ${error}: ${message}`);
}
