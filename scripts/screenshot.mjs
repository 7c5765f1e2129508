/**
 * Takes the README's picture of the demo: `npm run build && node scripts/screenshot.mjs`. A sample
 * repository cloned into the page, what has changed in a file, changes waiting to be committed.
 * Options: a path to write to (default docs/demo.png), and `dark` for the other colours.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useDemo } from './demo-process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const isDark = args.includes('dark');
const output = args.find((arg) => arg !== 'dark') ?? join(root, 'docs/demo.png');

/** @param {import('playwright-core').Page} page */
async function arrange(page) {
  const { keyboard } = page;
  /** @param {string} path */
  const row = (path) => page.locator(`[role=treeitem][title="${path}"]`);
  const save = async () => {
    await keyboard.press('Control+s');
    await page.getByRole('button', { name: 'Saved' }).waitFor();
  };
  await page.getByRole('button', { name: 'Clone', exact: true }).click();
  await row('notes').click();
  await row('notes/opening hours.md').click();
  await page.getByText('August').click();
  await keyboard.press('End');
  await keyboard.press('Backspace');
  await keyboard.type('and by moonlight |');
  await save();
  await page.getByRole('button', { name: 'New file' }).click();
  await page.getByLabel('Path').fill('notes/moonlight tour.md');
  await keyboard.press('Enter');
  await page.getByRole('textbox', { name: /moonlight/ }).click();
  await keyboard.insertText('# Moonlight tour\n\nEvery full moon from June on, with a lantern.\n');
  await save();
  await row('index.html').click();
  await page.getByText('The station today').click();
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  await keyboard.press('End');
  await keyboard.insertText('\n          On nights with a full moon the tour begins at ten.');
  await page.getByLabel('Commit message').fill('Announce the moonlight tours');
  await page.getByRole('button', { name: 'Put this message away' }).click();
  const views = page.getByRole('group', { name: 'What is shown' });
  await views.getByRole('button', { name: 'Changes' }).click();
  await page.locator('.cm-insertedLine').first().waitFor();
  await page.getByText('On nights with a full moon').click();
}

await useDemo(
  async (page) => {
    await arrange(page);
    // The cursor blinks: it would be there in every second picture.
    await page.addStyleTag({ content: '.cm-cursorLayer { animation: none !important; }' });
    await page.screenshot({ path: output, animations: 'disabled' });
    console.log(`${output}: ${(await stat(output)).size} bytes`);
  },
  // Sharp on dense screens, and still a small file.
  { colorScheme: isDark ? 'dark' : 'light', deviceScaleFactor: 1.5 },
);
