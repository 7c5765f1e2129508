/**
 * What `npm start` runs: `npm start` serves a sample repository, which it makes once, and
 * `npm start -- ROOT` somebody's own folder of repositories. Either with the demo page.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { GitFailed, runGit } from './git.js';
import { makeSample } from '../sample/make.js';
import { isRepositoryFolder } from './repositories.js';
import { serveDemo } from './serve.js';

interface Options {
  readonly host: string;
  readonly port: number;
  readonly allowPush?: true;
  readonly publicUrl?: string;
}

/** Something that the person at the terminal can put right, in a sentence. */
class Problem extends Error {
  override readonly name = 'Problem';
}

const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}

async function run(givenRoot: string | undefined, options: Options): Promise<void> {
  await runGit(['--version']);
  const page = fileURLToPath(new URL('../demo/', import.meta.url));
  if (!existsSync(join(page, 'index.html'))) {
    throw new Problem('The page is not built yet: run `npm run build` first.');
  }
  const root = givenRoot === undefined ? await prepareData() : await checkRoot(givenRoot);
  const allowPush = options.allowPush === true || loopback.test(options.host);
  const { host, port, publicUrl } = options;
  const demo = await serveDemo({ root, page, host, port, allowPush, publicUrl });
  // Before the address is told: whoever reads it may send the signal at once.
  const signal = untilSignal();
  console.log(`gitws demo at ${demo.url}`);
  if (givenRoot === undefined) {
    console.log(
      `A static site of the same repository at ${new URL('static-site/', demo.url).href}`,
    );
  }
  if (!allowPush) console.log('Pushing is off, because others can connect: see --allow-push.');
  const { repositories, more } = demo.found;
  const shown = repositories.slice(0, 10);
  if (shown.length > 0) console.log('Repositories to clone there:');
  for (const path of shown) console.log(`  ${new URL(encodePath(path), demo.url).href}`);
  const rest = repositories.length - shown.length;
  if (rest > 0) console.log(`  and ${rest}${more ? ' or more' : ''} others`);
  if (shown.length === 0) {
    console.log(
      more ? `No repository was found in ${root}.` : `There is no repository in ${root} yet.`,
    );
  }
  await signal;
  await demo.close();
}

/** The folder of what comes with the demo. Nothing in it is ever overwritten. */
async function prepareData(): Promise<string> {
  const data = resolve(process.env['GITWS_DATA'] || 'data');
  const sample = join(data, 'sample.git');
  if (await makeSample(sample)) console.log(`Made a sample repository: ${sample}`);
  return data;
}

async function checkRoot(root: string): Promise<string> {
  const path = resolve(root);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Problem(`${root} is not a folder: name one that holds repositories.`);
  }
  if (await isRepositoryFolder(path)) {
    const above = dirname(path);
    throw new Problem(`${root} is a repository itself: name the folder that holds it, ${above}.`);
  }
  return path;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Resolves at the first signal; the second one ends the process at once. */
function untilSignal(): Promise<void> {
  return new Promise((resolveSignal) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolveSignal());
  });
}

/** What went wrong, for the person at the terminal; undefined where it is a fault of ours. */
function explain(error: unknown, { host, port }: Options): string | undefined {
  if (error instanceof Problem || error instanceof GitFailed) return error.message;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another program. Choose one with \`npm start -- --port 8081\`; 0 picks a free one.`;
    case 'EACCES':
      return (error as NodeJS.ErrnoException).syscall === 'listen'
        ? `Port ${port} may not be used by this user. Choose one above 1023 with --port.`
        : undefined;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine: check --host.`;
    default:
      return undefined;
  }
}

await new Command('npm start --')
  .description('Serves the gitws demo page and a folder of git repositories.')
  .argument('[root]', 'folder of repositories; without one, a sample is made in ./data')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--port <number>', 'port to listen on; 0 picks a free one', parsePort, 8080)
  .option('--allow-push', 'let others than this machine push, too: anybody who can connect')
  .option('--public-url <url>', "the page's address as browsers see it, behind a proxy")
  .action(async (root: string | undefined, options: Options) => {
    try {
      await run(root, options);
    } catch (error) {
      const sentence = explain(error, options);
      if (sentence === undefined) throw error;
      console.error(sentence);
      process.exitCode = 1;
    }
  })
  .parseAsync();
