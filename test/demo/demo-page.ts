/** The demo page in a real Chromium, driven by what a person sees of it: roles and names. */
import { expect } from 'vitest';
import type {
  Browser,
  BrowserContextOptions,
  ConsoleMessage,
  Locator,
  Page,
} from 'playwright-core';

/** How a page is looked at. */
export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: NonNullable<BrowserContextOptions['colorScheme']>;
}

/** What Chromium itself writes down: each connection that cannot be made. */
const written = /WebSocket connection to|^Failed to load resource: net::ERR_/;

/** Windows of tests that have ended, to be used again: opening one takes longer than most of them. */
const windows = new Map<Browser, Page>();

/** A page with the demo, and the profile that it keeps. */
export class DemoPage {
  readonly page: Page;
  /** What the page complained of: nothing may be in it when a test ends. */
  readonly complaints: string[] = [];
  readonly #browser: Browser | undefined;
  readonly #listeners = {
    pageerror: (error: Error) => this.complaints.push(String(error.stack ?? error)),
    console: (message: ConsoleMessage) => {
      if (message.type() === 'error' && !written.test(message.text())) {
        this.complaints.push(message.text());
      }
    },
  };

  /** @param browser undefined for a further tab. */
  private constructor(page: Page, browser?: Browser) {
    this.page = page;
    this.#browser = browser;
    page.on('pageerror', this.#listeners.pageerror);
    page.on('console', this.#listeners.console);
  }

  /**
   * Opens the demo where nothing is kept yet: of another server, which has another origin, or in a
   * new profile.
   */
  static async open(browser: Browser, url: string, options: PageOptions = {}): Promise<DemoPage> {
    const { width = 1280, height = 800, colorScheme = 'light' } = options;
    const window = windows.get(browser) ?? (await openWindow(browser));
    windows.delete(browser);
    const demo = new DemoPage(window, browser);
    await window.setViewportSize({ width, height });
    // What moves cannot be clicked before it stands still.
    await window.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await window.goto(url);
    return demo;
  }

  /** Opens the demo in another tab of the same browser. */
  async another(): Promise<DemoPage> {
    const demo = new DemoPage(await this.page.context().newPage());
    await demo.page.goto(this.page.url());
    return demo;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', {
      name,
      ...(typeof name === 'string' && { exact: true }),
    });
  }

  /** The row of a file or folder in the tree. */
  row(name: string | RegExp): Locator {
    return this.page.getByRole('treeitem', { name });
  }

  /** The last message. */
  get notice(): Locator {
    return this.page.getByRole('status');
  }

  editor(path: string): Locator {
    return this.page.getByRole('textbox', { name: `Contents of ${path}`, exact: true });
  }

  /** The field of the start page, once an address of this server stands in it. */
  async addressField(): Promise<Locator> {
    const field = this.page.getByLabel('Repository address');
    await expect.poll(() => field.inputValue()).not.toBe('');
    return field;
  }

  /** Clones what an address names; what stands in the field already if none is given. */
  async clone(address?: string): Promise<void> {
    const field = await this.addressField();
    if (address !== undefined) await field.fill(address);
    await this.button('Clone').click();
  }

  /** Waits for the repository to be open. */
  async opened(name: string): Promise<void> {
    try {
      await this.page.getByRole('tree', { name: 'Files' }).waitFor();
      await this.button(`Repository ${name}`).waitFor();
    } catch (cause) {
      const text = await this.page.locator('body').innerText();
      throw new Error(`${name} is not open. The page says:\n${text}`, { cause });
    }
  }

  /** Opens a file by its path, through the folders above it. */
  async openFile(path: string): Promise<void> {
    const parts = path.split('/');
    for (const folder of parts.slice(0, -1)) {
      const row = this.page.getByRole('treeitem', { name: folder, exact: true });
      if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
    }
    await this.page.locator(`[role=treeitem][title="${path}"]`).click();
  }

  /** Puts text at the end of a file, and does not save it. */
  async type(path: string, text: string): Promise<void> {
    await this.openFile(path);
    await this.editor(path).click();
    await this.page.keyboard.press('Control+End');
    await this.page.keyboard.insertText(text);
    await this.row(`${path} unsaved`).waitFor();
  }

  /** Puts text at the end of a file, and saves it. */
  async append(path: string, text: string): Promise<void> {
    await this.openFile(path);
    await this.editor(path).click();
    await this.page.keyboard.press('Control+End');
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press('Control+s');
    await this.button('Saved').waitFor();
  }

  /** Commits all changes. */
  async commit(message: string): Promise<void> {
    await this.button(/^Commit \d/).waitFor();
    const name = this.page.getByLabel('Your name');
    if (await name.isVisible()) {
      await name.fill('Grace Hopper');
      await this.page.getByLabel('Email').fill('grace@example.com');
    }
    await this.page.getByLabel('Commit message').fill(message);
    await this.button(/^Commit \d/).click();
    await this.notice.getByText(/^Committed [0-9a-f]{7}$/).waitFor();
  }

  /** The names of the databases that hold repositories. */
  async databases(): Promise<string[]> {
    return this.page.evaluate(async () => {
      const all = await indexedDB.databases();
      return all.map(({ name = '' }) => name).filter((name) => name.startsWith('gitws-demo-'));
    });
  }

  /**
   * Ends it.
   *
   * @param options.keep whether its window is as it was, for the next test. Default true.
   * @throws if the page complained of anything.
   */
  async close({ keep = true } = {}): Promise<void> {
    const { page } = this;
    if (this.#browser === undefined) await page.close();
    else if (keep) {
      await page.goto('about:blank');
      page.off('pageerror', this.#listeners.pageerror).off('console', this.#listeners.console);
      windows.set(this.#browser, page);
    } else await page.context().close();
    expect(this.complaints).toEqual([]);
  }
}

async function openWindow(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  // Less than a test may take, so that it is known what did not come.
  context.setDefaultTimeout(20_000);
  return context.newPage();
}
