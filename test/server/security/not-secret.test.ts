/**
 * What is no defence, as docs/security.md says it: whoever may read a repository may read every
 * object that git finds there, if he knows its name. Should git change that, the document must too.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { pktLine } from '../../helpers/git-stream.js';
import { git, makeRepository } from '../../helpers/git.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answered, runSession, targetOf } from './attempts.js';

let root: string;
let gitDir: string;
let server: TestServer;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir } = await makeRepository(join(root, 'site.git'), { commits: 5, files: 5 }));
  server = await startServer({ root });
});

/** A commit on top of main that only `refs/…` leads to. */
async function commitAt(ref: string): Promise<string> {
  const args = ['commit-tree', '-p', 'main', '-m', ref, 'main^{tree}'];
  const oid = await git(args, { cwd: gitDir });
  await git(['update-ref', ref, oid], { cwd: gitDir });
  return oid;
}

async function fetch(repository: string, oid: string): Promise<string> {
  const request = ['command=fetch\n', '', `want ${oid}\n`, 'deepen 1\n', 'done\n'].map((line) =>
    line === '' ? Buffer.from('0001') : pktLine(line),
  );
  const target = targetOf(repository, 'upload', '?git-protocol=version%3D2');
  const bytes = Buffer.concat([...request, Buffer.from('0000')]);
  return answered(await runSession(server, target, bytes));
}

test('the commits of a hidden ref are not secret', async () => {
  const oid = await commitAt('refs/hidden/x');
  await git(['config', 'transfer.hideRefs', 'refs/hidden'], { cwd: gitDir });
  expect(await fetch('site.git', oid)).toContain('PACK');
});

test('what a forced push has left behind is not secret, until git has pruned it', async () => {
  const oid = await commitAt('refs/heads/forced');
  await git(['update-ref', 'refs/heads/forced', 'main'], { cwd: gitDir });
  expect(await fetch('site.git', oid)).toContain('PACK');
  await git(['gc', '-q', '--prune=now'], { cwd: gitDir });
  expect(await fetch('site.git', oid)).toContain('not our ref');
});

test('what a repository borrows from another one by alternates is not secret', async () => {
  await git(['init', '-q', '--bare', join(root, 'fork.git')]);
  const alternates = join(root, 'fork.git/objects/info/alternates');
  await writeFile(alternates, `${gitDir}/objects\n`);
  const oid = await git(['rev-parse', 'main'], { cwd: gitDir });
  expect(await fetch('fork.git', oid)).toContain('PACK');
});
