/** What is written in sh, read by ShellCheck. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findProgram } from '../bench/find-program.js';
import { formatHooks, receiveHooks } from '../server/hooks/scripts.js';
import { temporaryDirectory } from './helpers/temp.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Its findings, of any weight, and how it ended. */
function check(cwd: string, files: readonly string[]): { stdout: string; status: number | null } {
  const args = ['--norc', '--format=gcc', ...files];
  const { stdout, status } = spawnSync('shellcheck', args, { cwd, encoding: 'utf8' });
  return { stdout, status };
}

const available = findProgram('shellcheck') !== undefined;
if (!available) console.error('\n**** NO shellcheck: THE TESTS OF IT DO NOT RUN. ****\n');
// Where everything has to run, what is missing is a failure.
describe.skipIf(!available && process.env['CI'] !== 'true')('ShellCheck finds nothing', () => {
  test.each([true, false])("in the server's hooks, where they judge: %s", async (judging) => {
    const cwd = await temporaryDirectory();
    const hooks = formatHooks({ judging, own: new Set(receiveHooks) });
    for (const [name, text] of hooks) await writeFile(join(cwd, name), text);
    expect(check(cwd, [...hooks.keys()])).toEqual({ stdout: '', status: 0 });
  });

  test.each(['.ci/run', 'demo/sample/template/hooks/post-receive'])('in %s', (file) => {
    expect(check(root, [file])).toEqual({ stdout: '', status: 0 });
  });
});
