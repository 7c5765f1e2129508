/**
 * Who may import whom: the layers of docs/architecture.md as rules. Types count as imports.
 */

/**
 * Every module of `from` may import only itself, what is listed, and packages.
 * @param {string} name
 * @param {string} from path pattern
 * @param {string[]} allowed path patterns
 * @returns {import('dependency-cruiser').IForbiddenRuleType}
 */
function layer(name, from, allowed) {
  return {
    name,
    severity: 'error',
    from: { path: from },
    to: { path: '^(src|server|native|bin|demo|test|bench|scripts)/', pathNot: [from, ...allowed] },
  };
}

// What anything that fails, or is refused, is told with.
const errors = '^src/(errors|failure|listeners|quantity)\\.ts$';
const signals = '^src/signals\\.ts$';
const base64 = '^src/base64\\.ts$';
const endpoint = '^src/endpoint\\.ts$';
const wire = '^src/wire/';
const tunnel = '^src/tunnel/';
const pack = '^src/pack/';
const repository = '^src/repository/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    layer('errors-know-nothing', errors, []),
    layer('base64-knows-nothing', base64, []),
    layer('signals-know-nothing', signals, []),
    layer('endpoint-knows-errors', endpoint, [errors, base64]),
    // The two that do all the work know nothing of each other.
    layer('wire-knows-errors', wire, [errors]),
    layer('tunnel-knows-errors-and-endpoint', tunnel, [errors, base64, endpoint]),
    layer('pack-knows-errors', pack, [errors, wire]),
    layer('repository-knows-errors-and-pack', repository, [errors, pack]),
    layer('http-stands-on-the-layers', '^src/http(/|\\.ts$)', [
      ...[errors, signals, base64, endpoint, wire, tunnel, pack, repository],
    ]),
    layer('fetch-stands-on-the-layers', '^src/fetch/', [
      ...[errors, base64, endpoint, wire, tunnel, pack, repository],
    ]),
    layer('src-stands-alone', '^src/', []),
    layer('server-knows-the-tunnel', '^server/(?!upstream|stdout)', [
      ...['^server/', errors, base64, endpoint, tunnel],
    ]),
    layer('stdout-reads-the-wire', '^server/stdout', ['^server/', errors, endpoint, wire]),
    layer('upstream-may-read-the-wire', '^server/upstream', [
      ...['^server/', errors, base64, endpoint, tunnel, wire],
    ]),
    layer('native-knows-the-tunnel', '^native/(?!push-outcome)', [
      ...['^native/', errors, base64, endpoint, tunnel],
    ]),
    layer('push-outcome-reads-the-wire', '^native/push-outcome', [
      ...['^native/', errors, tunnel, wire],
    ]),
    layer('bin-knows-all-but-the-demo', '^bin/', [
      ...['^src/', '^server/', '^native/', '^package\\.json$'],
    ]),
    layer('demo-knows-the-public-surface', '^demo/', ['^src/index\\.ts$', '^server/index\\.ts$']),
    {
      name: 'demo-says-gitws',
      severity: 'error',
      // `gitws` and `gitws/server` lead to these two by tsconfig.json's paths; so does `../src`.
      from: { path: '^demo/' },
      to: { path: '^(src|server)/', dependencyTypesNot: ['aliased'] },
    },
    layer('scripts-stand-alone', '^scripts/', []),
    {
      name: 'one-door-to-isomorphic-ws',
      severity: 'error',
      from: { path: '^(src|server|native|bin)/', pathNot: '^src/tunnel/socket\\.ts$' },
      to: { path: ['node_modules/isomorphic-ws/', '^src/tunnel/isomorphic-ws'] },
    },
    {
      name: 'one-door-to-child-process',
      severity: 'error',
      from: {
        path: '^(server|native)/',
        pathNot: '^(server/(spawn|run-git)|native/git-process)\\.ts$',
      },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'no-node-in-the-library',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'only-what-package-json-promises',
      severity: 'error',
      from: { path: '^(src|server|bin)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
