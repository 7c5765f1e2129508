/** The zip file that the demo gives out, unpacked for native git. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect } from 'vitest';
import { temporaryDirectory } from '../helpers/temp.js';
import type { DemoPage } from './demo-page.js';

/** For git: modes and links are in the zip, and not in what fflate unpacks. */
export const unpacked = ['-c', 'core.fileMode=false', '-c', 'core.symlinks=false'];

/** Downloads the sample. @returns the zip file, and the folder of what is in it. */
export async function downloadAll(demo: DemoPage): Promise<{ bytes: Buffer; cwd: string }> {
  await demo.button('Repository sample').click();
  const downloading = demo.page.waitForEvent('download');
  await demo.button('Download as a zip file').click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('sample.zip');
  const bytes = await readFile(await download.path());
  const into = await temporaryDirectory();
  await unpack(bytes, into);
  return { bytes, cwd: join(into, 'sample') };
}

/** What is no folder becomes a file. */
async function unpack(bytes: Uint8Array, into: string): Promise<void> {
  for (const [name, content] of Object.entries(unzipSync(bytes))) {
    const path = join(into, name);
    await mkdir(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) await writeFile(path, content);
  }
}
