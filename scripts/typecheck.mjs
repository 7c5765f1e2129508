/**
 * Type-checks each part of the project against the types of the place where its code runs: the
 * library sees no types of Node, the server none of the DOM. `npm run typecheck`.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiler } from './compiler.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const projects = [
  'src',
  'server',
  'native',
  'bin',
  'demo',
  'demo/server',
  'test',
  'bench',
  '.',
].filter((project) => existsSync(join(root, project, 'tsconfig.json')));

/**
 * @param {string} project
 * @returns {Promise<boolean>} whether it has no errors.
 */
function check(project) {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [compiler, '--project', join(root, project), '--pretty'],
      {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code === 0);
    });
  });
}

const waiting = projects.slice();
/** @type {string[]} */
const failed = [];

async function work() {
  for (let project = waiting.shift(); project !== undefined; project = waiting.shift()) {
    if (!(await check(project))) failed.push(project);
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
if (failed.length > 0) {
  console.error(`Types do not fit in: ${failed.join(', ')}`);
  process.exitCode = 1;
}
