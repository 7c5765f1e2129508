/**
 * wasm-git in a worker, as it is meant to be used there: its synchronous build, with a repository in
 * memory, over HTTP by synchronous requests.
 */
import startLg2 from 'wasm-git/lg2.js';
import type { ClonedFiles, CloneOptions, CloneTimes } from '../clone.js';
import type { WasmGitAnswer, WasmGitRequest } from './wasm-git.js';

let lines: string[] = [];
const keep = (line: string): void => {
  lines.push(line);
};
const lg2 = await startLg2({ locateFile: (name) => `/${name}`, print: keep, printErr: keep });
const { FS } = lg2;
FS.writeFile('/home/web_user/.gitconfig', '[user]\n\tname = Bench\n\temail = bench@example.com\n');

/** @returns what the command wrote, by lines. */
function run(...args: string[]): string[] {
  lines = [];
  const code = lg2.callMain(args);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${lines.join(' ')}`);
  return lines;
}

/** The same for a command whose progress nobody sees: a line for each object, kept until its end. */
function runQuietly(...args: string[]): void {
  const writeTo = (path: string): void => {
    // What is opened gets the lowest number that is free.
    FS.close(FS.streams[1]);
    FS.open(path, 'w');
  };
  writeTo('/dev/null');
  try {
    run(...args);
  } finally {
    writeTo('/dev/stdout');
  }
}

/** When the last answer was in, by performance.now(): requests here wait for the whole of it. */
let received = 0;
globalThis.XMLHttpRequest = class extends XMLHttpRequest {
  override send(body?: XMLHttpRequestBodyInit | null): void {
    super.send(body);
    received = performance.now();
  }
};

function clone({ url, dir, noCheckout = false }: CloneOptions): CloneTimes {
  const startedAt = performance.timeOrigin + performance.now();
  const start = performance.now();
  if (noCheckout) {
    // Its `clone` has no options. This is what a clone does, without the working tree; tags are
    // asked for by name, since its `fetch` fails on those that it would follow by itself.
    run('init', dir);
    FS.chdir(dir);
    FS.writeFile(`${dir}/.git/config`, fetchAll(url));
    runQuietly('fetch', 'origin');
  } else {
    runQuietly('clone', url, dir);
  }
  const total = performance.now() - start;
  const network = received - start;
  return { startedAt, total, network, received: network, index: undefined, checkout: undefined };
}

function fetchAll(url: string): string {
  return [
    '[remote "origin"]',
    `url = ${url}`,
    'fetch = +refs/heads/*:refs/remotes/origin/*',
    'fetch = +refs/tags/*:refs/tags/*',
    'tagOpt = --no-tags\n',
  ].join('\n');
}

function inspect({ dir, noCheckout = false }: CloneOptions): ClonedFiles {
  FS.chdir(dir);
  if (noCheckout) {
    const [head = ''] =
      run('ls-remote', 'origin')
        .find((line) => line.endsWith('\tHEAD'))
        ?.split('\t') ?? [];
    // That it can be done says that the objects are there.
    run('checkout', head);
  }
  const listed = run('ls-files').filter((line) => line !== '');
  const present = noCheckout ? [] : listed.filter((path) => isThere(`${dir}/${path}`));
  const head = run('rev-parse', 'HEAD')[0] ?? '';
  return { head, files: { listed: listed.length, present: present.length } };
}

function isThere(path: string): boolean {
  try {
    FS.lstat(path);
    return true;
  } catch {
    return false;
  }
}

addEventListener('message', ({ data }: MessageEvent<WasmGitRequest>) => {
  let answer: WasmGitAnswer;
  try {
    answer = { result: data.kind === 'clone' ? clone(data.options) : inspect(data.options) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  postMessage(answer);
});
postMessage({} satisfies WasmGitAnswer);
