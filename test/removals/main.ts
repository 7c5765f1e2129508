/**
 * `npm run removals -- [--write] [WORD…]`: takes away each defence (removals.ts), all or those whose
 * line has one of the words, and runs the tests that must then fail: in a copy, one after the other. `--write`
 * puts what failed into README.md beside this file, and
 * leaves the lines of those that it did not try.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findMarkers, locate, takeAway } from './markers.js';
import type { Located } from './removal.js';
import { removals } from './removals.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** What the tests need of the project. */
const parts = [
  ...['package.json', 'tsconfig.json', 'vitest.config.ts', '.dependency-cruiser.cjs'],
  ...['src', 'server', 'native', 'bin', 'demo', 'test', 'bench', 'scripts', 'docs', 'examples'],
];

/** Time for the tests of one removal, in ms: some wait for what does not come. */
const longest = 180_000;

/** Time for the tests of all of them, before anything is taken away, in ms. */
const longestBefore = 1_800_000;

/** @param args of the command line. */
export async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { write: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const words = positionals.length === 0 ? [''] : positionals;
  const all = locate(removals, await findMarkers(project));
  const chosen = all.filter((one) =>
    words.some((word) => `${one.attack}: ${one.defence}`.includes(word)),
  );
  const copy = await mkdtemp(join(tmpdir(), 'gitws-removals-'));
  const rows = new Map<Located, string>();
  let unnoticed = 0;
  try {
    for (const part of parts) {
      await cp(join(project, part), join(copy, part), { recursive: true });
    }
    await symlink(join(project, 'node_modules'), join(copy, 'node_modules'));
    // These tests run from the sources: nothing is built for each of them. Native git has its helper.
    await symlink(join(project, 'dist'), join(copy, 'dist'));
    await writeFile(join(copy, 'test/helpers/global-setup.ts'), 'export function setup() {}\n');
    const tests = [...new Set(chosen.flatMap((one) => one.tests))];
    const before = await failuresOf({ copy, tests, time: longestBefore });
    if (before.length > 0) throw new Error(`these fail with all defences: ${before.join('; ')}`);
    for (const removal of chosen) {
      const failed = await tryWithout(removal, copy);
      const [first] = failed;
      console.log(
        `${failed.length === 0 ? 'UNNOTICED' : 'noticed  '} ${removal.attack}: ${removal.defence}`,
      );
      for (const name of failed) console.log(`            ${name}`);
      if (first === undefined) unnoticed += 1;
      rows.set(removal, formatRow(removal, failed));
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  if (values.write) await write(all, rows);
  console.log(`${chosen.length - unnoticed} of ${chosen.length} were noticed.`);
  if (unnoticed > 0) process.exitCode = 1;
}

/** @returns the names of the first tests that failed. */
async function tryWithout(removal: Located, copy: string): Promise<string[]> {
  const path = join(copy, removal.file);
  const source = await readFile(path, 'utf8');
  await writeFile(path, takeAway(removal, source));
  try {
    return await failuresOf({ copy, tests: removal.tests, time: longest });
  } finally {
    await writeFile(path, source);
  }
}

/** Tests to run. */
interface Run {
  readonly copy: string;
  readonly tests: readonly string[];
  /** After which they are ended, in ms. */
  readonly time: number;
}

/** @returns the names of the first tests that fail: of the long ones, where no other does. */
async function failuresOf(run: Run): Promise<string[]> {
  const short = run.tests.filter((test) => !test.endsWith('.long.test.ts'));
  const failed = short.length === 0 ? [] : await failuresIn({ ...run, tests: short }, []);
  return failed.length > 0 ? failed : failuresIn(run, ['--mode', 'long']);
}

async function failuresIn(run: Run, mode: readonly string[]): Promise<string[]> {
  const results = join(run.copy, 'test-results', 'removal.json');
  await mkdir(join(run.copy, 'test-results'), { recursive: true });
  await rm(results, { force: true });
  await runTests(run, results, mode);
  const text = await readFile(results, 'utf8').catch(() => undefined);
  return text === undefined ? ['(the tests did not come to an end)'] : failedTests(text);
}

async function runTests(
  { copy, tests, time }: Run,
  results: string,
  mode: readonly string[],
): Promise<void> {
  const child = spawn(
    process.execPath,
    [
      ...[join(project, 'node_modules/vitest/vitest.mjs'), 'run'],
      ...tests.map((test) => `test/${test}`),
      ...mode,
      '--passWithNoTests',
      ...['--reporter=json', `--outputFile=${results}`],
      ...['--testTimeout=20000', '--hookTimeout=20000', '--bail=3'],
    ],
    { cwd: copy, stdio: 'ignore', detached: true },
  );
  const timer = setTimeout(() => {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  }, time);
  await once(child, 'exit');
  clearTimeout(timer);
}

interface Results {
  readonly testResults: readonly {
    readonly status: string;
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function failedTests(text: string): string[] {
  const { testResults } = JSON.parse(text) as Results;
  return testResults.flatMap(({ status, name, assertionResults }) => {
    const failed = assertionResults.filter((one) => one.status === 'failed');
    if (failed.length > 0) return failed.map(({ fullName }) => fullName.trim());
    return status === 'failed' ? [`(all of ${name.split('/').at(-1) ?? ''})`] : [];
  });
}

function formatRow(removal: Located, failed: readonly string[]): string {
  const [first = '**nothing**'] = failed;
  const others = failed.length > 1 ? ', and others' : '';
  return `${rowStart(removal)}“${first.replaceAll('|', '\\|')}”${others} |`;
}

function rowStart({ attack, defence, file }: Located): string {
  return `| ${attack} | ${defence} (\`${file}\`) | `;
}

async function write(all: readonly Located[], rows: ReadonlyMap<Located, string>): Promise<void> {
  const path = new URL('README.md', import.meta.url);
  const text = await readFile(path, 'utf8');
  const lines = text.split('\n');
  const known = all.flatMap(
    (one) => rows.get(one) ?? lines.find((line) => line.startsWith(rowStart(one))) ?? [],
  );
  const table = ['| attack | taken away | what failed |', '| --- | --- | --- |', ...known].join(
    '\n',
  );
  const marked = /(<!-- removals -->\n)[^]*?(<!-- \/removals -->)/;
  await writeFile(
    path,
    text.replace(marked, (_all, begin: string, end: string) => `${begin}${table}\n${end}`),
  );
}
