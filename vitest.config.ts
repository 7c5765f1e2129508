import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig, type UserWorkspaceConfig } from 'vitest/config';
import { LongestFirst } from './test/helpers/longest-first.js';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const setup = 'test/helpers/global-setup.ts';
const longTests = 'test/**/*.long.test.ts';

/** Files that have tests of both runs: see test/helpers/long.ts. */
const sharedTests = readdirSync(source('test'), { recursive: true, encoding: 'utf8' })
  // Of projects that are installed there, too.
  .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
  .map((path) => `test/${path}`)
  .filter((path) => readFileSync(source(path), 'utf8').includes('helpers/long.js'));

/**
 * Tests with a process of their own: they put something in the place of a module, count all timers, or
 * look at the memory of their process. A worker takes many of the other files, since to start one, to load what it
 * needs and to warm it up takes longer than most of them.
 */
const aloneTests = [
  'test/demo/save.test.ts',
  'test/bin/line-budget.test.ts',
  'test/pack/{hostile,worker}.test.ts',
  'test/server/authentication/{failures,htpasswd,tokens}.test.ts',
  'test/server/{forgetting,quarantine}.test.ts',
  'test/server/reloading-file.coarse-clock.test.ts',
  'test/server/{repository,system-errors}.pressure.test.ts',
];

/** The same of the long run: they look at the memory of their process. */
const aloneLongTests = ['test/git/hostile-memory.long.test.ts', 'test/pack/large.long.test.ts'];

/** Tests of parts, which need no browser and nothing built: `npm run test:unit`. */
const unitTests = [
  'test/{corpus,isomorphic,remote,repository,storage,tunnel,wire,worker,worktree}/**/!(*.browser|*.long).test.ts',
  'test/server/rules/*.test.ts',
];

/** Tests of pages that run in every engine, in Firefox and WebKit as part of the long run. */
const engineTests = [
  'test/contract.browser.test.ts',
  'test/contract-bound.browser.long.test.ts',
  'test/{demo,element}/engines.browser.long.test.ts',
  'test/{pack/index-pack,storage/{groups,lightning},worker/worker}.browser.test.ts',
];

/** Hooks are imported as text, as the build does it. */
const shellTexts = {
  name: 'shell-texts',
  transform: (text: string, path: string) =>
    path.endsWith('.sh') ? `export default ${JSON.stringify(text)};` : undefined,
};

/** Settings that all projects take over. */
function project(name: string, test: NonNullable<UserWorkspaceConfig['test']>) {
  return { extends: true as const, test: { name, ...test } };
}

/**
 * `vitest run` runs all tests but the long ones, which try more ways, more positions and more programs
 * of others; `vitest run --mode long` runs those.
 */
export default defineConfig(({ mode }) => {
  const long = mode === 'long';
  const { exclude } = configDefaults;
  const projects = [
    project('unit', { include: unitTests, isolate: false }),
    project('whole', {
      include: ['test/**/*.test.ts'],
      exclude: [...exclude, longTests, ...unitTests, ...aloneTests],
      globalSetup: [setup],
      isolate: false,
    }),
    project('alone', { include: aloneTests, globalSetup: [setup] }),
  ];
  // A project's settings are made anew, of its own mode.
  const longProject: typeof project = (...given) => ({ ...project(...given), mode: 'long' });
  const longProjects = [
    longProject('long', {
      include: [longTests, ...sharedTests],
      exclude: [...exclude, ...aloneLongTests],
      globalSetup: [setup],
      isolate: false,
    }),
    longProject('long alone', { include: aloneLongTests, globalSetup: [setup] }),
    // What `npm test` has tried in Chromium.
    ...['firefox', 'webkit'].map((engine) =>
      longProject(engine, {
        include: engineTests,
        globalSetup: [setup],
        isolate: false,
        env: { ENGINE: engine, LONG_TESTS: 'false' },
      }),
    ),
  ];
  return {
    plugins: [shellTexts],
    resolve: {
      alias: [
        { find: /^gitws$/, replacement: source('src/index.ts') },
        { find: /^gitws\/git$/, replacement: source('src/git/index.ts') },
        { find: /^gitws\/server$/, replacement: source('server/index.ts') },
        { find: /^gitws\/storage$/, replacement: source('src/storage.ts') },
        { find: /^gitws\/worker$/, replacement: source('src/worker/index.ts') },
        { find: /^gitws\/in-worker$/, replacement: source('src/worker/serve.ts') },
      ],
    },
    test: {
      projects: long ? longProjects : projects,
      // Of a file that both runs share, the suites of the short one are empty in the other.
      passWithNoTests: long,
      env: { LONG_TESTS: String(long) },
      setupFiles: ['test/helpers/each-file.ts'],
      sequence: { sequencer: LongestFirst },
      // Tests wait for git processes and sockets about half of their time.
      maxWorkers: availableParallelism() + (long ? 1 : 2),
      // Not what a test should take: what a loaded machine may make of it before it counts as hung.
      testTimeout: long ? 600_000 : 60_000,
      hookTimeout: 120_000,
      // The default is a second, which a loaded machine takes to start a process.
      expect: { poll: { timeout: 30_000 } },
      reporters: process.env['CI'] === 'true' ? ['default', 'json'] : ['default'],
      outputFile: { json: `test-results/${long ? 'long' : 'test'}.json` },
    },
  };
});
