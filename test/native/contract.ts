/**
 * What native git can do over any way in: one list, run by each transport, with a sound repository
 * on both ends after every case.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { firstCommitTime, expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { seededRandom } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { Native, Transport } from './transports.js';

/** How much is tried: `short` leaves out what the others try with the same programs. */
export type Extent = 'short' | 'whole';

/** Registers the tests. */
export function describeNativeGit(
  name: string,
  transport: Transport,
  extent: Extent = 'whole',
): void {
  describe(`native git over ${name}`, () => {
    const world = new World(transport, extent);
    beforeAll(() => world.start());
    describe('clone', () => {
      cloneCases(world);
    });
    describe('fetch', () => {
      fetchCases(world);
    });
    describe('push', () => {
      pushCases(world);
    });
    describe('the rest', () => {
      otherCases(world);
    });
  });
}

/** A server with repositories, and a place for clones. */
class World {
  native!: Native;
  root!: string;
  /** Full clone of nothing but the sample repository; never changed. */
  source!: string;
  head!: string;
  #place!: string;
  #count = 0;
  readonly #transport: Transport;
  readonly #extent: Extent;

  constructor(transport: Transport, extent: Extent) {
    this.#transport = transport;
    this.#extent = extent;
  }

  get isWhole(): boolean {
    return this.#extent === 'whole';
  }

  /** Registers a test that the short extent does not have. */
  long(title: string, run: () => Promise<void>): void {
    if (this.isWhole) it(title, run);
  }

  async start(): Promise<void> {
    this.root = await temporaryDirectory();
    this.#place = await temporaryDirectory();
    this.source = join(this.root, 'source.git');
    const options = { root: this.root, allowPush: true, allowArchive: true };
    this.native = await this.#transport(options);
    ({ head: this.head } = await makeRepository(this.source));
  }

  /** URL of a repository of the server. */
  url(name = 'source.git'): string {
    return `${this.native.base}/${name}`;
  }

