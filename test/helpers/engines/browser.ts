/**
 * What tests that run in every engine use of a browser: the part of Playwright's that others can do
 * as well. Chromium's are Playwright's own.
 */
import type { Browser, Page } from 'playwright-core';

/** A tab. */
export type TestPage = Pick<
  Page,
  'goto' | 'evaluate' | 'exposeFunction' | 'addScriptTag' | 'waitForFunction' | 'close'
> & {
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
