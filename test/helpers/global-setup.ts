/**
 * Runs once before the tests: builds dist/ if it is not of the present sources, and makes a place
 * for what tests need again and again.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../scripts/build.mjs';
import { isBuilt } from '../../scripts/build-inputs.mjs';
import { fileURLToPath } from 'node:url';
import { keptVariable } from './kept.js';

/** @returns what removes that place again. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Several projects ask for it.
  if (process.env[keptVariable] !== undefined) return undefined;
  const kept = await mkdtemp(join(tmpdir(), 'gitws-kept-'));
  process.env[keptVariable] = kept;
  for (const name of ['hooks', 'info']) {
    await mkdir(join(kept, 'template', name), { recursive: true });
  }
  await buildIfNeeded();
  return () => rm(kept, { recursive: true, force: true });
}

async function buildIfNeeded(): Promise<void> {
  if (await isBuilt(fileURLToPath(new URL('../..', import.meta.url)))) return;
  try {
    await build({ declarations: false });
  } catch (error) {
    // Most tests run from the sources and are worth running while something else does not build.
    // `npm test` builds first and stops there, so nothing stale is ever tested unseen.
    console.error(
      '\n**** THE BUILD FAILED: WHAT TESTS OF dist/ SAY IS NOT ABOUT THE SOURCES. ****',
    );
    console.error(error);
  }
}
