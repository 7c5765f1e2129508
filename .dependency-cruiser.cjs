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

const base = '^src/base/';
const machine = '^src/tunnel/machine/';
const client = '^src/tunnel/client/';
const wire = '^src/wire/';
const format = '^src/pack/format/';
const pack = '^src/pack/';
const storage = '^src/storage/';
const repository = '^src/repository/';
const remote = '^src/remote/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    layer('base-knows-nothing', base, []),
    // The two that do all the work know nothing of each other.
    layer('wire-knows-base', wire, [base]),
    layer('machine-knows-base', machine, [base]),
    layer('client-drives-the-machine', client, [base, machine]),
    layer('format-knows-base', format, [base]),
    layer('pack-knows-base-and-wire', pack, [base, wire]),
    layer('storage-knows-base', storage, [base]),
    layer('repository-reads-packs', repository, [base, storage, pack]),
    layer('worktree-knows-the-repository', '^src/worktree/', [
      ...[base, storage, pack, repository],
    ]),
    layer('remote-stands-on-the-layers', remote, [
      ...[base, wire, machine, client, storage, pack, repository],
    ]),
    layer('isomorphic-stands-on-the-remote', '^src/isomorphic/', [
      ...[base, wire, machine, client, storage, pack, repository, remote],
    ]),
    layer('git-stands-on-all-of-them', '^src/git/', [
      ...[base, wire, machine, client, storage, pack, repository, remote],
      ...['^src/isomorphic/', '^src/worktree/'],
    ]),
    layer('worker-stands-on-git', '^src/worker/', [
      ...[base, wire, machine, client, storage, pack, repository, remote],
      ...['^src/isomorphic/', '^src/worktree/', '^src/git/'],
    ]),
    layer('element-stands-on-the-worker', '^src/element/', ['^src/worker/index\\.ts$', base]),
    layer('src-stands-alone', '^src/', []),
    layer('server-knows-the-machine', '^server/(?!backend/(upstream|cache)|text/stdout)', [
      '^server/',
      base,
      machine,
    ]),
    layer('stdout-reads-the-wire', '^server/text/stdout', ['^server/', base, machine, wire]),
    layer('upstream-may-read-the-wire', '^server/backend/(upstream|cache)', [
      '^server/',
      base,
      machine,
      wire,
    ]),
    // The rooms of the server that all others may stand on.
    layer('server-base-knows-base', '^server/base/', [base]),
    layer('limits-know-base', '^server/limits/', [base, '^server/base/']),
    layer('files-know-words', '^server/files/', [base, '^server/base/', '^server/text/']),
    {
      name: 'only-the-server-knows-sessions',
      severity: 'error',
      // What admits, judges and runs is asked by a session, and never asks one.
      from: { path: '^server/[a-z]+/', pathNot: '^server/session/' },
      to: { path: '^server/(session/|server\\.ts$|index\\.ts$)' },
    },
    layer('native-knows-the-client', '^native/(?!push-outcome)', [
      ...['^native/', base, machine, client],
    ]),
    layer('push-outcome-reads-the-wire', '^native/push-outcome', [
      ...['^native/', base, machine, client, wire],
    ]),
    layer('bin-knows-all-but-the-demo', '^bin/', [
      ...['^src/', '^server/', '^native/', '^package\\.json$'],
    ]),
    layer('demo-knows-the-public-surface', '^demo/', [
      ...['^src/index\\.ts$', '^src/git/index\\.ts$', '^src/worker/(index|serve)\\.ts$'],
      '^server/index\\.ts$',
    ]),
    {
      name: 'the-demo-page-leaves-git-to-its-worker',
      severity: 'error',
      from: { path: '^demo/', pathNot: '^demo/(worker|server|sample)/' },
      to: { path: ['^demo/worker/', '^src/git/'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'demo-says-gitws',
      severity: 'error',
      // `gitws` and its subpaths lead to these by tsconfig.json's paths; so does `../src`.
      from: { path: '^demo/' },
      to: { path: '^(src|server)/', dependencyTypesNot: ['aliased'] },
    },
    layer('scripts-stand-alone', '^scripts/', []),
    {
      name: 'one-door-to-isomorphic-ws',
      severity: 'error',
      from: { path: '^(src|server|native|bin)/', pathNot: '^src/tunnel/client/socket\\.ts$' },
      to: { path: ['node_modules/isomorphic-ws/', '^src/tunnel/client/isomorphic-ws'] },
    },
    {
      name: 'one-door-to-child-process',
      severity: 'error',
      from: {
        path: '^(server|native)/',
        pathNot:
          '^(server/(backend/(local|upstream/ssh)/spawn|git/run-git)|native/git-process)\\.ts$',
      },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'no-node-in-the-library',
      severity: 'error',
      // Of a name in Node as well: the package.
      from: { path: '^src/', pathNot: '^src/worker/script\\.ts$' },
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
      // The worker's script and the element have in them all that they take: nobody installs anything
      // for them.
      from: { path: '^(src|server|bin)/', pathNot: '^src/(worker/script\\.ts$|element/)' },
      // Of isomorphic-git, a peer, it is written that it is there for tests as well.
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/isomorphic-git/',
      },
    },
    {
      name: 'one-door-to-isomorphic-git',
      severity: 'error',
      from: { path: '^(src|server|native|bin)/', pathNot: '^src/git/' },
      to: { path: 'node_modules/isomorphic-git/' },
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
