/** Native git whose connection is lost on the way: it goes on, and says so. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SessionReport } from '../../server/index.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { eventually } from '../helpers/processes.js';
import { startProxy } from '../helpers/proxy.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh, overWs, type Transport } from './transports.js';

const mib = 1024 * 1024;
/** The second line only where it took more than one attempt. */
const news =
  /^(warning: connection lost, resuming at \d+\.\d MiB\n?(warning: connection resumed\n?)?)+$/;
let root: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git'), {
    bigBlobs: { count: 6, bytes: mib },
  }));
});

describe.each<[string, Transport]>([
  ['ws://', overWs],
  ['gitws-ssh', overSsh],
])('over %s', (_name, transport) => {
  it('a clone whose connection is cut again and again ends well, and tells where it went on', async () => {
    const reports: SessionReport[] = [];
    const native = await transport({ root, onSession: (report) => reports.push(report) });
    const proxy = await startProxy(native.base.replace(/^\w+/, 'http'), {
      strike: { direction: 'down', after: 2 * mib, how: 'reset' },
    });
    const url = `${native.base.replace(/\/\/.*/, `//${new URL(proxy.url).host}`)}/site.git`;
    const clone = join(await temporaryDirectory(), 'clone');
    const { code, stderr } = await native.gitStatus(['clone', '-q', url, clone]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(news);
    expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(head);
    await expectSoundRepository(join(clone, '.git'));
    await eventually(() => reports.length > 0);
    expect(reports).toHaveLength(1);
    expect(reports[0]?.resumes).toBeGreaterThanOrEqual(2);
    await native.close();
  });

  it('a push whose connection is cut again and again ends well, and tells so', async () => {
    const reports: SessionReport[] = [];
    const target = join(root, 'target.git');
    await rm(target, { recursive: true, force: true });
    await git(['init', '-q', '--bare', target]);
    const native = await transport({
      ...{ root, allowPush: true },
      onSession: (report) => reports.push(report),
    });
    const proxy = await startProxy(native.base.replace(/^\w+/, 'http'), {
      strike: { direction: 'up', after: 2 * mib, how: 'reset' },
    });
    const url = `${native.base.replace(/\/\/.*/, `//${new URL(proxy.url).host}`)}/target.git`;
    const push = ['push', '-q', url, 'main'];
    const { code, stderr } = await native.gitStatus(push, { cwd: join(root, 'site.git') });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(news);
    expect(await git(['rev-parse', 'main'], { cwd: target })).toBe(head);
    for (const repository of [target, join(root, 'site.git')]) {
      await expectSoundRepository(repository);
    }
    await eventually(() => reports.length > 0);
    expect(reports).toHaveLength(1);
    expect(reports[0]?.resumes).toBeGreaterThanOrEqual(2);
    await native.close();
  });

  it('a server that keeps no lost sessions ends it with a sentence', async () => {
    const native = await transport({ root, limits: { resumeTime: 0 } });
    const proxy = await startProxy(native.base.replace(/^\w+/, 'http'), {
      strike: { direction: 'down', after: 2 * mib, how: 'reset' },
    });
    const url = `${native.base.replace(/\/\/.*/, `//${new URL(proxy.url).host}`)}/site.git`;
    const clone = join(await temporaryDirectory(), 'clone');
    const { code, stderr } = await native.gitStatus(['clone', '-q', url, clone]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^(fatal|gitws-ssh): the connection to '.*' was lost: it broke off$/m);
    await native.close();
  });
});
