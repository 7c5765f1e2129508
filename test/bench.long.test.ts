/** That the benchmarks run, and measure what they say; what they measure here means nothing. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Report } from '../bench/report.js';
import { browserAvailable } from './helpers/chromium.js';
import { temporaryDirectory } from './helpers/temp.js';

const program = fileURLToPath(new URL('../bench/run.mjs', import.meta.url));

it('runs every part once, and finds every clone to be right', async () => {
  const json = join(await temporaryDirectory(), 'report.json');
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    '--quick',
    '--json',
    json,
  ]);
  const report = JSON.parse(await readFile(json, 'utf8')) as Report;
  expect(report.inputs.map(({ name }) => name)).toEqual(['tiny']);
  const measured = report.comparisons.map(({ part }) => part);
  const inPages = browserAvailable
    ? ['clone-browser', 'clone-browser', 'index-pack', 'page-thread', 'partial', 'raw']
    : [];
  const inNode = ['clone-node', 'index-pack', 'latency', 'processes', 'raw', 'sessions'];
  // One for each command, in Node and in Chromium.
  const reads = ['reads', 'reads', 'reads', 'reads', 'reads'];
  const five = ['commands', 'commands', 'commands', 'commands', 'commands'];
  const commands = [...five, ...(browserAvailable ? five : [])];
  // The clone, and one for each command.
  const gateway = ['gateway', 'gateway', 'gateway', 'gateway', 'gateway', 'gateway'];
  const expected = [...inPages, ...inNode, ...reads, ...commands, ...gateway];
  expect(measured.toSorted()).toEqual(expected.toSorted());
  for (const { part, title, metrics, rows } of report.comparisons) {
    expect(stdout).toContain(title);
    const isOfPages = part === 'clone-browser';
    expect(rows.some(({ peer }) => peer.startsWith('wasm-git'))).toBe(isOfPages);
    expect(rows.length).toBeGreaterThan(1);
    for (const { peer, metrics: values } of rows) {
      expect(values[metrics[0]?.key ?? '']?.median, `${title}: ${peer}`).toBeGreaterThan(0);
    }
  }
});
