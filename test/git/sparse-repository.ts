/** A repository for the tests of sparse checkouts, and two clones of it to be compared. */
import { chmod, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { git } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** Writes files, removes those that are null. */
export async function put(dir: string, files: Record<string, string | null>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    if (text === null) await rm(join(dir, path), { recursive: true });
    else await writeFile(join(dir, path), text);
  }
}

/** Makes the first state of the repository: `main`, and `other` with changes inside of folders and outside. */
export async function makeSparseSample(work: string): Promise<void> {
  const run = (...args: string[]) => git(args, { cwd: work });
  await git(['init', '-q', '-b', 'main', work]);
  const names = ['root.txt', 'docs/d.md', 'docs/a/1', 'docs/b/2', 'lib/l', 'lib/x/3', 'lib/x/y/4'];
  const more = ['lib/z/5', 'we[i]rd/w', 'ä ö/u', 'docsy/not'];
  await put(work, Object.fromEntries([...names, ...more].map((name) => [name, `${name}\n`])));
  await symlink('../root.txt', join(work, 'lib/x/link'));
  await put(work, { 'lib/run': '#!\n' });
  await chmod(join(work, 'lib/run'), 0o755);
  await run('add', '-A');
  await run('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},lib/module`);
  await run('commit', '-q', '-m', 'One');
  await run('checkout', '-q', '-b', 'other');
  await put(work, { 'docs/d.md': 'other\n', 'docs/new': 'new\n', 'lib/x/3': 'other\n' });
  await put(work, { 'lib/new/6': 'new\n', 'fresh/7': 'new\n', 'lib/l': null, 'docs/b/2': null });
  await run('add', '-A');
  await run('commit', '-q', '-m', 'Two');
  await run('checkout', '-q', 'main');
}

/** A server with copies of the sample, one a test. */
export class SparseSamples {
  readonly #template: string;
  readonly #root: string;
  readonly #base: string;
  #count = 0;

  private constructor(template: string, root: string, base: string) {
    this.#template = template;
    this.#root = root;
    this.#base = base;
  }

  static async start(): Promise<SparseSamples> {
    const work = join(await temporaryDirectory(), 'work');
    await makeSparseSample(work);
    const template = join(work, '../site.git');
    await git(['clone', '-q', '--bare', work, template]);
    await git(['config', 'uploadpack.allowFilter', 'true'], { cwd: template });
    const root = await temporaryDirectory();
    return new SparseSamples(template, root, (await startServer({ root })).url);
  }

  /** @returns a copy of the repository, and where its clones may be. */
  async next(): Promise<{ bare: string; url: string; dir: string; expected: string }> {
    this.#count += 1;
    const bare = join(this.#root, `${this.#count}.git`);
    await cp(this.#template, bare, { recursive: true });
    const place = await temporaryDirectory();
    const url = `${this.#base}/${this.#count}.git`;
    return { bare, url, dir: join(place, 'own'), expected: join(place, 'native') };
  }
}
