/** The benchmarks: makes the inputs, starts the servers, runs the parts, prints and writes. */
import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findChromium } from './browser.js';
import { compareBuilds, formatBuilds } from './compare-builds.js';
import type { Comparison } from './compare.js';
import { withBrowser, type Context, type Part, type Servers } from './context.js';
import { generatedInput, localInput, type Input } from './input.js';
import { describeMachine, load } from './machine.js';
import { parseOptions, usage, type Options } from './command-line.js';
import { cloneInBrowser } from './parts/clone-browser.js';
import { cloneInNodePart } from './parts/clone-node.js';
import { gateway } from './parts/gateway.js';
import { indexPackPart } from './parts/index-pack.js';
import { latency } from './parts/latency.js';
import { pageThread } from './parts/page-thread.js';
import { partial } from './parts/partial.js';
import { processes } from './parts/processes.js';
import { raw } from './parts/raw.js';
import { commands } from './parts/commands.js';
import { reads } from './parts/reads.js';
import { sessions } from './parts/sessions.js';
import { formatReport, type Report } from './report.js';
import { startGitDaemon, startGitWs, startHttp } from './servers.js';

const parts: readonly Part[] = [
  cloneInBrowser,
  cloneInNodePart,
  indexPackPart,
  pageThread,
  raw,
  reads,
  commands,
  gateway,
  latency,
  partial,
  sessions,
  processes,
];

/** Where the program is, and what it was called with. */
export interface Call {
  /** The project's directory. */
  readonly root: string;
  /** Where the programs of the benchmarks were built. */
  readonly out: string;
  readonly args: readonly string[];
  /** Builds the same programs around the project as it was at a commit. Returns where. */
  readonly buildOf: (ref: string) => Promise<string>;
}

/** @throws Error where anything fails or comes out wrong. */
export async function main({ root, out, args, buildOf }: Call): Promise<void> {
  const options = parseOptions(args, parts);
  if (options.help) {
    process.stdout.write(usage(parts));
    return;
  }
  const workspace = await mkdtemp(join(tmpdir(), 'gitws-bench-'));
  process.on('exit', () => {
    rmSync(workspace, { recursive: true, force: true });
  });
  const { compare, rounds } = options;
  const run = { root, out, workspace, options };
  if (compare === undefined) {
    const report = await measure(run);
    await say(formatReport(report), report, options);
    return;
  }
  const other = await buildOf(compare);
  // Its own copy of this module has that build's library in it.
  const path = pathToFileURL(join(other, 'main.js')).href;
  const before = (await import(path)) as { measure: typeof measure };
  let turns = 0;
  const turn = (): Run => ({
    ...run,
    workspace: join(workspace, `turn-${(turns += 1)}`),
    options: { ...options, rounds: 1 },
  });
  const compared = await compareBuilds({
    ...{ ref: compare, rounds },
    now: () => measure(turn()),
    before: () => before.measure({ ...turn(), out: other }),
  });
  await say(formatBuilds(compared), compared, options);
}

async function say(text: string, result: unknown, { json }: Options): Promise<void> {
  process.stdout.write(`${text}\n`);
  if (json !== undefined) await writeFile(resolve(json), `${JSON.stringify(result, null, 2)}\n`);
}

/** What is measured, and where. */
export interface Run {
  readonly root: string;
  readonly out: string;
  /** A directory for what is made meanwhile. */
  readonly workspace: string;
  readonly options: Options;
}

/** Measures the build that this module is a part of. @throws Error where anything fails or comes out wrong. */
export async function measure({ root, out, workspace, options }: Run): Promise<Report> {
  const serverRoot = join(workspace, 'served');
  mkdirSync(serverRoot, { recursive: true });
  const inputs: Input[] = [];
  for (const size of options.sizes) inputs.push(await generatedInput(root, size, serverRoot));
  for (const path of options.repositories) inputs.push(await localInput(path, serverRoot));

  const hasBrowser = findChromium() !== undefined;
  if (!hasBrowser) process.stderr.write('There is no Chromium: nothing is measured in pages.\n');
  const before = load();
  const servers = await startServers(out, serverRoot);
  try {
    let directories = 0;
    const context: Context = {
      ...{ out, serverRoot, servers, hasBrowser },
      quick: options.quick,
      rounds: options.rounds,
      newDirectory: () => join(workspace, `clone-${(directories += 1)}`),
    };
    const comparisons: Comparison[] = [];
    for (const input of inputs) {
      for (const part of options.parts) comparisons.push(...(await part.run(context, input)));
    }
    const chromium = hasBrowser ? await chromiumVersion(context) : undefined;
    return {
      date: new Date().toISOString().slice(0, 10),
      machine: await describeMachine(root, chromium),
      load: { before, after: load() },
      quick: options.quick,
      inputs: inputs.map(({ name, head, shape }) => ({ name, head, shape })),
      comparisons,
    };
  } finally {
    const { gitws, http, git } = servers;
    await Promise.all([gitws, http, git].map((server) => server.close()));
  }
}

async function startServers(out: string, serverRoot: string): Promise<Servers> {
  const http = await startHttp(out, serverRoot);
  const gitws = await startGitWs(out, serverRoot, [http.url]);
  return { http, gitws, git: await startGitDaemon(serverRoot) };
}

function chromiumVersion(context: Context): Promise<string> {
  return withBrowser(context, context.servers.http.url, (browser) => browser.version());
}
