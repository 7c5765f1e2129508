/** Has a page look the same whenever, and wherever, it is opened: its clock, its fonts, its cursor. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** Of the page and of its worker, which makes the commits: so their hashes are the same as well. */
const clock = `{
  const now = Date.UTC(2026, 0, 15, 12);
  const Real = Date;
  globalThis.Date = class Date extends Real {
    constructor(...given) { given.length === 0 ? super(now) : super(...given); }
    static now() { return now; }
  };
}
`;

/** Of the page alone: no message goes away, and nothing is asked of the server, while pictures are taken. */
const timers = `for (const name of ['setTimeout', 'setInterval']) {
  const real = globalThis[name];
  globalThis[name] = (run, delay, ...given) => (delay >= 5_000 ? 0 : real(run, delay, ...given));
}
`;

/** The page's two families, in the place of what the system has. */
const fonts = {
  sans: '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  mono: '@fontsource-variable/noto-sans-mono/files/noto-sans-mono-latin-wght-normal.woff2',
};

const style = [
  ...Object.keys(fonts).map(
    (name) =>
      `@font-face { font-family: 'still-${name}'; src: url(/still-${name}.woff2); font-weight: 100 900; }`,
  ),
  `:root { --sans: 'still-sans' !important; --mono: 'still-mono' !important; }`,
  // A port has digits that change, and the width that follows does not.
  '* { font-variant-numeric: tabular-nums !important; }',
  // Signs that neither font has: whatever has them says how wide they are.
  `.cm-editor .cm-gutters .cm-foldGutter { flex: none !important; width: 14px !important;
    overflow: hidden !important; visibility: hidden !important; font-size: 0 !important; }`,
  `.cm-collapsedLines::before, .cm-collapsedLines::after { content: '' !important; }`,
  // It blinks.
  '* { caret-color: transparent !important; } .cm-cursorLayer { visibility: hidden !important; }',
].join('\n');

/** For Chromium: letters are drawn as the font has them, whatever the system prefers. */
export const stillArguments = ['--font-render-hinting=none', '--disable-lcd-text'];

/**
 * Sets up what pages of a window get, before the first is opened.
 *
 * @param {import('playwright-core').BrowserContext} context
 */
export async function standStill(context) {
  // What is put in the place of a response counts as one of the internet, which asks for loopback.
  await context.grantPermissions(['local-network-access']);
  await context.addInitScript(clock + timers);
  await context.route('**/worker.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: clock + (await response.text()) });
  });
  await context.route('**/style.css', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\n${style}` });
  });
  for (const [name, path] of Object.entries(fonts)) {
    const body = await readFile(resolve(path));
    await context.route(`**/still-${name}.woff2`, (route) =>
      route.fulfill({ body, contentType: 'font/woff2' }),
    );
  }
}
