/**
 * The log, of refusals and decisions before all. In a process of its own: serve-log.test.ts, and
 * http-server.test.ts; forged names: ../server/security/logs.test.ts.
 */
import { describe, expect, it } from 'vitest';
import {
  createLog,
  failureLines,
  maxFailureLength,
  refusalLines,
  signInLines,
  upstreamLines,
  type LogLevel,
} from '../../bin/log.js';
import type { RefusalReport, SessionReport } from '../../server/index.js';

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

describe('a session in the log', () => {
  it('tells how often its client came back', () => {
    const session: SessionReport = {
      ...{ id: 'a-b', service: 'git-upload-pack', repository: 'site.git', user: null },
      ...{ remoteAddress: '192.0.2.1', bytesIn: 1, bytesOut: 2, resumes: 3, duration: 4.2 },
      outcome: { kind: 'exit', code: 0, signal: null },
    };
    const [json = ''] = written('json', 'info', (log) => {
      log.session(session);
    });
    expect(JSON.parse(json)).toMatchObject({ msg: 'session', resumes: 3, outcome: 'exit 0' });
    const text = written('text', 'info', (log) => {
      log.session(session);
      log.session({ ...session, resumes: 0 });
    });
    expect(text).toEqual([
      'git-upload-pack site.git from 192.0.2.1: 1 bytes in, 2 out, 4 ms, exit 0, resumed 3 times, session a-b',
      'git-upload-pack site.git from 192.0.2.1: 1 bytes in, 2 out, 4 ms, exit 0, session a-b',
    ]);
  });
});

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
    const { lines: most, linesPerCause } = refusalLines;
    expect(lines).toHaveLength(most + 1);
    expect(lines.filter((line) => line.includes('from 192.0.2.1:'))).toHaveLength(linesPerCause);
    expect(lines.filter((line) => line.includes('from 192.0.2.2:'))).toHaveLength(1);
    expect(lines.at(-1)).toBe(`gitws: warn: ${65_001 - most} more refusals`);
  });

  it('of a flood from one network of IPv6, or from nobody known, is as of one address', () => {
    const lines = written('text', 'info', (log) => {
      for (let count = 0; count < 50; count += 1) {
        log.refusal({ ...report, remoteAddress: `2001:db8::${count}` });
        log.refusal({ ...report, remoteAddress: undefined });
      }
    });
    expect(lines).toHaveLength(2 * refusalLines.linesPerCause + 1);
  });
});

describe('an error in the log', () => {
  it('that clients cause again and again has some lines, and leaves some for others', () => {
    const lines = written('text', 'warn', (log) => {
      for (let count = 0; count < 5_000; count += 1) log.failure(new Error('accept EMFILE'));
      log.failure('the disk is full');
    });
    const { linesPerCause } = failureLines;
    expect(lines).toEqual([
      ...Array.from({ length: linesPerCause }, () => 'gitws: error: accept EMFILE'),
      'gitws: error: the disk is full',
      `gitws: error: ${5_000 - linesPerCause} more errors`,
    ]);
  });

  it('has so many in all, whatever words clients put into them', () => {
    const lines = written('json', 'error', (log) => {
      for (let count = 0; count < 5_000; count += 1) log.failure(new Error(`EACCES, ${count}`));
    });
    expect(lines).toHaveLength(failureLines.lines + 1);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      ...{ level: 'error', msg: 'more errors', count: 5_000 - failureLines.lines },
    });
  });

  it('is short, however long the words are', () => {
    const [line = ''] = written('text', 'error', (log) => {
      log.failure(new Error('x'.repeat(100_000)));
    });
    expect(line).toBe(`gitws: error: ${'x'.repeat(maxFailureLength)}...`);
  });

  it('has every line where nobody causes it from outside', () => {
    const lines = written('text', 'error', (log) => {
      for (let count = 0; count < 200; count += 1) log.error(new Error('no such file'));
    });
    expect(lines).toHaveLength(200);
  });
});

describe('a failed sign-in in the log', () => {
  it('of a flood from very many addresses is a line as long as there are not too many', () => {
    const failure = { scheme: 'basic', username: 'ada', failures: 1, maxFailures: 10 } as const;
    const lines = written('json', 'warn', (log) => {
      for (let count = 0; count < 5_000; count += 1) {
        const address = `2001:db8:0:${count.toString(16)}::1`;
        log.failedSignIn({ ...failure, address });
      }
    });
    expect(lines[0]).toBe(
      'gitws: failed sign-in from 2001:db8:0:0::1: basic, user "ada", failure 1 of 10',
    );
    expect(lines).toHaveLength(signInLines.lines + 1);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ msg: 'more failed sign-ins' });
  });
});

it('an upstream that comes and goes has some lines, and a count of the others', () => {
  const changes = 6;
  const lines = written('text', 'info', (log) => {
    for (let change = 0; change < changes; change += 1) {
      log.upstream({ host: 'git.example', breaker: 'open', restTime: 10_000 });
      log.upstream({ host: 'git.example', breaker: 'closed', restTime: undefined });
    }
    log.upstream({ host: 'other.example', breaker: 'open', restTime: 10_000 });
  });
  expect(lines.slice(0, 2)).toEqual([
    'gitws: warn: git.example does not answer: it is not asked for 10000 ms at a time.',
    'gitws: git.example answers again.',
  ]);
  expect(lines).toHaveLength(upstreamLines.linesPerCause + 2);
  expect(lines.at(-2)).toContain('other.example');
  expect(lines.at(-1)).toBe(
    `gitws: warn: ${2 * changes - upstreamLines.linesPerCause} more changes of upstreams`,
  );
});
