/**
 * Finds a Chromium for the browser tests, and, run as a command, gets one where there is none:
 * from Debian's packages as root, else through Playwright. `npm test` runs it before the tests.
 */
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import {
  chosenBy,
  findOnPath,
  installPackages,
  isExecutable,
  mayInstallPackages,
  run,
} from './programs.mjs';

const whole = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Chromium without windows: the same engine, whose start costs a third of the whole one's CPU. */
const shell = 'chromium-headless-shell';

/**
 * @param {{ preferShell?: boolean }} options whether the one without windows comes first; it comes
 * last if not.
 * @returns {string | undefined} the path of a Chromium: CHROMIUM_PATH, one on PATH, or the one
 * that Playwright downloaded before.
 */
export function findChromium({ preferShell = false } = {}) {
  const given =
    chosenBy('CHROMIUM_PATH') ?? findOnPath(preferShell ? [shell, ...whole] : [...whole, shell]);
  if (given !== undefined) return given;
  const downloaded = chromium.executablePath();
  return isExecutable(downloaded) ? downloaded : undefined;
}

function installChromium() {
  if (mayInstallPackages()) return installPackages([shell]);
  return run('npx', ['--no-install', 'playwright-core', 'install', 'chromium']);
}

function main() {
  if (findChromium({ preferShell: true }) === undefined) {
    console.log('No Chromium found; installing one for the browser tests.');
    installChromium();
  }
  const path = findChromium({ preferShell: true });
  if (path !== undefined) {
    console.log(`Chromium: ${path}`);
    return;
  }
  console.error('\n**** NO CHROMIUM: THE BROWSER TESTS WILL NOT RUN. ****');
  console.error('Install one, or name its path in CHROMIUM_PATH.\n');
  if (process.env['CI'] === 'true') process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