  /** A path that nothing has yet. */
  newPath(): string {
    this.#count += 1;
    return join(this.#place, `place ${this.#count}`);
  }

  /** A copy of the source on the server, to be changed. @returns its directory and URL. */
  async repository(): Promise<{ gitDir: string; url: string }> {
    this.#count += 1;
    const name = `copy-${this.#count}.git`;
    const gitDir = join(this.root, name);
    await cp(this.source, gitDir, { recursive: true });
    return { gitDir, url: this.url(name) };
  }

  async clone(url: string, ...options: string[]): Promise<string> {
    const path = this.newPath();
    await this.native.git(['clone', '-q', ...options, url, path]);
    return path;
  }

  /** Adds a commit with a change to a clone. @returns its oid. */
  async commit(clone: string, text = 'more'): Promise<string> {
    this.#count += 1;
    await writeFile(join(clone, `added ${this.#count}.txt`), `${text}\n`);
    await git(['add', '.'], { cwd: clone });
    await git(['commit', '-q', '-m', `Add ${this.#count}`], { cwd: clone });
    return git(['rev-parse', 'HEAD'], { cwd: clone });
  }
}

async function sound(...repositories: string[]): Promise<void> {
  for (const repository of repositories) await expectSoundRepository(repository);
}

function refsOf(repository: string, ...patterns: string[]): Promise<string> {
  const format = '--format=%(objectname) %(refname)';
  return git(['for-each-ref', format, ...patterns], { cwd: repository });
}

function countOf(clone: string, ...revisions: string[]): Promise<number> {
  return git(['rev-list', '--count', ...revisions], { cwd: clone }).then(Number);
}

function cloneCases(world: World): void {
  it('whole', async () => {
    const clone = await world.clone(world.url());
    expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(world.head);
    expect(await git(['status', '--porcelain'], { cwd: clone })).toBe('');
    expect(await refsOf(clone, 'refs/tags')).toBe(await refsOf(world.source, 'refs/tags'));
    const branches = await refsOf(world.source, 'refs/heads');
    const fetched = (await refsOf(clone, 'refs/remotes/origin'))
      .split('\n')
      .filter((line) => !line.endsWith('/HEAD'))
      .join('\n');
    expect(fetched).toBe(branches.replaceAll('refs/heads/', 'refs/remotes/origin/'));
    await sound(clone, world.source);
  });

  world.long('bare', async () => {
    const clone = await world.clone(world.url(), '--bare');
    expect(await refsOf(clone)).toBe(await refsOf(world.source));
    await sound(clone, world.source);
  });

  world.long('as a mirror', async () => {
    const { gitDir, url } = await world.repository();
    await git(['update-ref', 'refs/notes/some', world.head], { cwd: gitDir });
    const clone = await world.clone(url, '--mirror');
    expect(await refsOf(clone)).toBe(await refsOf(gitDir));
    await git(['update-ref', '-d', 'refs/notes/some'], { cwd: gitDir });
    await world.native.git(['remote', 'update', '--prune'], { cwd: clone });
    expect(await refsOf(clone)).toBe(await refsOf(gitDir));
    await sound(clone, gitDir);
  });

  it('of depth 1', async () => {
    const clone = await world.clone(world.url(), '--depth=1');
    expect(await countOf(clone, 'HEAD')).toBe(1);
    await sound(clone, world.source);
  });

  world.long('since a date', async () => {
    const since = new Date((firstCommitTime + 50 * 3600) * 1000).toISOString();
    const clone = await world.clone(world.url(), `--shallow-since=${since}`);
    const count = await countOf(clone, 'HEAD');
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(await countOf(world.source, 'main'));
    await sound(clone, world.source);
  });

  it('of a single branch', async () => {
    const clone = await world.clone(world.url(), '--single-branch', '--branch=topic');
    expect((await refsOf(clone, 'refs/remotes')).split('\n')).toHaveLength(1);
    await sound(clone, world.source);
  });

  it('without blobs, which come when they are looked at', async () => {
    const clone = await world.clone(world.url(), '--filter=blob:none', '--no-checkout');
    const missing = async (): Promise<string[]> =>
      (await git(['rev-list', '--objects', '--missing=print', 'HEAD'], { cwd: clone }))
        .split('\n')
        .filter((line) => line.startsWith('?'));
    const before = await missing();
    expect(before.length).toBeGreaterThan(40);
    await world.native.git(['checkout', '-q', 'main'], { cwd: clone });
    expect((await missing()).length).toBeLessThan(before.length);
    expect(await git(['status', '--porcelain'], { cwd: clone })).toBe('');
    const old = await world.native.git(['show', 'HEAD~20:file-0.txt'], { cwd: clone });
    expect(old).toBe(await git(['show', 'main~20:file-0.txt'], { cwd: world.source }));
    await sound(clone, world.source);
  });

  world.long('with submodules of relative URLs', async () => {
    const { gitDir, url } = await world.repository();
    const work = await world.clone(url);
    // The server's own repository beside it, by a path that only this machine knows.
    await git(['submodule', '--quiet', 'add', world.source, 'sub'], { cwd: work });
    await git(['config', '-f', '.gitmodules', 'submodule.sub.url', '../source.git'], { cwd: work });
    await git(['commit', '-q', '-a', '-m', 'Add a submodule'], { cwd: work });
    await world.native.git(['push', '-q'], { cwd: work });
    const clone = world.newPath();
    const allowing = join(await temporaryDirectory(), 'gitconfig');
    const allow = (scheme: string): string => `[protocol "${scheme}"]\n\tallow = always\n`;
    await writeFile(allowing, `${allow('ws')}${allow('wss')}`);
    const args = ['clone', '-q', '--recurse-submodules', url, clone];
    await world.native.git(args, { env: { GIT_CONFIG_GLOBAL: allowing } });
    expect(await git(['rev-parse', 'HEAD'], { cwd: join(clone, 'sub') })).toBe(world.head);
    expect(await git(['config', 'remote.origin.url'], { cwd: join(clone, 'sub') })).toBe(
      world.url(),
    );
    await sound(clone, gitDir, join(clone, '.git/modules/sub'));
  });

  world.long('of a SHA-256 repository', async () => {
    const gitDir = join(world.root, 'sha256.git');
    const { head } = await makeRepository(gitDir, { commits: 10, objectFormat: 'sha256' });
    const clone = await world.clone(world.url('sha256.git'));
    expect(head).toHaveLength(64);
    expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(head);
    await sound(clone, gitDir);
  });

  world.long('of an empty repository', async () => {
    const gitDir = join(world.root, 'empty.git');
    await git(['init', '-q', '--bare', gitDir]);
    const clone = world.newPath();
    const { code, stderr } = await world.native.gitStatus([
      ...['clone', world.url('empty.git'), clone],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('You appear to have cloned an empty repository');
    await sound(clone, gitDir);
  });
}

function fetchCases(world: World): void {
  const versions = world.isWhole ? [0, 1, 2] : [2];
  it.each(versions)('only what is new, in protocol version %i', async (version) => {
    const { gitDir, url } = await world.repository();
    const clone = await world.clone(url);
    const other = await world.clone(url);
    const oid = await world.commit(other);
    await world.native.git(['push', '-q'], { cwd: other });
    const trace = join(await temporaryDirectory(), 'packets');
    await world.native.git(['-c', `protocol.version=${version}`, 'fetch', '-q'], {
      cwd: clone,
      env: { GIT_TRACE_PACKET: trace },
    });
    expect(await git(['rev-parse', 'origin/main'], { cwd: clone })).toBe(oid);
    const spoken = /fetch< version (\d)/.exec(await readFile(trace, 'utf8'))?.[1];
    expect(spoken).toBe(version === 0 ? undefined : String(version));
    // A second time there is nothing to do.
    await world.native.git(['-c', `protocol.version=${version}`, 'fetch', '-q'], { cwd: clone });
    await sound(clone, gitDir);
  });

  it('more history, and then all of it', async () => {
    const clone = await world.clone(world.url(), '--depth=2');
    await world.native.git(['fetch', '-q', '--deepen=3'], { cwd: clone });
    expect(await countOf(clone, '--first-parent', 'HEAD')).toBe(5);
    await sound(clone);
    await world.native.git(['fetch', '-q', '--unshallow'], { cwd: clone });
    expect(await countOf(clone, 'HEAD')).toBe(await countOf(world.source, 'main'));
    await sound(clone, world.source);
  });

  world.long('and prunes, and brings tags', async () => {
    const { gitDir, url } = await world.repository();
    const clone = await world.clone(url);
    await git(['branch', '-D', '-q', 'topic'], { cwd: gitDir });
    await git(['tag', '-a', '-m', 'Two', 'v2.0', 'main~2'], { cwd: gitDir });
    await world.native.git(['fetch', '-q', '--prune', '--tags'], { cwd: clone });
    expect(await refsOf(clone, 'refs/remotes/origin/topic')).toBe('');
    expect(await git(['cat-file', '-t', 'v2.0'], { cwd: clone })).toBe('tag');
    await sound(clone, gitDir);
  });

  world.long('from several remotes', async () => {
    const [one, two] = [await world.repository(), await world.repository()];
    await git(['branch', 'only-in-two', 'main~3'], { cwd: two.gitDir });
    const clone = await world.clone(one.url);
    await git(['remote', 'add', 'two', two.url], { cwd: clone });
    await world.native.git(['fetch', '-q', '--all', '--jobs=2'], { cwd: clone });
    expect(await refsOf(clone, 'refs/remotes/two/only-in-two')).not.toBe('');
    await sound(clone, one.gitDir, two.gitDir);
  });

  world.long('of one commit by its oid', async () => {
    const oid = await git(['rev-parse', 'main~7'], { cwd: world.source });
    const clone = world.newPath();
    await git(['init', '-q', clone]);
    await world.native.git(['fetch', '-q', '--depth=1', world.url(), oid], { cwd: clone });
    expect(await git(['rev-parse', 'FETCH_HEAD'], { cwd: clone })).toBe(oid);
    await sound(clone, world.source);
  });

  it('as a pull', async () => {
    const { gitDir, url } = await world.repository();
    const [clone, other] = [await world.clone(url), await world.clone(url)];
    const oid = await world.commit(other);
    await world.native.git(['push', '-q'], { cwd: other });
    await world.native.git(['pull', '-q', '--ff-only'], { cwd: clone });
    expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(oid);
    await sound(clone, gitDir);
  });
}

function pushCases(world: World): void {
  it('fast-forward, then with nothing to do', async () => {
    const { gitDir, url } = await world.repository();
    const clone = await world.clone(url);
    const oid = await world.commit(clone);
    await world.native.git(['push', '-q'], { cwd: clone });
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(oid);
    const again = await world.native.gitStatus(['push'], { cwd: clone });
    expect(again).toMatchObject({ code: 0, stderr: 'Everything up-to-date' });
    await sound(clone, gitDir);
  });

  it('refused for not being a fast-forward, then forced', async () => {
    const { gitDir, url } = await world.repository();
    const clone = await world.clone(url);
    await git(['reset', '-q', '--hard', 'HEAD~3'], { cwd: clone });
    const oid = await world.commit(clone);
    const refused = await world.native.gitStatus(['push'], { cwd: clone });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('[rejected]');
    await world.native.git(['push', '-q', '--force'], { cwd: clone });
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(oid);
    await sound(clone, gitDir);
  });

  world.long('forced with a lease, which somebody else can break', async () => {
    const { gitDir, url } = await world.repository();
    const [clone, other] = [await world.clone(url), await world.clone(url)];
    await world.commit(other);
    await world.native.git(['push', '-q'], { cwd: other });
    await git(['commit', '-q', '--amend', '-m', 'Again'], { cwd: clone });
    const lease = ['push', '--force-with-lease'];
    const refused = await world.native.gitStatus(lease, { cwd: clone });
    expect(refused.stderr).toContain('stale info');
    await world.native.git(['fetch', '-q'], { cwd: clone });
    await world.native.git([...lease, '-q'], { cwd: clone });
    const head = await git(['rev-parse', 'HEAD'], { cwd: clone });
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(head);
    await sound(clone, gitDir);
  });

  it('all or nothing', async () => {
    const { gitDir, url } = await world.repository();
    await writeHook(gitDir, 'update', 'test "$1" != refs/heads/forbidden');
    const clone = await world.clone(url);
    const before = await refsOf(gitDir);
    await world.commit(clone);
    const refused = await world.native.gitStatus(
      ['push', '--atomic', 'origin', 'HEAD:fine', 'HEAD:forbidden'],
      { cwd: clone },
    );
    expect(refused.code).toBe(1);
    expect(await refsOf(gitDir)).toBe(before);
    await world.native.git(['push', '-q', '--atomic', 'origin', 'HEAD:fine', 'HEAD:good'], {
      cwd: clone,
    });
    expect(await refsOf(gitDir, 'refs/heads/fine', 'refs/heads/good')).toMatch(/fine\n.*good/);
    await sound(clone, gitDir);
  });

  it('of a new branch, of tags, and of a delete', async () => {
    const { gitDir, url } = await world.repository();
    const clone = await world.clone(url);
    await git(['tag', '-a', '-m', 'Two', 'v2.0'], { cwd: clone });
    await git(['tag', 'light'], { cwd: clone });
    await world.native.git(['push', '-q', 'origin', 'HEAD:refs/heads/new/branch', '--tags'], {
      cwd: clone,
    });
    expect(await git(['cat-file', '-t', 'v2.0'], { cwd: gitDir })).toBe('tag');
    expect(await refsOf(gitDir, 'refs/tags/light', 'refs/heads/new/branch')).not.toBe('');
    await world.native.git(['push', '-q', 'origin', '--delete', 'new/branch', 'light'], {
      cwd: clone,
    });
    expect(await refsOf(gitDir, 'refs/tags/light', 'refs/heads/new/branch')).toBe('');
    await sound(clone, gitDir);
  });

  world.long('with options for the hooks, whose words come back', async () => {
    const { gitDir, url } = await world.repository();
    await git(['config', 'receive.advertisePushOptions', 'true'], { cwd: gitDir });
    await writeHook(gitDir, 'post-receive', 'echo "option: $GIT_PUSH_OPTION_0"');
    const clone = await world.clone(url);
    await world.commit(clone);
    const { code, stderr } = await world.native.gitStatus(['push', '-o', 'größe=3'], {
      cwd: clone,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('remote: option: größe=3');
    await sound(clone, gitDir);
  });

  world.long('as a mirror', async () => {
    const { gitDir, url } = await world.repository();
    const mirror = await world.clone(url, '--mirror');
    await git(['branch', '-D', '-q', 'topic'], { cwd: mirror });
    await git(['branch', 'other', 'main~4'], { cwd: mirror });
    await world.native.git(['push', '-q', '--mirror', url], { cwd: mirror });
    expect(await refsOf(gitDir)).toBe(await refsOf(mirror));
    await sound(mirror, gitDir);
  });

  it('to an empty repository', async () => {
    const gitDir = join(world.root, 'first.git');
    await git(['init', '-q', '--bare', gitDir]);
    const clone = await world.clone(world.url());
    await world.native.git(['push', '-q', world.url('first.git'), 'main'], { cwd: clone });
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(world.head);
    await sound(clone, gitDir);
  });

  it('refused by a hook that says why', async () => {
    const { gitDir, url } = await world.repository();
    await writeHook(gitDir, 'pre-receive', 'echo "not on Fridays"; exit 1');
    const clone = await world.clone(url);
    await world.commit(clone);
    const { code, stderr } = await world.native.gitStatus(['push'], { cwd: clone });
    expect(code).toBe(1);
    expect(stderr).toContain('remote: not on Fridays');
    expect(stderr).toContain('[remote rejected] main -> main (pre-receive hook declined)');
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(world.head);
    await sound(clone, gitDir);
  });

  world.long('of more than 50 MB', async () => {
    const { gitDir, url } = await world.repository();
    const clone = await world.clone(url);
    const random = seededRandom(4);
    for (const name of ['one', 'two', 'three']) {
      await writeFile(join(clone, `${name}.bin`), random.bytes(18 * 1024 * 1024));
    }
    await git(['add', '.'], { cwd: clone });
    await git(['-c', 'core.compression=0', 'commit', '-q', '-m', 'Add'], { cwd: clone });
    await world.native.git(['-c', 'pack.compression=0', 'push', '-q'], { cwd: clone });
    const head = await git(['rev-parse', 'HEAD'], { cwd: clone });
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(head);
    const counts = await git(['count-objects', '-v'], { cwd: gitDir });
    // Few objects, so they lie loose.
    expect(Number(/^size: (\d+)/m.exec(counts)?.[1])).toBeGreaterThan(50_000);
    await sound(clone, gitDir);
  });
}

function otherCases(world: World): void {
  it('ls-remote', async () => {
    const listed = await world.native.git(['ls-remote', '--symref', world.url()]);
    expect(listed).toContain('ref: refs/heads/main\tHEAD');
    expect(listed).toContain(`${world.head}\trefs/heads/main`);
    expect(await world.native.git(['ls-remote', '--tags', world.url(), 'v1*'])).toMatch(
      /refs\/tags\/v1\.0\n.*refs\/tags\/v1\.0\^\{\}$/,
    );
  });

  it('archive', async () => {
    const what = ['--format=tar', 'main', 'docs'];
    const remote = await world.native.git(['archive', `--remote=${world.url()}`, ...what]);
    expect(remote).toContain('docs/');
    expect(remote).toBe(await git(['archive', ...what], { cwd: world.source }));
  });

  world.long('says nothing with -q, tells its progress when asked', async () => {
    const quiet = await world.native.gitStatus(['clone', '-q', world.url(), world.newPath()]);
    expect(quiet).toEqual({ code: 0, stdout: '', stderr: '' });
    const progress = await world.native.gitStatus([
      ...['clone', '--progress', world.url(), world.newPath()],
    ]);
    expect(progress.stderr).toMatch(/remote: Enumerating objects: \d+, done\./);
    expect(progress.stderr).toMatch(/Receiving objects: 100%/);
    const clone = await world.clone(world.url());
    const verbose = await world.native.gitStatus(['fetch', '-v'], { cwd: clone });
    expect(verbose.stderr).toMatch(/= \[up to date\]\s+main\s+-> origin\/main/);
  });

  it('a remote of another URL, which url.<base>.insteadOf moves here', async () => {
    const moved = `url.${world.native.base}/.insteadOf=git@git.example:`;
    const listed = await world.native.git(['-c', moved, 'ls-remote', 'git@git.example:source.git']);
    expect(listed).toContain(`${world.head}\tHEAD`);
  });

  world.long('20 clones at once', async () => {
    const clones = await Promise.all(
      Array.from({ length: 20 }, () => world.clone(world.url(), '--bare')),
    );
    const refs = await refsOf(world.source);
    for (const clone of clones) expect(await refsOf(clone)).toBe(refs);
    await sound(...clones, world.source);
  });
}
