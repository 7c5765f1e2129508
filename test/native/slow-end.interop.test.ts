/** A service that has said all, and whose end is long in coming: git waits for it, and so must we. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh, overWs, type Native, type Transport } from './transports.js';

const path = process.env['PATH'] ?? '';

beforeAll(async () => {
  const bin = join(await temporaryDirectory(), 'bin');
  await mkdir(bin);
  // Longer than the time after which a reader that has gone is noticed.
  const late = `PATH='${path}' git "$@"; code=$?; exec >&- 2>&-; sleep 2.5; exit $code`;
  const script = `case " $* " in *" upload-pack "*|*" receive-pack "*) ${late};; esac`;
  const other = `PATH='${path}' exec git "$@"`;
  await writeFile(join(bin, 'git'), `#!/bin/sh\n${script}\n${other}\n`, { mode: 0o755 });
  process.env['PATH'] = `${bin}:${path}`;
});

afterAll(() => {
  process.env['PATH'] = path;
});

describe.each<[string, Transport]>([
  ['ws://', overWs],
  ['gitws-ssh', overSsh],
])('a service that ends late, over %s', (_name, transport) => {
  let native: Native;
  let gitDir: string;
  let url: string;
  let head: string;

  beforeAll(async () => {
    const root = await temporaryDirectory();
    ({ gitDir, head } = await makeRepository(join(root, 'site.git'), { commits: 3 }));
    native = await transport({ root, allowPush: true });
    url = `${native.base}/site.git`;
  });

  it.each(['0', '2'])('makes no failure of a clone in protocol version %s', async (version) => {
    const clone = join(await temporaryDirectory(), 'clone');
    const result = await native.gitStatus([
      ...['-c', `protocol.version=${version}`, 'clone', '-q', url, clone],
    ]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    await expectSoundRepository(clone);
  });

  it('makes no failure of a push', async () => {
    const result = await native.gitStatus(['push', '-q', url, `${head}:refs/heads/late`], {
      cwd: gitDir,
    });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(await git(['rev-parse', 'late'], { cwd: gitDir })).toBe(head);
  });
});
