/** The log of refusals and decisions. Of sessions: http-server.test.ts; forged names: ../server/security/logs.test.ts. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLog, refusalLines, type LogLevel } from '../../bin/log.js';
import type { RefusalReport } from '../../server/index.js';
import { git } from '../helpers/git.js';
import { eventually } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { serveProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

const report: RefusalReport = {
  ...{ closeCode: 4404, status: 404, sentence: 'There is no such repository.' },
  ...{ repository: 'team/site.git', service: 'git-upload-pack', user: { name: 'ada' } },
  remoteAddress: '192.0.2.1',
};

function written(
  format: 'text' | 'json',
  level: LogLevel,
  write: (log: ReturnType<typeof createLog>) => void,
): string[] {
  let text = '';
  const log = createLog(format, level, { write: (line: string) => (text += line) });
  write(log);
  log.flush();
  return text.split('\n').slice(0, -1);
}

describe('a refusal in the log', () => {
  it('is one line: who, what, why', () => {
    const [json = ''] = written('json', 'info', (log) => {
      log.refusal(report);
    });
    expect(JSON.parse(json)).toMatchObject({
      ...{ level: 'info', msg: 'refusal', closeCode: 4404, status: 404 },
      reason: 'There is no such repository.',
      ...{ service: 'git-upload-pack', repository: 'team/site.git', user: 'ada' },
      address: '192.0.2.1',
    });
    const text = written('text', 'info', (log) => {
      log.refusal(report);
      log.refusal({ ...report, repository: undefined, service: undefined, user: null });
      log.refusal({ ...report, closeCode: undefined, remoteAddress: undefined });
    });
    expect(text).toEqual([
      'refused git-upload-pack team/site.git ada from 192.0.2.1: 4404 There is no such repository.',
      'refused from 192.0.2.1: 4404 There is no such repository.',
      'refused git-upload-pack team/site.git ada from unknown: 404 There is no such repository.',
    ]);
  });

  it('is short, however long the path is that a stranger asked for', () => {
    const [line = ''] = written('json', 'info', (log) => {
      log.refusal({ ...report, repository: 'x'.repeat(4_000) });
    });
    expect(line.length).toBeLessThan(600);
    expect(line).toContain('x...');
  });

  it('is not there at level warn', () => {
    const lines = written('json', 'warn', (log) => {
      log.refusal(report);
    });
    expect(lines).toEqual([]);
  });

  it('of a flood from one address, or from many, leaves lines for others, and a count', () => {
    const lines = written('text', 'info', (log) => {
      for (let count = 0; count < 5_000; count += 1) log.refusal(report);
      for (let count = 0; count < 60_000; count += 1) {
        const remoteAddress = `10.0.${count >> 8}.${count & 255}`;
        log.refusal({ ...report, remoteAddress });
        if (count === 9) log.refusal({ ...report, remoteAddress: '192.0.2.2' });
      }
    });
    const { lines: most, linesPerAddress } = refusalLines;
    expect(lines).toHaveLength(most + 1);
    expect(lines.filter((line) => line.includes('from 192.0.2.1:'))).toHaveLength(linesPerAddress);
    expect(lines.filter((line) => line.includes('from 192.0.2.2:'))).toHaveLength(1);
    expect(lines.at(-1)).toBe(`gitws: warn: ${65_001 - most} more refusals`);
  });
});

describe('gitws serve', () => {
  const target = '/team/other/git-upload-pack';
  let root: string;
  let rules: string;

  beforeAll(async () => {
    root = await temporaryDirectory();
    await git(['init', '-q', '--bare', join(root, 'team/site.git')]);
    rules = join(await temporaryDirectory(), 'rules.json');
    const anyone = { repositories: ['**'], who: ['anyone'], allow: ['read'] };
    await writeFile(rules, JSON.stringify({ version: 1, rules: [anyone] }));
  });

  it('logs a refusal, and counts those of a flood', async () => {
    const server = await serveProcess(root, '--log-format', 'json');
    const { linesPerAddress } = refusalLines;
    const records = (): Record<string, unknown>[] =>
      server.output.stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (let count = 0; count < 3 * linesPerAddress; count += 1) {
      expect((await new RawClient(server.url, { target }).closed).code).toBe(4404);
    }
    await server.end();
    const refusals = records().filter(({ msg }) => msg === 'refusal');
    const others = records().filter(({ msg }) => msg === 'more refusals');
    const counted = others.reduce((sum, { count }) => sum + Number(count), 0);
    expect(refusals.length + counted).toBe(3 * linesPerAddress);
    // A slow machine may have needed more than one period.
    expect(refusals.length).toBeLessThanOrEqual(linesPerAddress * (others.length + 1));
    expect(others.length).toBeGreaterThan(0);
  });

  it('logs what the rules decide, and which rule it was, at level debug only', async () => {
    const logOf = async (level: LogLevel): Promise<string> => {
      const options = ['--rules', rules, '--log-level', level, '--log-format', 'text'];
      const server = await serveProcess(root, ...options);
      await new RawClient(server.url, { target }).closed;
      const writing = { target: '/team/site.git/git-receive-pack' };
      await new RawClient(server.url, writing).closed;
      await eventually(() => server.output.stderr.includes('git-receive-pack'));
      await server.end();
      return server.output.stderr;
    };
    const debug = await logOf('debug');
    expect(debug).toContain(
      'gitws: debug: rules[0] gives read of "team/other" to a client without credentials\n',
    );
    expect(debug).toContain(
      'gitws: debug: no rule gives write of "team/site.git" to a client without credentials\n',
    );
    expect(await logOf('info')).not.toContain('rule');
  });
});
