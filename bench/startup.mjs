/**
 * How long `git ls-remote` takes by each way in, on this machine: what every command of native git
 * pays before it does anything. `node bench/startup.mjs [ROUNDS]`, after `npm run build`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../dist/bin/', import.meta.url));
const rounds = Number(process.argv[2] ?? 30);
const place = await mkdtemp(join(tmpdir(), 'gitws-startup-'));
const env = {
  PATH: `${place}${delimiter}${process.env['PATH'] ?? ''}`,
  HOME: place,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
};
/** @type {import('node:child_process').ChildProcess[]} */
const servers = [];

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} more variables beside `env`.
 * @returns {Promise<string>} its stdout.
 */
async function run(command, args, more = {}) {
  const child = spawn(command, args, {
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  return text.trim();
}

async function makeRepository() {
  const bare = join(place, 'a.git');
  await run('git', ['init', '-q', '--bare', bare]);
  const tree = await run('git', ['-C', bare, 'hash-object', '-t', 'tree', '-w', '/dev/null']);
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  const commit = await run('git', ['-C', bare, ...who, 'commit-tree', '-m', 'One', tree]);
  for (let number = 0; number < 20; number += 1) {
    await run('git', ['-C', bare, 'update-ref', `refs/heads/branch-${number}`, commit]);
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {RegExp} ready what the server writes when it listens.
 * @returns {Promise<string>} the expression's first group.
 */
function startServer(command, args, ready) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  servers.push(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`${command} has not started: npm run build first`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        const found = ready.exec(text);
        if (found !== null) resolve(found[1] ?? '');
      });
    }
  });
}

/** @returns {Promise<string>} `HOST:PORT` */
function startGitWs() {
  const args = [join(built, 'gitws.js'), 'serve', place, '--port', '0'];
  return startServer(process.execPath, args, /listening on http:\/\/(\S+)/);
}

/** @returns {Promise<string>} */
async function startDaemon() {
  const free = createTcpServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (free.address());
  free.close();
  const where = [`--base-path=${place}`, '--listen=127.0.0.1', `--port=${port}`];
  await startServer('git', ['daemon', '--export-all', '--verbose', ...where], /Ready to rumble/);
  return `127.0.0.1:${port}`;
}

/** git's own smart HTTP, by `git http-backend`. @returns {Promise<string>} */
async function startHttp() {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://localhost');
    const child = spawn('git', ['http-backend'], {
      env: {
        ...env,
        GIT_PROJECT_ROOT: place,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REQUEST_METHOD: request.method ?? '',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: request.headers['content-length'] ?? '',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    request.pipe(child.stdin);
    let all = Buffer.alloc(0);
    child.stdout.on('data', (chunk) => (all = Buffer.concat([all, chunk])));
    child.on('close', () => {
      const end = all.indexOf('\r\n\r\n');
      for (const line of all.subarray(0, end).toString().split('\r\n')) {
        const [name = '', value = ''] = line.split(': ');
        if (name !== 'Status') response.setHeader(name, value);
      }
      response.end(all.subarray(end + 4));
    });
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `127.0.0.1:${port}`;
}

/**
 * @param {number[]} values
 * @param {number} part 0 to 1.
 */
function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

async function main() {
  await makeRepository();
  for (const [name, file] of /** @type {const} */ ([
    ['git-remote-ws', 'git-remote-ws.cjs'],
    ['gitws-ssh', 'gitws-ssh.cjs'],
  ])) {
    await symlink(join(built, file), join(place, name));
  }
  const [gitws, daemon, http] = await Promise.all([startGitWs(), startDaemon(), startHttp()]);
  const ssh = { GIT_SSH_COMMAND: 'gitws-ssh' };
  /** @type {Record<string, string>} */
  const nothing = {};
  /** @type {[string, string[], Record<string, string>][]} */
  const ways = [
    ['git://', ['git', 'ls-remote', `git://${daemon}/a.git`], nothing],
    ['http:// (git http-backend)', ['git', 'ls-remote', `http://${http}/a.git`], nothing],
    ['ws:// (git-remote-ws)', ['git', 'ls-remote', `ws://${gitws}/a.git`], nothing],
    [
      'ssh:// (gitws-ssh, GIT_SSH_VARIANT=ssh)',
      ['git', 'ls-remote', `ssh://${gitws}/a.git`],
      { ...ssh, GIT_SSH_VARIANT: 'ssh' },
    ],
    ['ssh:// (gitws-ssh)', ['git', 'ls-remote', `ssh://${gitws}/a.git`], ssh],
    ['node, doing nothing', [process.execPath, '-e', '0'], nothing],
  ];
  /** @type {Map<string, number[]>} */
  const times = new Map(ways.map(([name]) => [name, []]));
  // In turns, so that whatever else the machine does falls upon all of them.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, [command = '', ...args], more] of ways) {
      const start = performance.now();
      await run(command, args, more);
      // The first round only warms the caches.
      if (round > 0) times.get(name)?.push(performance.now() - start);
    }
  }
  console.log(`git ls-remote of 20 branches on loopback, ${rounds} rounds, in ms`);
  console.log(
    `${await run('git', ['--version'])}, Node.js ${process.version}, ${cpus().length} cores`,
  );
  console.log(`\n${'way in'.padEnd(42)}${'median'.padStart(8)}${'quartiles'.padStart(16)}`);
  for (const [name, values] of times) {
    const [low, median, high] = [0.25, 0.5, 0.75].map((part) => quantile(values, part).toFixed(0));
    console.log(`${name.padEnd(42)}${median?.padStart(8)}${`${low} to ${high}`.padStart(16)}`);
  }
}

try {
  await main();
} finally {
  for (const server of servers) server.kill();
  await rm(place, { recursive: true, force: true });
}
