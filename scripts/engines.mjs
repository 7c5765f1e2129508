/**
 * Finds Firefox and WebKitGTK for the browser tests, and, run as a command, gets those that are not
 * there from Debian's packages, as root. `npm run test:long` runs it before the tests.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  chosenBy,
  findOnPath,
  installPackages,
  isExecutable,
  mayInstallPackages,
} from './programs.mjs';

/** @returns {string | undefined} the path of a Firefox: FIREFOX_PATH, or one on PATH. */
export function findFirefox() {
  return chosenBy('FIREFOX_PATH') ?? findOnPath(['firefox-esr', 'firefox']);
}

/**
 * What a WebKit without a screen is made of: the small browser that shows it, what drives that, and a
 * display that nobody looks at.
 *
 * @returns {{ browser: string, driver: string, display: string } | undefined}
 */
export function findWebKit() {
  const browser = chosenBy('WEBKIT_PATH') ?? findMiniBrowser();
  const driver = findOnPath(['WebKitWebDriver']);
  const display = findOnPath(['Xvfb']);
  if (browser === undefined || driver === undefined || display === undefined) return undefined;
  return { browser, driver, display };
}

/** It is on no PATH: Debian and others keep it with the library, in a folder of its version. */
function findMiniBrowser() {
  for (const libraries of ['/usr/lib', '/usr/libexec']) {
    if (!existsSync(libraries)) continue;
    for (const folder of [libraries, ...inside(libraries)]) {
      for (const version of inside(folder)) {
        if (!/\/webkit2?gtk-[\d.]+$/.test(version)) continue;
        const path = join(version, 'MiniBrowser');
        if (isExecutable(path)) return path;
      }
    }
  }
  return undefined;
}

/** @param {string} folder */
function inside(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
}

const engines = [
  { name: 'Firefox', find: findFirefox, packages: ['firefox-esr'] },
  { name: 'WebKit', find: findWebKit, packages: ['webkit2gtk-driver', 'xvfb', 'libgl1-mesa-dri'] },
];

function main() {
  const missing = engines.filter(({ find }) => find() === undefined);
  if (missing.length > 0 && mayInstallPackages()) {
    console.log(
      `Installing ${missing.map(({ name }) => name).join(' and ')} for the browser tests.`,
    );
    installPackages(missing.flatMap(({ packages }) => packages));
  }
  for (const { name, find, packages } of engines) {
    const found = find();
    if (found !== undefined) {
      console.log(`${name}: ${typeof found === 'string' ? found : found.browser}`);
      continue;
    }
    console.error(`\n**** NO ${name.toUpperCase()}: ITS TESTS WILL NOT RUN. ****`);
    console.error(`On Debian it is in ${packages.join(', ')}.\n`);
    if (process.env['CI'] === 'true') process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
