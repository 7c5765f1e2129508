/**
 * What tests that run in every engine use of a browser: the part of Playwright's that others can do
 * as well. Chromium's are Playwright's own.
 */
import type { Browser, Page } from 'playwright-core';

/** How large a window is, or what it shows of a page, in CSS pixels: as Playwright's are, about. */
export const windowSize = { width: 1280, height: 800 };

/** A tab. */
export type TestPage = Pick<
  Page,
  'goto' | 'reload' | 'evaluate' | 'exposeFunction' | 'addScriptTag' | 'waitForFunction' | 'close'
> & {
  readonly mouse: Pick<Page['mouse'], 'click'>;
  readonly keyboard: Pick<Page['keyboard'], 'type' | 'press' | 'down' | 'up'>;
  /** Errors that nobody caught. */
  on(event: 'pageerror', listener: (error: Error) => void): unknown;
};

/** Tabs that share what they store. */
export interface TestContext {
  newPage(): Promise<TestPage>;
  close(): Promise<void>;
}

/** A browser that has been started. */
export interface TestBrowser extends Pick<Browser, 'version'> {
  /**
   * Begins a profile of its own; in WebKit, which has one alone, what was stored before is still
   * there: tests give what they store names of their own.
   */
  newContext(): Promise<TestContext>;
  newPage(): Promise<TestPage>;
  close(): Promise<void>;
}
