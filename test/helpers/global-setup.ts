/** Runs once before the tests: builds dist/ if it is not of the present sources. */
import { build } from '../../scripts/build.mjs';
import { isBuilt } from '../../scripts/build-inputs.mjs';
import { fileURLToPath } from 'node:url';

export async function setup(): Promise<void> {
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
