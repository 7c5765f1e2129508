/**
 * Takes a picture of each state of the demo at three widths, light, and at one dark, into
 * test-results/look/, and compares each with the one that was approved, in test/demo/approved/:
 * `npm run build && npm run look`. `npm run look -- --approve` approves what there is now.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { useDemo } from './demo-process.mjs';
import { prepareStates, showStates } from './demo-states.mjs';
import { compare, decode, encode, shrink } from './pictures.mjs';
import { standStill, stillArguments } from './still.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const taken = join(root, 'test-results/look');
const approved = join(root, 'test/demo/approved');

const looks = /** @type {const} */ ([
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 1280, height: 800, colorScheme: 'dark' },
  { width: 820, height: 1180, colorScheme: 'light' },
  { width: 390, height: 844, colorScheme: 'light' },
]);

/**
 * How many pixels of a kept picture may differ. The digits of a port and of a duration make up to
 * 10, and a button that is nothing but its words is 40.
 */
export const tolerance = 20;

/**
 * Takes all pictures, as they are: `state-width-scheme.png`.
 *
 * @returns {Promise<Map<string, import('./pictures.mjs').Picture>>} what would be kept of them, by their names.
 */
export async function takePictures() {
  await rm(taken, { recursive: true, force: true });
  await mkdir(taken, { recursive: true });
  /** @type {Map<string, import('./pictures.mjs').Picture>} */
  const pictures = new Map();
  await useDemo(
    async (page, data) => {
      await showStates(page, data, async (state) => {
        for (const { width, height, colorScheme } of looks) {
          await page.setViewportSize({ width, height });
          await page.emulateMedia({ colorScheme });
          const file = await settled(page);
          const name = `${state}-${width}-${colorScheme}`;
          await writeFile(join(taken, `${name}.png`), file);
          pictures.set(name, shrink(file));
        }
        await page.setViewportSize(looks[0]);
      });
    },
    {
      prepare: prepareStates,
      beforePage: standStill,
      args: stillArguments,
      ...{ reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-GB' },
    },
  );
  return pictures;
}

/**
 * Takes a picture once nothing changes any more: what is shown may be read from a worker first.
 *
 * @param {import('playwright-core').Page} page
 */
async function settled(page) {
  let before = await page.screenshot();
  for (;;) {
    const now = await page.screenshot();
    if (now.equals(before)) return now;
    before = now;
  }
}

/**
 * Compares pictures with the approved ones; of those that differ there is a `….diff.png`, and the
 * picture as it would be kept, in the folder of what was taken.
 *
 * @param {ReadonlyMap<string, import('./pictures.mjs').Picture>} pictures
 * @returns {Promise<Map<string, string>>} a sentence for each that is not as approved, by its name.
 */
export async function differences(pictures) {
  /** @type {Map<string, string>} */
  const wrong = new Map();
  const files = await readdir(approved).catch(() => /** @type {string[]} */ ([]));
  for (const name of files.map((file) => file.slice(0, -'.png'.length))) {
    if (!pictures.has(name)) wrong.set(name, 'was approved, and is not there');
  }
  for (const [name, picture] of pictures) {
    if (!files.includes(`${name}.png`)) {
      wrong.set(name, 'was never approved');
      continue;
    }
    const before = decode(await readFile(join(approved, `${name}.png`)));
    const { pixels, file } = compare(before, picture);
    if (pixels <= tolerance) continue;
    await writeFile(join(taken, `${name}.diff.png`), file);
    await writeFile(join(taken, `${name}.small.png`), encode(picture));
    wrong.set(name, `${pixels} pixels differ: see test-results/look/${name}.diff.png`);
  }
  return wrong;
}

/**
 * Approves what there is now. Pictures that have hardly changed stay: git keeps each version.
 *
 * @param {ReadonlyMap<string, import('./pictures.mjs').Picture>} pictures
 * @param {Iterable<string>} names of those that are not as approved.
 */
async function approve(pictures, names) {
  await mkdir(approved, { recursive: true });
  for (const name of names) {
    const path = join(approved, `${name}.png`);
    const picture = pictures.get(name);
    if (picture === undefined) await rm(path);
    else await writeFile(path, encode(picture));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const pictures = await takePictures();
  const wrong = await differences(pictures);
  for (const [name, sentence] of wrong) console.log(`${name}: ${sentence}`);
  console.log(`${pictures.size} pictures, ${wrong.size} of them not as approved.`);
  if (process.argv.includes('--approve')) await approve(pictures, wrong.keys());
  else if (wrong.size > 0) process.exitCode = 1;
}
