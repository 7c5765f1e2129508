/**
 * `npm run fuzz -- [--seconds N] [--seed S] [--only NAME] [--case N]`: all fuzzers, in a process of
 * their own that is watched, so that one that does not come back is found, too.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { clients } from './clients.js';
import { fuzz, type Fuzzer } from './fuzzer.js';
import { packs } from './packs.js';
import { paths } from './paths.js';
import { gitStreams, messages } from './sessions.js';
import { tunnel } from './tunnel.js';
import { upgrades } from './upgrades.js';
import { wire } from './wire.js';

const fuzzers: readonly Fuzzer[] = [
  upgrades,
  messages,
  gitStreams,
  clients,
  wire,
  packs,
  tunnel,
  paths,
];

/** Time without a sign of life after which the process counts as hung, in ms. */
const patience = 60_000;

/** Set for the process that does the work. */
const workerVariable = 'GITWS_FUZZ_WORKER';

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly chosen: readonly Fuzzer[];
  readonly only: number | undefined;
}

/** @param bundle this program, to be started again as the process that is watched. */
export async function main(args: readonly string[], bundle: string): Promise<void> {
  const { seconds, seed, chosen, only } = parseOptions(args);
  const names = chosen.map(({ name }) => name);
  console.log(`${seconds} s, seed ${seed}: ${names.join(', ')}`);
  await watch(bundle, [
    ...['--seconds', String(seconds), '--seed', String(seed)],
    ...names.flatMap((name) => ['--only', name]),
    ...(only === undefined ? [] : ['--case', String(only)]),
  ]);
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      only: { type: 'string', multiple: true, default: fuzzers.map(({ name }) => name) },
      case: { type: 'string' },
    },
  });
  return {
    seconds: whole(values.seconds),
    seed: whole(values.seed),
    chosen: values.only.map(find),
    only: values.case === undefined ? undefined : whole(values.case),
  };
}

function find(name: string): Fuzzer {
  const found = fuzzers.find((fuzzer) => fuzzer.name === name);
  if (found !== undefined) return found;
  throw new Error(`There is no fuzzer ${name}, but ${fuzzers.map((one) => one.name).join(', ')}.`);
}

function whole(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Error(`${text} is not a whole number.`);
}

/** Starts the process that does the work, and waits for it as long as it shows signs of life. */
async function watch(bundle: string, args: readonly string[]): Promise<void> {
  const child = fork(bundle, [...args], { env: { ...process.env, [workerVariable]: '1' } });
  const end = (): boolean => child.kill('SIGKILL');
  process.on('exit', end);
  let last = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      console.error(`It hangs, ${last}.`);
      end();
    }, patience);
  };
  heard();
  child.on('message', (message) => {
    if (typeof message === 'string') last = message;
    heard();
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  process.off('exit', end);
  if (code === 0) return;
  console.error(`**** Found something, ${last}. ****`);
  process.exitCode = 1;
}

/** All of the work. What nobody catches ends the process: Node.js prints it. */
async function work(args: readonly string[]): Promise<void> {
  const { seconds, seed, chosen, only } = parseOptions(args);
  let state = '';
  const tell = (): void => {
    if (process.connected) process.send?.(state);
  };
  // Not a sign of life any more when there is nothing else to do.
  setInterval(tell, 1_000).unref();
  for (const fuzzer of chosen) {
    state = `${fuzzer.name}, seed ${seed}, from case 0 on`;
    tell();
    const count = await fuzz(fuzzer, {
      seed,
      until: performance.now() + (seconds * 1_000) / chosen.length,
      ...(only === undefined ? {} : { only }),
      onProgress(cases) {
        state = `${fuzzer.name}, seed ${seed}, from case ${cases} on`;
        tell();
      },
    });
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(`${fuzzer.name}: ${count} cases, nothing found; ${memory} MiB in this process`);
  }
}

if (process.env[workerVariable] === '1') {
  try {
    await work(process.argv.slice(2));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  process.disconnect();
}
