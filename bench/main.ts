/** The benchmarks: makes the inputs, starts the servers, runs the parts, prints and writes. */
import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findChromium } from './browser.js';
import type { Comparison } from './compare.js';
import { withBrowser, type Context, type Part, type Servers } from './context.js';
import { generatedInput, localInput, type Input } from './input.js';
import { describeMachine, load } from './machine.js';
import { parseOptions, usage, type Options } from './options.js';
import { cloneInBrowser } from './parts/clone-browser.js';
import { cloneInNodePart } from './parts/clone-node.js';
import { indexPackPart } from './parts/index-pack.js';
import { latency } from './parts/latency.js';
import { pageThread } from './parts/page-thread.js';
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
  latency,
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
}

/** @throws Error where anything fails or comes out wrong. */
export async function main({ root, out, args }: Call): Promise<void> {
  const options = parseOptions(args, parts);
  if (options.help) {
    process.stdout.write(usage(parts));
    return;
  }
  const workspace = await mkdtemp(join(tmpdir(), 'gitws-bench-'));
  process.on('exit', () => {
    rmSync(workspace, { recursive: true, force: true });
  });
  const report = await run({ root, out, workspace, options });
  process.stdout.write(`${formatReport(report)}\n`);
  if (options.json !== undefined) {
    await writeFile(resolve(options.json), `${JSON.stringify(report, null, 2)}\n`);
  }
}

interface Run {
  readonly root: string;
  readonly out: string;
  readonly workspace: string;
  readonly options: Options;
}

async function run({ root, out, workspace, options }: Run): Promise<Report> {
  const serverRoot = join(workspace, 'served');
  mkdirSync(serverRoot);
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
