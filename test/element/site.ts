/** Pages with `<git-repository>` as it is built, a gitws server with repositories for them, and Chromium. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type {} from '../../src/element/index.js';
import { launchChromium } from '../helpers/chromium.js';
import { listen } from '../helpers/listen.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Exactly what docs/element.md names; `connect-src` is of the test's server. */
export const strictPolicy = (server: string): string =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    `connect-src 'self' ${server.replace('http', 'ws')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

/** A page, and how it is opened. */
export interface PageOptions {
  readonly body: string;
  readonly head?: string;
  readonly policy?: string;
  readonly context?: BrowserContextOptions;
  /** What may be said on the console. */
  readonly allowed?: RegExp;
  /** Added to the page's address. */
  readonly fragment?: string;
}

/** What pages of any engine stand on. */
export interface ServedSite {
  readonly root: string;
  /** Of the gitws server. */
  readonly url: string;
  readonly site: string;
  /** What was asked of the pages' server, in order. */
  readonly asked: string[];
  /** Serves a page. @returns its address. */
  readonly add: (options: PageOptions) => string;
}

/** What the tests stand on. */
export interface Site extends ServedSite {
  readonly browser: Browser;
  /** A page with a profile of its own; errors on its console fail the test. */
  readonly open: (options: PageOptions) => Promise<Page>;
}

/** Reading is free, but for `secret`; pushing is Ann's, whose password is "right". */
export async function serveSite(): Promise<ServedSite> {
  const root = await temporaryDirectory();
  const pages = new Map<string, PageOptions>();
  const asked: string[] = [];
  const { url: site } = await listen(
    createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      asked.push(pathname);
      const page = pages.get(pathname);
      if (page !== undefined) {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        if (page.policy !== undefined) response.setHeader('content-security-policy', page.policy);
        response.end(htmlOf(page));
        return;
      }
      response.setHeader('content-type', 'text/javascript; charset=utf-8');
      response.setHeader('access-control-allow-origin', '*');
      readFile(join(dist, pathname)).then(
        (body) => response.end(body),
        () => response.writeHead(404).end(),
      );
    }),
  );
  const { url } = await startServer({
    ...{ root, allowPush: true, origins: [site] },
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'basic' && credentials.password === 'right' ? { name: 'Ann' } : null,
    authorize: ({ user, repository, access }) =>
      user !== null || (access === 'read' && !repository.startsWith('secret')),
  });
  const add = (options: PageOptions): string => {
    const path = `/page-${pages.size}`;
    pages.set(path, options);
    return `${site}${path}${options.fragment ?? ''}`;
  };
  return { root, url, site, asked, add };
}

/** The same, and Chromium. */
export async function startSite(): Promise<Site> {
  const served = await serveSite();
  const browser = await launchChromium();
  const open = async (options: PageOptions): Promise<Page> => {
    const address = served.add(options);
    const context = await browser.newContext(options.context ?? {});
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(`${error.name}: ${error.message}`));
    page.on('console', (message) => {
      const text = `${message.text()} ${message.location().url}`;
      if (message.type() === 'error' && !options.allowed?.test(text)) wrong.push(text);
    });
    await page.addInitScript(listenToEvents);
    await page.goto(address);
    onTestFinished(() => expect(wrong).toEqual([]));
    return page;
  };
  return { ...served, browser, open };
}

function htmlOf({ body, head = '' }: PageOptions): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Element</title>
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">${head}
<script type="module" src="/gitws-element.min.js"></script></head><body>${body}</body></html>`;
}

/** What the page's elements have told, as `window.told`. */
function listenToEvents(): void {
  const told: { name: string; detail: unknown }[] = [];
  Object.assign(globalThis, { told });
  for (const name of ['load', 'navigate', 'commit', 'push', 'error']) {
    addEventListener(`gitws-${name}`, (event) => {
      const { error, ...detail } = (event as CustomEvent<Record<string, unknown>>).detail;
      told.push({
        name,
        detail: error === undefined ? detail : { ...detail, code: codeOf(error) },
      });
    });
  }
  function codeOf(error: unknown): unknown {
    return (error as { code?: unknown }).code;
  }
}

/** @returns the details of the events of a name. */
export async function told(page: Page, name: string): Promise<Record<string, unknown>[]> {
  return page.evaluate((wanted) => {
    const { told: all } = globalThis as unknown as {
      told: { name: string; detail: Record<string, unknown> }[];
    };
    return all.filter((one) => one.name === wanted).map(({ detail }) => detail);
  }, name);
}
