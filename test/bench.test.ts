/** The parts of the benchmarks that figures depend on, and that no run would show to be wrong. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareBuilds, formatBuilds } from '../bench/compare-builds.js';
import { compare, median, type Peer } from '../bench/compare.js';
import { generateRepository } from '../bench/generate.js';
import { History } from '../bench/history.js';
import { listRepositories } from '../demo/server/repositories.js';
import type { TraceEvent } from '../bench/devtools.js';
import { parseOptions } from '../bench/command-line.js';
import { longestTasks, marks } from '../bench/page-tasks.js';
import { RawTransfer } from '../bench/raw-transfer.js';
import { formatComparison, type Report } from '../bench/report.js';
import { encodePktLine, flushPkt } from '../src/wire/pkt-line.js';
import { concatBytes } from '../src/base/concat-bytes.js';
import { decodeText, encodeText } from '../src/wire/text.js';
import { expectSoundRepository, git } from './helpers/git.js';
import { temporaryDirectory } from './helpers/temp.js';

const time = { key: 'time', label: 'time', unit: 'ms' } as const;

/** A peer that measures these values, and writes its name to a list at each call. */
function peer(name: string, values: readonly number[], calls: string[] = []): Peer {
  const left = values.slice();
  return {
    name,
    measure: async () => {
      calls.push(name);
      return { time: left.shift() };
    },
  };
}

function compareThree(peers: readonly Peer[]) {
  const options = { part: 'test', title: 'Test', input: 'tiny', reference: 'two' };
  return compare({ ...options, metrics: [time], peers, rounds: 3 });
}

/** What one run of a build says: the values of the peer `one`, and none of `two`. */
async function reportOf(value: number): Promise<Report> {
  const metrics = [time, { key: 'memory', label: 'memory', unit: 'MB' } as const];
  const one: Peer = { name: 'one', measure: async () => ({ time: value, memory: value / 10 }) };
  const options = { part: 'test', title: 'Test', input: 'tiny', reference: 'one', rounds: 1 };
  const machine = { cpu: 'CPU', cores: 2, memory: 2 ** 30, system: 'Linux', versions: {} };
  return {
    ...{ date: '2026-01-01', machine, load: { before: 0, after: 0 }, quick: false, inputs: [] },
    comparisons: [await compare({ ...options, metrics, peers: [one, peer('two', [])] })],
  };
}

describe('a comparison of two builds', () => {
  const values = { now: [1, 3, 20], before: [2, 2, 40] };

  function compareThreeRounds(calls: string[] = []) {
    const left = { now: values.now.slice(), before: values.before.slice() };
    const measure = (build: 'now' | 'before') => () => {
      calls.push(build);
      return reportOf(left[build].shift() ?? NaN);
    };
    return compareBuilds({
      ...{ ref: 'v1', rounds: 3 },
      now: measure('now'),
      before: measure('before'),
    });
  }

  it('measures them in turns, of which each begins with another', async () => {
    const calls: string[] = [];
    await compareThreeRounds(calls);
    expect(calls).toEqual(['now', 'before', 'before', 'now', 'now', 'before']);
  });

  it('is a table of medians, and of ratios within each round', async () => {
    const lines = formatBuilds(await compareThreeRounds())
      .trim()
      .split('\n');
    expect(
      lines.slice(lines.indexOf('**Test; tiny; now and at v1, in turns, medians of 3 rounds**')),
    ).toEqual([
      '**Test; tiny; now and at v1, in turns, medians of 3 rounds**',
      '',
      '|     | time, ms | at v1 |  ratio |   from – to | memory, ratio |',
      '| --- | -------: | ----: | -----: | ----------: | ------------: |',
      '| one |      3.0 |   2.0 | 0.50 × | 0.50 – 1.50 |        0.50 × |',
      '| two |        – |     – |      – |           – |             – |',
    ]);
  });

  it('says what the other build did not measure', async () => {
    const compared = await compareThreeRounds();
    const before = compared.before.map((report) => ({ ...report, comparisons: [] }));
    expect(formatBuilds({ ...compared, before })).toContain('**Test; tiny**: not measured at v1');
  });
});

describe('a comparison', () => {
  it('changes the order of its peers from round to round', async () => {
    const calls: string[] = [];
    await compareThree(['one', 'two'].map((name) => peer(name, [1, 1, 1], calls)));
    expect(calls).toEqual(['one', 'two', 'two', 'one', 'one', 'two']);
  });

  it('gives the median of the ratios within each round, not the ratio of the medians', async () => {
    // The machine was ten times as slow in the last round.
    const { rows } = await compareThree([peer('one', [1, 3, 20]), peer('two', [2, 2, 40])]);
    expect(rows[0]?.ratio).toBe(0.5);
    expect(rows[0]?.metrics['time']).toEqual({ median: 3, min: 1, max: 20, values: [1, 3, 20] });
    expect(rows[1]?.ratio).toBe(1);
  });

  it('is shown as a table, with a dash where a peer has no such value', async () => {
    const result = await compareThree([peer('one', [100, 120, 140]), peer('two', [])]);
    expect(formatComparison(result).trim().split('\n')).toEqual([
      '**Test; tiny; medians of 3 rounds; ratio to two**',
      '',
      '|     | time, ms | from – to | ratio |',
      '| --- | -------: | --------: | ----: |',
      '| one |      120 | 100 – 140 |     – |',
      '| two |        – |         – |     – |',
    ]);
  });

  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])('takes the middle of %j to be %d', (values, middle) => {
    expect(median(values)).toBe(middle);
  });
});

