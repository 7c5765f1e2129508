/** Pushes: what the server has afterwards, and what the caller hears. */
import type { ContractCase, ContractContext, ServerRepository } from '../context.js';
import { equal, ok, rejects } from '../expect.js';

const author = { name: 'Test Author', email: 'author@example.com' };

/** Adds a commit with one file to the branch that is checked out. */
export async function commitFile(
  { git, fs, dir }: ContractContext,
  path: string,
  content: string | Uint8Array,
): Promise<string> {
  await fs.promises.writeFile(`${dir}/${path}`, content);
  await git.add({ fs, dir, filepath: path });
  return git.commit({ fs, dir, message: `Add ${path}`, author });
}

/** More than the windows of both sides hold. */
export const noiseBytes = 6 * 1024 * 1024;

/** Bytes that no compression makes fewer. */
export function noise(): Uint8Array {
  const bytes = new Uint8Array(noiseBytes);
  // The most that one call gives.
  const step = 65_536;
  for (let at = 0; at < bytes.length; at += step) {
    crypto.getRandomValues(bytes.subarray(at, at + step));
  }
  return bytes;
}

/** A clone of a new repository with one commit that the server does not have. */
export async function cloneWithCommit(
  context: ContractContext,
): Promise<ServerRepository & { oid: string }> {
  const { git, http, fs, dir, oracle } = context;
  const repository = await oracle.repository('sample');
  await git.clone({ fs, http, dir, url: repository.url });
  return { ...repository, oid: await commitFile(context, 'mine.txt', 'my words\n') };
}

async function expectOnServer(
  { oracle }: ContractContext,
  name: string,
  ref: string,
  oid: string,
): Promise<void> {
  equal(await oracle.serverGit(name, ['for-each-ref', '--format=%(objectname)', ref]), oid, ref);
  await oracle.expectSoundServer(name);
}

/** A hook that makes a file, `started`, and waits for another, `go`. */
export const untilTold = 'touch started; until test -e go; do sleep 0.05; done';

