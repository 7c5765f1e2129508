/** What runs in the page of the test of `gitws/git`: clones and checkouts over two file systems. */
import LightningFS from '@isomorphic-git/lightning-fs';
import { bindRepository } from 'gitws';
import git from '../../src/git/index.js';
import { createLightningFS } from '../../src/storage.js';
import { provideBuffer } from '../contract/provide-buffer.js';

provideBuffer();

/** What is in the working tree, as git's trees have it: mode, oid and path. */
async function listTree(fs: LightningFS, dir: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const name of await fs.promises.readdir(`${dir}${folder}`)) {
      const path = `${folder}/${name}`;
      if (path === '/.git') continue;
      const stat = await fs.promises.lstat(dir + path);
      if (stat.isDirectory()) {
        await walk(path);
        continue;
      }
      const object = stat.isSymbolicLink()
        ? new TextEncoder().encode(await fs.promises.readlink(dir + path))
        : await fs.promises.readFile(dir + path);
      const { oid } = await git.hashBlob({ object });
      const kind = stat.isSymbolicLink()
        ? '120000'
        : (stat.mode & 0o100) === 0
          ? '100644'
          : '100755';
      found.push(`${kind} ${oid} ${path.slice(1)}`);
    }
  };
  await walk('');
  return found.sort();
}

/** Runs clone, checkout, a change and checkout again. @returns what was there after each. */
async function runAll(kind: 'plain' | 'ours', url: string) {
  const name = `${kind}-${Math.random()}`;
  const fs = kind === 'plain' ? new LightningFS(name) : createLightningFS(name, { LightningFS });
  const dir = '/site';
  const bound = bindRepository({ fs, dir, url });
  const common = { fs: bound.fs, dir, cache: {} };
  const unclean = async () =>
    (await git.statusMatrix(common)).filter(([, ...sides]) => sides.join() !== '1,1,1');
  await git.clone({ ...bound, cache: common.cache });
  const cloned = { files: await listTree(fs, dir), unclean: await unclean() };
  const locked = 'hold' in fs.promises ? await meetLocks(common) : undefined;
  await git.checkout({ ...common, ref: 'older' });
  const older = { files: await listTree(fs, dir), unclean: await unclean() };
  await fs.promises.writeFile(`${dir}/run`, 'mine');
  const refused = await git.checkout({ ...common, ref: 'main' }).then(
    () => undefined,
    ({ code, data }: { code: string; data: unknown }) => ({ code, data }),
  );
  const branch = await git.currentBranch(common);
  await git.checkout({ ...common, ref: 'main', force: true });
  const forced = { files: await listTree(fs, dir), unclean: await unclean() };
  const stashed = await stashAll(common, async () => [await listTree(fs, dir), await unclean()]);
  pullAgain = async () => {
    await fs.promises.writeFile(`${dir}/staged`, 'mine');
    await git.add({ ...common, filepath: 'staged' });
    const { oid } = await git.pull({ ...bound, cache: common.cache });
    const tags = await git.listTags(common);
    const pulled = { oid, tags, files: await listTree(fs, dir), unclean: await unclean() };
    const pushed = await pushAll(bound, common, kind);
    return { ...pulled, pushed, clashed: await clash(common) };
  };
  return { cloned, locked, older, refused, branch, forced, stashed };
}

/** Sets all kinds of changes aside, and brings them back. @returns what was there before, without them, and after. */
async function stashAll(
  common: { fs: LightningFS; dir: string; cache: object },
  look: () => Promise<unknown>,
) {
  const { fs, dir } = common;
  const { promises } = fs;
  await promises.writeFile(`${dir}/run`, 'staged');
  await git.add({ ...common, filepath: 'run' });
  await promises.writeFile(`${dir}/run`, 'staged, and more');
  await promises.unlink(`${dir}/many/1/1.txt`);
  await promises.unlink(`${dir}/link`);
  await promises.symlink('elsewhere', `${dir}/link`);
  await promises.mkdir(`${dir}/unknown`);
  await promises.writeFile(`${dir}/unknown/file`, 'unknown');
  const author = { name: 'Ann', email: 'ann@example.com' };
  const before = await look();
  await git.stash({ ...common, author, includeUntracked: true, message: 'In a page' });
  const list = await git.stash({ ...common, op: 'list' });
  const between = await look();
  await git.stash({ ...common, op: 'pop', restoreIndex: true });
  const after = await look();
  const left = await git.stash({ ...common, op: 'list' });
  await git.checkout({ ...common, ref: 'main', force: true });
  await promises.unlink(`${dir}/unknown/file`);
  await promises.rmdir(`${dir}/unknown`);
  return { before, list, between, after, left };
}

/** Leaves locks as a page does that is killed, and meets one of a program that lives. */
async function meetLocks(common: { fs: LightningFS; dir: string }): Promise<string> {
  const fs = common.fs as ReturnType<typeof createLightningFS<LightningFS>>;
  const index = `${common.dir}/.git/index.lock`;
  for (const path of [index, `${common.dir}/.git/HEAD.lock`]) await fs.promises.writeFile(path, '');
  const letGo = await fs.promises.hold?.(index);
  const code = await git.checkout({ ...common, ref: 'older' }).then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
  await letGo?.();
  return code;
}