describe('a generated history', () => {
  it('is sound, and the same each time', async () => {
    const heads = await Promise.all([importHistory(), importHistory()]);
    expect(heads[0]).toBe(heads[1]);
  });

  async function importHistory(): Promise<string> {
    const gitDir = await temporaryDirectory();
    const stream = Buffer.concat([...new History({ commits: 200, files: 60, seed: 3 }).pieces()]);
    const at = (...args: string[]) => [`--git-dir=${gitDir}`, ...args];
    await git(['init', '-q', '--bare', gitDir]);
    await git(at('fast-import', '--quiet', '--done'), { input: stream });
    await expectSoundRepository(gitDir);
    expect(Number(await git(at('rev-list', '--count', '--merges', 'main')))).toBeGreaterThan(10);
    return git(at('rev-parse', 'main'));
  }
});

describe('a raw transfer', () => {
  const oid = '1234567890123456789012345678901234567890';
  const advertisement = concatBytes([
    encodePktLine(`${oid} HEAD\0side-band-64k\n`),
    encodePktLine(`${oid} refs/heads/main\n`),
    flushPkt,
  ]);

  it('asks for every oid once, when the advertisement is whole', () => {
    const transfer = new RawTransfer({ overHttp: false });
    expect(transfer.push(advertisement.subarray(0, -1))).toBeUndefined();
    const request = transfer.push(advertisement.subarray(-1));
    expect(decodeText(request ?? new Uint8Array(0))).toBe(
      `0056want ${oid} side-band-64k ofs-delta no-progress\n00000009done\n`,
    );
  });

  it('counts the answer, and fails where it was cut', () => {
    const transfer = new RawTransfer({ overHttp: true });
    transfer.push(concatBytes([encodeText('001e# service=git-upload-pack\n0000'), advertisement]));
    transfer.push(encodeText('0008NAK\n00'));
    expect(() => transfer.finish()).toThrow('without a flush-pkt');
    transfer.push(encodeText('00'));
    expect(transfer.finish()).toBe(12);
  });
});

it('a generated repository is kept, and is not in the folder that npm start serves', async () => {
  const root = await temporaryDirectory();
  await mkdir(join(root, 'bench'));
  for (const name of ['history.ts', 'generate.ts']) {
    await copyFile(new URL(`../bench/${name}`, import.meta.url), join(root, 'bench', name));
  }
  const made = await generateRepository(root, 'tiny');
  expect(await generateRepository(root, 'tiny')).toBe(made);
  await expectSoundRepository(made);
  expect(await listRepositories(join(root, 'data'))).toEqual({ repositories: [], more: false });
  const { repositories } = await listRepositories(root);
  expect(repositories.map((path) => join(root, path))).toEqual([made]);
});

describe('the longest tasks of a page', () => {
  const mark = (name: string, ms: number): TraceEvent => {
    return { name, ph: 'I', pid: 1, tid: 1, ts: ms * 1e3 };
  };
  const task = (ms: number, wall: number, cpu: number, tid = 1): TraceEvent => {
    const name = 'ThreadControllerImpl::RunTask';
    return { name, ph: 'X', pid: 1, tid, ts: ms * 1e3, dur: wall * 1e3, tdur: cpu * 1e3 };
  };
  const events = [
    task(0, 90, 90),
    mark(marks.start, 100),
    task(101, 40, 5),
    task(150, 20, 15),
    // Another thread's.
    task(150, 500, 500, 2),
    task(195, 10, 2),
    mark(marks.received, 200),
    task(210, 60, 30),
    mark(marks.end, 300),
    task(301, 80, 80),
  ];

  it('are those between two marks, by the clock and by the work', () => {
    expect(longestTasks(events, marks.start, marks.received)).toEqual({ wall: 40, cpu: 15 });
    expect(longestTasks(events, marks.received, marks.end)).toEqual({ wall: 60, cpu: 30 });
  });

  it('are not known of a page that made no marks', () => {
    expect(() => longestTasks([task(0, 1, 1)], marks.start, marks.end)).toThrow('did not mark');
  });
});

describe('the command line', () => {
  const part = { name: 'raw', about: '', run: async () => [] };

  it('measures a small and a medium repository unless told otherwise', () => {
    expect(parseOptions([], [part])).toMatchObject({ sizes: ['small', 'medium'], rounds: 5 });
    expect(parseOptions(['--quick'], [part])).toMatchObject({ sizes: ['tiny'], rounds: 1 });
    expect(parseOptions(['--repo', 'a', '--repo', 'b'], [part])).toMatchObject({
      sizes: [],
      repositories: ['a', 'b'],
    });
  });

  it.each([
    [['--only', 'nothing'], 'There is no part "nothing": it is one of raw.'],
    [['--size', 'toString'], 'There is no size "toString"'],
    [['--rounds', '0'], '--rounds must be'],
  ])('says what is wrong with %j', (args, sentence) => {
    expect(() => parseOptions(args, [part])).toThrow(sentence);
  });
});
