/** What `gitws serve` logs of refusals and decisions. Their form: log.test.ts. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { refusalLines, type LogLevel } from '../../bin/log.js';
import { git } from '../helpers/git.js';
import { eventually } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { serveProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

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
    const { linesPerCause } = refusalLines;
    const records = (): Record<string, unknown>[] =>
      server.output.stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (let count = 0; count < 3 * linesPerCause; count += 1) {
      expect((await new RawClient(server.url, { target }).closed).code).toBe(4404);
    }
    await server.end();
    const refusals = records().filter(({ msg }) => msg === 'refusal');
    const others = records().filter(({ msg }) => msg === 'more refusals');
    const counted = others.reduce((sum, { count }) => sum + Number(count), 0);
    expect(refusals.length + counted).toBe(3 * linesPerCause);
    // A slow machine may have needed more than one period.
    expect(refusals.length).toBeLessThanOrEqual(linesPerCause * (others.length + 1));
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
