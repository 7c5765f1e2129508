/** The workers of a page, as its driver tells of them; WebKit's does not, and nothing is compared there. */
import type { Page } from 'playwright-core';
import type { Page as FirefoxPage } from 'puppeteer-core';
import { expect } from 'vitest';
import { engine } from '../engines.js';
import type { TestPage } from './browser.js';

/** What there has to be. */
export interface PageWorkers {
  /** Since {@link workersOf} was called. */
  expectStarted(count: number): Promise<void>;
  expectRunning(count: number): Promise<void>;
}

/** Begins to count the workers that a page starts. */
export function workersOf(page: TestPage): PageWorkers {
  let started = 0;
  const count = (): void => void (started += 1);
  const driven = page as unknown as Page | FirefoxPage;
  if (engine === 'chromium') (driven as Page).on('worker', count);
  if (engine === 'firefox') (driven as FirefoxPage).on('workercreated', count);
  const isTold = engine !== 'webkit';
  return {
    async expectStarted(expected) {
      if (isTold) await expect.poll(() => started).toBe(expected);
    },
    async expectRunning(expected) {
      if (isTold) await expect.poll(() => driven.workers().length).toBe(expected);
    },
  };
}
