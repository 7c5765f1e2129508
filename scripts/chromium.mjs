/**
 * Finds a Chromium for the browser tests, and, run as a command, gets one where there is none:
 * from Debian's packages as root, else through Playwright. `npm test` runs it before the tests.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const whole = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Chromium without windows: the same engine, whose start costs a third of the whole one's CPU. */
const shell = 'chromium-headless-shell';

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {{ preferShell?: boolean }} options whether the one without windows comes first; it comes
 * last if not.
 * @returns {string | undefined} the path of a Chromium: CHROMIUM_PATH, one on PATH, or the one
 * that Playwright downloaded before.
 */
export function findChromium({ preferShell = false } = {}) {
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`CHROMIUM_PATH is ${chosen}, which cannot be run.`);
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const name of preferShell ? [shell, ...whole] : [...whole, shell]) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (folder !== '' && isExecutable(path)) return path;
    }
  }
  const downloaded = chromium.executablePath();
  return isExecutable(downloaded) ? downloaded : undefined;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {boolean} whether it ran and ended well.
 */
function run(command, args) {
  console.log(`> ${command} ${args.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0;
}

function installChromium() {
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    // Without an update first a new machine may know no packages at all.
    return run('apt-get', ['update', '-q']) && run('apt-get', ['install', '-q', '-y', shell]);
  }
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