export const pushCases: ContractCase[] = [
  {
    name: 'a fast-forward arrives, and the same push again changes nothing',
    async run(context) {
      const { git, http, fs, dir } = context;
      const { name, oid } = await cloneWithCommit(context);
      const first = await git.push({ fs, http, dir });
      equal([first.ok, first.refs['refs/heads/main']?.ok], [true, true]);
      await expectOnServer(context, name, 'refs/heads/main', oid);
      const again = await git.push({ fs, http, dir });
      equal(again.ok, true);
      await expectOnServer(context, name, 'refs/heads/main', oid);
      await context.oracle.expectSoundClient(dir);
      await context.oracle.idle();
    },
  },
  {
    name: 'a new branch and a new tag arrive, and the branch is deleted again',
    async run(context) {
      const { git, http, fs, dir } = context;
      const { name, oid } = await cloneWithCommit(context);
      await git.branch({ fs, dir, ref: 'feature/ü' });
      await git.push({ fs, http, dir, ref: 'feature/ü' });
      await expectOnServer(context, name, 'refs/heads/feature/ü', oid);
      await git.annotatedTag({ fs, dir, ref: 'v2.0', message: 'Two', tagger: author });
      await git.push({ fs, http, dir, ref: 'v2.0' });
      const tag = await git.resolveRef({ fs, dir, ref: 'refs/tags/v2.0' });
      await expectOnServer(context, name, 'refs/tags/v2.0', tag);
      const deleted = await git.push({ fs, http, dir, ref: 'feature/ü', delete: true });
      equal(deleted.ok, true);
      await expectOnServer(context, name, 'refs/heads/feature/ü', '');
    },
  },
  {
    name: 'a forced push replaces history',
    async run(context) {
      const { git, http, fs, dir } = context;
      const { name, oid } = await cloneWithCommit(context);
      await git.push({ fs, http, dir });
      const [, parent] = await git.log({ fs, dir, depth: 2 });
      await git.writeRef({
        fs,
        dir,
        ref: 'refs/heads/main',
        value: parent?.oid ?? '',
        force: true,
      });
      const other = await commitFile(context, 'other.txt', 'other words\n');
      ok(other !== oid, 'the commits are the same');
      await git.push({ fs, http, dir, force: true });
      await expectOnServer(context, name, 'refs/heads/main', other);
    },
  },
  {
    name: 'a push to an empty repository makes its first branch',
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const { url, name } = await oracle.repository('empty');
      await git.init({ fs, dir, defaultBranch: 'main' });
      await git.addRemote({ fs, dir, remote: 'origin', url });
      const oid = await commitFile(context, 'first.txt', 'first words\n');
      await git.push({ fs, http, dir, ref: 'main' });
      await expectOnServer(context, name, 'refs/heads/main', oid);
    },
  },
  {
    name: 'a push of many megabytes arrives, and tells its bytes',
    isLong: true,
    async run(context) {
      const { git, http, fs, dir } = context;
      const { name } = await cloneWithCommit(context);
      const oid = await commitFile(context, 'noise.bin', noise());
      const sent: number[] = [];
      await git.push({
        ...{ fs, http, dir },
        onProgress: ({ phase, loaded, total }) => {
          if (phase !== 'Sending') return;
          sent.push(loaded);
          ok(loaded <= total, `${loaded} of ${total}`);
        },
      });
      ok((sent.at(-1) ?? 0) > noiseBytes, 'the last event tells less than was sent');
      equal(
        sent,
        sent.slice().sort((a, b) => a - b),
        'the order of events',
      );
      await expectOnServer(context, name, 'refs/heads/main', oid);
    },
  },
  {
    name: 'a push that is no fast-forward is rejected by isomorphic-git, and the server is untouched',
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const { name } = await cloneWithCommit(context);
      const theirs = await oracle.commitOnServer(name, 'main', 'theirs.txt', 'first!\n');
      await rejects(git.push({ fs, http, dir }), 'PushRejectedError');
      await expectOnServer(context, name, 'refs/heads/main', theirs);
    },
  },
  {
    name: 'a forced push that the server’s settings forbid is rejected with its reason',
    isLong: true,
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const { name } = await cloneWithCommit(context);
      const theirs = await oracle.commitOnServer(name, 'main', 'theirs.txt', 'first!\n');
      await oracle.serverGit(name, ['config', 'receive.denyNonFastForwards', 'true']);
      const error = await rejects(git.push({ fs, http, dir, force: true }), 'GitPushError');
      ok(error.message.includes('non-fast-forward'), error.message);
      await expectOnServer(context, name, 'refs/heads/main', theirs);
    },
  },
  {
    name: 'a pre-receive hook rejects a push, and its words reach both kinds of onMessage',
    async run(context) {
      const { git, gitws, fs, dir, oracle } = context;
      const { name } = await cloneWithCommit(context);
      const before = await oracle.serverGit(name, ['rev-parse', 'main']);
      await oracle.hook(name, 'pre-receive', 'echo "Not on a Friday" >&2; exit 1');
      const [live, late]: [string[], string[]] = [[], []];
      const http = gitws.createHttpClient({ onMessage: (text) => void live.push(text) });
      const push = git.push({ fs, http, dir, onMessage: (text) => void late.push(text) });
      const error = await rejects(push, 'GitPushError');
      ok(error.message.includes('pre-receive hook declined'), error.message);
      equal(live.includes('Not on a Friday\n'), true, live.join(''));
      equal(late.includes('Not on a Friday\n'), true, late.join(''));
      await expectOnServer(context, name, 'refs/heads/main', before);
    },
  },
  {
    name: 'a post-receive hook that says something and fails does not fail the push',
    isLong: true,
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const { name, oid } = await cloneWithCommit(context);
      await oracle.hook(name, 'post-receive', 'echo "Deploying…"; exit 3');
      const heard: string[] = [];
      await git.push({ fs, http, dir, onMessage: (text) => void heard.push(text) });
      ok(heard.join('').includes('Deploying…\n'), heard.join(''));
      await expectOnServer(context, name, 'refs/heads/main', oid);
    },
  },
];