/** Commits, and pushes to a branch of its own; once more, which has nothing to do; then deletes one. */
async function pushAll(
  bound: ReturnType<typeof bindRepository>,
  common: { fs: LightningFS; dir: string; cache: object },
  kind: string,
) {
  const { fs, dir } = common;
  const site = { ...bound, fs };
  const long = Array.from({ length: 20_000 }, (_, at) => String(at * at)).join(' ');
  await fs.promises.writeFile(`${dir}/long.txt`, long);
  await fs.promises.writeFile(`${dir}/many/1/1.txt`, 'changed in a page');
  for (const filepath of ['long.txt', 'many/1/1.txt']) await git.add({ ...common, filepath });
  const author = { name: 'Ann', email: 'ann@example.com' };
  const head = await git.commit({ ...common, message: 'In a page', author });
  let sent = 0;
  const ref = { ref: 'main', remoteRef: `from-${kind}` };
  const onProgress = ({ phase, loaded }: { phase: string; loaded: number }): void => {
    if (phase === 'Writing objects') sent = loaded;
  };
  const { ok } = await git.push({ ...site, cache: common.cache, ...ref, onProgress });
  const again = await git.push({ ...site, ...ref });
  const tracked = await git.resolveRef({ ...common, ref: `refs/remotes/origin/from-${kind}` });
  const gone = await git.push({ ...site, ref: `gone-${kind}`, delete: true });
  return { head, ok, again: again.ok, tracked, sent, gone: gone.ok };
}

/** Has two branches clash, gives that up, and concludes it the next time. */
async function clash(common: { fs: LightningFS; dir: string; cache: object }) {
  const author = { name: 'Ann', email: 'ann@example.com' };
  const path = `${common.dir}/run`;
  const read = () => common.fs.promises.readFile(path, 'utf8');
  const commit = async (text: string) => {
    await common.fs.promises.writeFile(path, text);
    await git.add({ ...common, filepath: 'run' });
    return git.commit({ ...common, message: text, author });
  };
  const state = async () => ({
    text: await read(),
    unclean: (await git.statusMatrix(common)).filter(([, ...sides]) => sides.join() !== '1,1,1'),
  });
  const merge = () =>
    git.merge({ ...common, ours: 'main', theirs: 'older', author, abortOnConflict: false }).then(
      () => undefined,
      ({ code }: { code: string }) => code,
    );
  const ours = await commit('ours\n');
  await git.checkout({ ...common, ref: 'older' });
  const theirs = await commit('theirs\n');
  await git.checkout({ ...common, ref: 'main' });
  const before = await state();
  const refused = [await merge()];
  const marked = await read();
  await git.abortMerge(common);
  const after = await state();
  refused.push(await merge());
  const merged = await commit('both\n');
  const { parent } = (await git.readCommit({ ...common, oid: merged })).commit;
  return { refused, marked, before, after, parent, sides: [ours, theirs], end: await state() };
}

interface Pulled {
  clashed: Awaited<ReturnType<typeof clash>>;
  pushed: Awaited<ReturnType<typeof pushAll>>;
  files: string[];
  unclean: unknown[];
  tags: string[];
  oid: string | undefined;
}

let pullAgain: (() => Promise<Pulled>) | undefined;

/** Pulls into what {@link runAll} has cloned last, and pushes. */
async function pullAll(): Promise<Pulled | undefined> {
  return pullAgain?.();
}

/** Clones with submodules. @returns what is checked out in one, and what the commands say of it. */
async function cloneModules(url: string) {
  const fs = createLightningFS(`modules-${Math.random()}`, { LightningFS });
  const dir = '/site';
  await git.clone({ fs, dir, url, recurseSubmodules: true });
  const inner = `${dir}/parts/lib`;
  const gitFile = await fs.promises.readFile(`${inner}/.git`, 'utf8');
  const head = await git.resolveRef({ fs, dir: inner, ref: 'HEAD' });
  await git.add({ fs, dir, filepath: '.' });
  const status = await git.status({ fs, dir, filepath: 'parts/lib' });
  return { gitFile, head, status, files: await git.listFiles({ fs, dir }) };
}

/** @returns how many transactions of IndexedDB commands take, which each take a browser a millisecond or two. */
async function countTransactions(url: string): Promise<Record<string, number>> {
  const { promises } = createLightningFS(`counted-${Math.random()}`, { LightningFS });
  const common = { fs: { promises }, dir: '/site' };
  const author = { name: 'A', email: 'a@example.org' };
  const begin = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, 'transaction')
    ?.value as IDBDatabase['transaction'];
  let count = 0;
  IDBDatabase.prototype.transaction = function (...given) {
    count += 1;
    return begin.apply(this, given);
  };
  const counts: Record<string, number> = {};
  const run = async (name: string, command: () => Promise<unknown>): Promise<void> => {
    count = 0;
    await command();
    counts[name] = count;
  };
  try {
    await run('clone', () => git.clone({ ...common, url }));
    await run('fetch', () => git.fetch(common));
    await promises.writeFile('/site/run', 'mine');
    await git.add({ ...common, filepath: 'run' });
    await run('commit', () => git.commit({ ...common, message: 'Mine', author }));
    await run('checkout', () => git.checkout({ ...common, ref: 'older' }));
  } finally {
    IDBDatabase.prototype.transaction = begin;
  }
  return counts;
}

Object.assign(globalThis, { runAll, pullAll, cloneModules, countTransactions });

/** Of the page's global object. */
export type RunAll = typeof runAll;
export type PullAll = typeof pullAll;
export type CountTransactions = typeof countTransactions;
export type CloneModules = typeof cloneModules;
