import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const longTests = 'test/**/*.long.test.ts';

/** `vitest run` runs all tests but the long matrices; `vitest run --mode long` runs those. */
export default defineConfig(({ mode }) => {
  const long = mode === 'long';
  return {
    resolve: {
      alias: [
        { find: /^gitws$/, replacement: source('src/index.ts') },
        { find: /^gitws\/server$/, replacement: source('server/index.ts') },
      ],
    },
    test: {
      include: [long ? longTests : 'test/**/*.test.ts'],
      exclude: long ? configDefaults.exclude : [...configDefaults.exclude, longTests],
      passWithNoTests: long,
      globalSetup: ['test/helpers/global-setup.ts'],
      // Tests wait for git processes and sockets about half of their time.
      maxWorkers: long ? Math.max(2, availableParallelism()) : availableParallelism() + 2,
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
