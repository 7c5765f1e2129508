/**
 * Takes the README's tour of the demo: `npm run build && node scripts/tour.mjs`. A clone, an edit, what has
 * changed, a commit, a push, the history, and what somebody else has pushed meanwhile, as an animated picture.
 * Option: a path to write to (default docs/tour.gif).
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// @ts-expect-error -- it brings no types.
import gifenc from 'gifenc';
import { useDemo } from './demo-process.mjs';

/**
 * What is used of it.
 *
 * @typedef {{
 *   GIFEncoder: () => {
 *     writeFrame: (indexes: Uint8Array, width: number, height: number, how: object) => void,
 *     finish: () => void,
 *     bytes: () => Uint8Array,
 *   },
 *   quantize: (rgba: Uint8Array, colours: number) => number[][],
 *   applyPalette: (rgba: Uint8Array, palette: number[][]) => Uint8Array,
 * }} Encoding
 */
const { GIFEncoder, applyPalette, quantize } = /** @type {Encoding} */ (gifenc);
const output = process.argv[2] ?? fileURLToPath(new URL('../docs/tour.gif', import.meta.url));

/** What the README may make its readers load, in bytes. */
const largest = 3_000_000;

/** How long a picture stands, in ms. */
const times = { glance: 120, step: 900, look: 1_900 };

/** Pictures of a page, each of them the part that is new in it. */
class Film {
  #gif = GIFEncoder();
  /** @type {Uint32Array | undefined} */
  #last;
  #page;
  #painter;

  /**
   * @param {import('playwright-core').Page} page
   * @param {import('playwright-core').Page} painter makes pixels of pictures.
   */
  constructor(page, painter) {
    this.#page = page;
    this.#painter = painter;
  }

  /** @param {number} delay how long the picture stands, in ms. */
  async take(delay) {
    // What is being painted is there then.
    await this.#page.waitForTimeout(150);
    const png = await this.#page.screenshot({ animations: 'disabled' });
    const asked = `(${pixelsOf})(${JSON.stringify(png.toString('base64'))})`;
    /** @type {{ width: number, height: number, text: string }} */
    const { width, height, text } = await this.#painter.evaluate(asked);
    const bytes = new Uint8Array(Buffer.from(text, 'base64'));
    const pixels = new Uint32Array(bytes.buffer);
    const palette = quantize(bytes, 255);
    const indexes = applyPalette(bytes, palette);
    const transparentIndex = palette.length;
    palette.push([0, 0, 0]);
    const last = this.#last;
    if (last !== undefined) {
      for (const [at, pixel] of pixels.entries()) {
        if (pixel === last[at]) indexes[at] = transparentIndex;
      }
    }
    const seen = { transparent: last !== undefined, transparentIndex, dispose: 1 };
    this.#gif.writeFrame(indexes, width, height, { palette, delay, ...seen });
    this.#last = pixels;
  }

  bytes() {
    this.#gif.finish();
    return this.#gif.bytes();
  }
}

/** Runs in a page: makes pixels, in base64, of a picture in base64. */
const pixelsOf = `async (png) => {
  const response = await fetch('data:image/png;base64,' + png);
  const picture = await createImageBitmap(await response.blob());
  const { width, height } = picture;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([data]));
  });
  return { width, height, text: url.slice(url.indexOf(',') + 1) };
}`;

/**
 * Somebody else pushes a commit.
 *
 * @param {string} data folder of repositories.
 */
async function pushOther(data) {
  const copy = await mkdtemp(join(tmpdir(), 'gitws-tour-'));
  /** @param {string[]} args */
  const git = (...args) => {
    const who = ['-c', 'user.name=Ines Duarte', '-c', 'user.email=ines@ternisland.example'];
    const { status, stderr } = spawnSync('git', [...who, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  };
  try {
    git('clone', '-q', join(data, 'sample.git'), copy);
    await writeFile(join(copy, 'notes', 'ferry.md'), '# Ferry\n\nThe last one leaves at nine.\n');
    git('-C', copy, 'add', '.');
    git('-C', copy, 'commit', '-q', '-m', 'Say when the last ferry leaves');
    git('-C', copy, 'push', '-q');
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} data folder of repositories.
 * @param {Film} film
 */
async function play(page, data, film) {
  const { keyboard } = page;
  /** @param {string | RegExp} name */
  const button = (name) => page.getByRole('button', { name, exact: typeof name === 'string' });
  /** @param {string} path */
  const row = (path) => page.locator(`[role=treeitem][title="${path}"]`);
  await page.getByLabel('Repository address').waitFor();
  await film.take(times.look);
  await button('Clone').click();
  await row('notes').waitFor();
  await film.take(times.look);
  await row('notes').click();
  await row('notes/opening hours.md').click();
  await page.getByText('August').click();
  await keyboard.press('End');
  await keyboard.press('Backspace');
  await film.take(times.step);
  for (const word of 'and by moonlight |'.split(/(?<= )/)) {
    await keyboard.insertText(word);
    await film.take(times.glance);
  }
  await keyboard.press('Control+s');
  await button('Saved').waitFor();
  const views = page.getByRole('group', { name: 'What is shown' });
  await views.getByRole('button', { name: 'Changes' }).click();
  await page.locator('.cm-deletedChunk').first().waitFor();
  await film.take(times.look);
  await page.getByLabel('Commit message').fill('Open by moonlight in August');
  await film.take(times.step);
  await button(/^Commit 1 file/).click();
  await page.getByText(/^Committed /).waitFor();
  await film.take(times.look);
  await button('Push, 1 ahead').click();
  await page.getByText(/^Pushed main/).waitFor();
  await film.take(times.look);
  await button('History').click();
  await button(/Open by moonlight/).click();
  await page.getByRole('list', { name: /^Files of/ }).waitFor();
  await film.take(times.look);
  await pushOther(data);
  // As after a tunnel: the page looks what is new.
  await page.evaluate("dispatchEvent(new Event('online'))");
  await page.getByText('1 new commit on main').waitFor();
  await film.take(times.look);
  await button('Pull, 1 behind').click();
  await row('notes/ferry.md').click();
  await page.getByText('The last one leaves').waitFor();
  await film.take(times.look * 2);
}

await useDemo(
  async (page, data) => {
    await page.addStyleTag({ content: '.cm-cursorLayer { animation: none !important; }' });
    const painter = await page.context().browser()?.newPage();
    if (painter === undefined) throw new Error('The browser is gone.');
    const film = new Film(page, painter);
    await page.bringToFront();
    await play(page, data, film);
    const bytes = film.bytes();
    if (bytes.length > largest) throw new Error(`${bytes.length} bytes: ${largest} at most.`);
    await writeFile(output, bytes);
    console.log(`${output}: ${bytes.length} bytes`);
  },
  { colorScheme: 'light' },
);
