/**
 * Real git makes and refreshes mirrors, and reaches nothing itself: what it takes for an upload-pack
 * on this machine are two `cat`, which pass a pipe of the server's on. At its other end is the upstream,
 * as a client of the gateway would have it.
 */
import { pipeline, Transform, type Duplex, type TransformCallback } from 'node:stream';
import { died } from '../../../src/wire/stateless/conversation.js';
import { inTime } from '../../base/in-time.js';
import type { Limits } from '../../limits/limits.js';
import { memoryEnvironment } from '../../git/environment.js';
import { askGit, collect, pipeDescriptor, startGit, startGitWithPipe } from '../../git/run-git.js';
import type { Running } from '../../processes.js';
import type { UpstreamService } from '../upstream/upstream-service.js';
import { mirrorState, type Head, type RefState } from './ref-state.js';
import type { GitSetting } from '../../git/setting.js';

/**
 * In the place of `git-upload-pack PATH`; the comment sign is for the path. The second one takes the
 * shell's place: with the shell, git's own end of the pipe would stay open when the upstream has ended.
 */
const uploadPack = `--upload-pack=cat <&${pipeDescriptor} & exec cat >&${pipeDescriptor} #`;

/** Goes into no request: {@link uploadPack} does not look at it. */
const url = 'file:///upstream';

/** What of an upstream's words must lead git nowhere else, and nothing be left for later. */
const settings: readonly GitSetting[] = [
  ['protocol.allow', 'never'],
  ['protocol.file.allow', 'always'],
  ['transfer.bundleURI', 'false'],
  // Packs stay packs, however small.
  ['transfer.unpackLimit', '1'],
  // Not all that is upstream passes: clients get there what they would get without a cache, and look
  // at it themselves.
  ['transfer.fsckObjects', 'false'],
  ['core.bigFileThreshold', '32m'],
  ['core.hooksPath', '/dev/null'],
  ['pack.threads', '1'],
  ['maintenance.auto', 'false'],
  ['gc.auto', '0'],
];

/** Time from SIGTERM to SIGKILL in ms: git removes its locks in it. */
const killTime = 5_000;

/** How a fetch ended. */
export type Fetched =
  | { readonly kind: 'done' }
  /** The upstream has not said all that it should. */
  | { readonly kind: 'cut-off'; readonly words: string }
  /** git was ended before. */
  | { readonly kind: 'ended'; readonly words: string }
  /** It has, and git could do nothing with it. */
  | { readonly kind: 'failed'; readonly words: string };

/** One fetch. */
export interface FetchOptions {
  /** Absolute path of the mirror, or of an empty directory. */
  readonly directory: string;
  /** Whether it is to be made, as `mirror` in that directory. */
  readonly makes: boolean;
  readonly service: UpstreamService;
  readonly limits: Limits;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told of each piece that arrives. @throws where it is too much. */
  readonly onBytes: (count: number) => void;
  readonly onProcess: (process: Running) => void;
}

/** Name of what is made. */
export const madeName = 'mirror';

const clone = [
  'clone',
  '--mirror',
  '--quiet',
  '--template=',
  '--no-local',
  uploadPack,
  url,
  madeName,
];

const fetch = [
  ...['fetch', '--prune', '--force', '--no-tags', '--update-shallow', '--quiet'],
  ...['--no-write-fetch-head', '--no-auto-maintenance', '--no-recurse-submodules'],
  ...[uploadPack, url, '+refs/*:refs/*'],
];

/** Runs git, and ends the service. @throws the system's error where git cannot be started. */
export async function runFetch(options: FetchOptions): Promise<Fetched> {
  const { directory, makes, service, limits, signal, onBytes, onProcess } = options;
  const { process, pipe } = await startGitWithPipe({
    ...{ makes, gitDir: directory, config: settings, args: makes ? clone : fetch },
    environment: memoryEnvironment(limits.maxPushMemory),
  }).catch((error: unknown) => {
    service.end();
    throw error;
  });
  onProcess(process);
  const end = (): void => {
    service.end();
    process.end({ term: 0, kill: killTime });
  };
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const words = collect(process.stderr);
  service.stderr.resume();
  process.stdout.resume();
  join(pipe, service, onBytes);
  const { code, signal: ended } = await process.exited;
  pipe.destroy();
  // What has not ended by itself is not what has failed.
  service.end();
  const upstream = await service.exited;
  signal.removeEventListener('abort', end);
  // A `cat` may be left, and nobody to ask what became of it.
  process.end({ term: 0, kill: 0 });
  if (code === 0) {
    process.stderr.destroy();
    return { kind: 'done' };
  }
  await process.gone;
  const failed = upstream.code === died ? 'cut-off' : 'failed';
  const kind = ended === null ? failed : 'ended';
  const said = await inTime(words, limits.lingerTime, () => Buffer.alloc(0));
  process.stderr.destroy();
  return { kind, words: said.toString('utf8').trim() };
}

/** Passes on what each says; the end of either ends the other. */
function join(pipe: Duplex, service: UpstreamService, onBytes: (count: number) => void): void {
  pipe.on('error', () => undefined);
  pipe.pipe(service.stdin);
  const counter = new Transform({
    transform(chunk: Buffer, _: BufferEncoding, callback: TransformCallback) {
      try {
        onBytes(chunk.length);
        callback(null, chunk);
      } catch (error) {
        callback(error as Error);
      }
    },
  });
  pipeline(service.stdout, counter, pipe, (error) => {
    if (error) service.end();
  });
}

/** @returns what a mirror's refs are. @throws Error where git cannot read them. */
export async function readState(
  gitDir: string,
  onProcess: (process: Running) => void,
): Promise<RefState> {
  const [lines, head] = await Promise.all([
    readRefs(gitDir, onProcess),
    readHead(gitDir, onProcess),
  ]);
  return mirrorState(lines, head);
}

/** More than a question's answer may be long. */
async function readRefs(gitDir: string, onProcess: (process: Running) => void): Promise<string[]> {
  const args = ['for-each-ref', '--format=%(refname) %(objectname)'];
  const process = await startGit({ gitDir, args });
  onProcess(process);
  const words = collect(process.stderr);
  let text = '';
  process.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const [{ code }] = await Promise.all([process.exited, streamEnd(process.stdout)]);
  if (code !== 0) throw new Error(`git for-each-ref in ${gitDir}: ${(await words).toString()}`);
  return text.split('\n').slice(0, -1);
}

/** Has HEAD be where the upstream's is. */
export async function setHead(
  gitDir: string,
  head: Head,
  onProcess: (process: Running) => void,
): Promise<void> {
  const args =
    'target' in head
      ? ['symbolic-ref', 'HEAD', head.target]
      : ['update-ref', '--no-deref', 'HEAD', head.oid];
  await askGit(gitDir, args, onProcess);
}

async function readHead(gitDir: string, onProcess: (process: Running) => void): Promise<Head> {
  const ask = async (args: readonly string[]): Promise<string> =>
    Buffer.from(await askGit(gitDir, args, onProcess))
      .toString()
      .trim();
  try {
    return { target: await ask(['symbolic-ref', '--quiet', 'HEAD']) };
  } catch {
    return { oid: await ask(['rev-parse', '--verify', '--quiet', 'HEAD']) };
  }
}

function streamEnd(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
  });
}
