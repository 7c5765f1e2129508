/** Firefox as Debian has it, without windows, over WebDriver BiDi. */
import puppeteer, { type BrowserContext, type Page } from 'puppeteer-core';
import { windowSize, type TestBrowser, type TestContext, type TestPage } from './browser.js';

/** The room that all pages share, in KiB. A site has a fifth of it, which a test can fill. */
const room = 400 * 1024;

/** How long Firefox may take to start, and a command of the protocol to be answered, in ms. */
const limits = { timeout: 90_000, protocolTimeout: 300_000 };

/** Starts one with a new, empty profile, which Puppeteer removes at the end. */
export async function launchFirefox(executablePath: string): Promise<TestBrowser> {
  const firefox = await puppeteer.launch({
    ...limits,
    browser: 'firefox',
    executablePath,
    headless: true,
    defaultViewport: windowSize,
    extraPrefsFirefox: { 'dom.quotaManager.temporaryStorage.fixedLimit': room },
  });
  const version = await firefox.version();
  return {
    version: () => version,
    newContext: async () => contextOf(await firefox.createBrowserContext()),
    newPage: async () => pageOf(await firefox.newPage()),
    close: () => firefox.close(),
  };
}

function contextOf(context: BrowserContext): TestContext {
  return { newPage: async () => pageOf(await context.newPage()), close: () => context.close() };
}

/** Puppeteer's functions have the names and meanings that Playwright's have, but other types. */
function pageOf(page: Page): TestPage {
  return page as unknown as TestPage;
}
