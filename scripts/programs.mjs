/** Programs of others that the tests need: where they are, and how Debian gets them. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @param {string} path
 * @returns {boolean}
 */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} variable of the environment, which names the program's path.
 * @returns {string | undefined} that path.
 * @throws if it cannot be run: another one is not taken silently.
 */
export function chosenBy(variable) {
  const chosen = process.env[variable];
  if (chosen === undefined || chosen === '') return undefined;
  if (isExecutable(chosen)) return chosen;
  throw new Error(`${variable} is ${chosen}, which cannot be run.`);
}

/**
 * @param {readonly string[]} names those that are liked better come first.
 * @returns {string | undefined} the path of one on PATH.
 */
export function findOnPath(names) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (folder !== '' && isExecutable(path)) return path;
    }
  }
  return undefined;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {boolean} whether it ran and ended well.
 */
export function run(command, args) {
  console.log(`> ${command} ${args.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0;
}

/** Whether this may install packages of Debian. */
export function mayInstallPackages() {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0;
}

/** @param {string[]} packages */
export function installPackages(packages) {
  // Without an update first a new machine may know no packages at all.
  return (
    run('apt-get', ['update', '-q']) &&
    run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages])
  );
}
