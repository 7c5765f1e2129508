// The rules of the code that a compiler does not know: types used with care, one door to each
// dangerous thing, short files. Who may import whom is .dependency-cruiser.cjs's matter.
import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import node from 'eslint-plugin-n';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const sources = ['src/**/*.{ts,tsx}', 'server/**/*.ts', 'native/**/*.ts', 'bin/**/*.ts'];

// What only some of page, worker and Node have. The library runs in all of them: it asks for these
// by `globalThis` and a test of their presence, or not at all.
const notEverywhere = [
  ...['Buffer', 'process', 'global', 'require', '__dirname', '__filename', 'setImmediate'],
  ...['window', 'document', 'self', 'navigator', 'location', 'localStorage', 'sessionStorage'],
  ...[
    'indexedDB',
    'Worker',
    'WebSocket',
    'XMLHttpRequest',
    'alert',
    'name',
    'event',
    'postMessage',
  ],
];

const childProcess = {
  regex: '^(node:)?child_process$',
  message: 'Those of server/ and native/ are started by the files that have this import already.',
};
const isomorphicWs = {
  regex: '^(isomorphic-ws|ws)$',
  message: 'src/tunnel/client/socket.ts is the one file of the library that touches a WebSocket.',
};
const nodeModules = {
  regex: '^node:',
  message: 'The library runs in pages: nothing of Node here.',
};

/**
 * @param {...{ regex: string, message: string }} patterns
 * @returns {import('eslint').Linter.RulesRecord}
 */
const restrictImports = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

export default defineConfig(
  {
    ignores: [
      ...['dist/', 'dist-*/', 'data/', 'bench/repositories/', 'coverage/', 'test-results/'],
      // A project of its own, whose packages are not installed here.
      'examples/next/',
      // Programs of strangers, who have the packed library and no types.
      ...['test/bundlers/{app,esbuild}/', 'test/runtimes/programs/'],
      // AssemblyScript, whose compiler is its linter, and what the build makes of it.
      ...['src/pack/wasm/', 'src/pack/inlined/*.js', 'src/worker/inlined/*.js'],
    ],
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true } },
  },
  {
    files: ['**/*.{ts,tsx,js,mjs,cjs}'],
    extends: [
      eslint.configs.recommended,
      tseslint.configs.recommendedTypeChecked,
      tseslint.configs.stylisticTypeChecked,
    ],
    rules: {
      eqeqeq: 'error',
      'no-console': 'off',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/strict-boolean-expressions': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // An interface may ask for a promise or an async generator where nothing is to be awaited.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
    },
  },
  {
    files: sources,
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ':matches(ClassDeclaration, FunctionDeclaration, TSInterfaceDeclaration, TSTypeAliasDeclaration) > Identifier.id[name=/(manager|handler|util|utils|helper|packet)(s|$)|Sha(1)?$/i]',
          message: "Not one of this project's words: say what it does, and oid, and pkt-line.",
        },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
    },
  },
  {
    // One changes an import from 'isomorphic-git' to 'gitws/git', and that has a default.
    files: ['src/git/index.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/**/*.d.ts'],
    rules: {
      'no-restricted-globals': ['error', ...notEverywhere],
      ...restrictImports(nodeModules, isomorphicWs),
    },
  },
  {
    // It is a part of a page, and nothing else.
    files: ['src/element/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['Buffer', 'process', 'global', 'require', 'setImmediate', 'Worker', 'WebSocket'],
        // An element may be in another document than the script's.
        ...['document', 'window', 'self', 'alert', 'name', 'event'],
      ],
      ...restrictImports(nodeModules, isomorphicWs),
    },
  },
  {
    files: ['src/tunnel/client/socket.ts'],
    rules: restrictImports(nodeModules, { ...isomorphicWs, regex: '^ws$' }),
  },
  { files: ['{src,server}/**/*.d.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['server/**/*.ts', 'native/**/*.ts'],
    rules: restrictImports(childProcess),
  },
  {
    files: [
      ...['server/backend/local/spawn.ts', 'server/backend/upstream/ssh/spawn.ts'],
      ...['server/git/run-git.ts', 'native/git-process.ts'],
    ],
    rules: restrictImports(),
  },
  {
    files: [
      ...['server/**/*.ts', 'native/**/*.ts', 'bin/**/*.ts'],
      ...['scripts/**/*.mjs', 'demo/server/**/*.ts'],
    ],
    plugins: { n: node },
    rules: {
      'n/prefer-node-protocol': 'error',
      'n/no-unsupported-features/node-builtins': ['error', { version: '>=20.19.0' }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Tests feed wrong values on purpose, and read what other libraries leave untyped.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.node },
    // It does not see the casts that JSDoc makes.
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
