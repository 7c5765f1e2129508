/** A server that lies, what it is asked, and what has to be as it was once it was refused. */
import * as fs from 'node:fs';
import { createHash } from 'node:crypto';
import {
  appendFile,
  cp,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  writeFile,
} from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Errors } from 'isomorphic-git';
import { expect } from 'vitest';
import git from '../../src/git/index.js';
import { createHttpClient } from '../../src/index.js';
import { atEnd } from '../helpers/at-end.js';
import { startFakeServer, type FakeSession } from '../helpers/fake-server.js';
import { git as realGit } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** What the server says. */
export interface Script {
  readonly advertisement: Uint8Array;
  /** Says what is too long for one piece, in the place of it. */
  readonly before?: ((session: FakeSession) => Promise<void>) | undefined;
  /** Whether it ends behind that. */
  readonly isOver?: boolean;
  /** What follows the client's last byte. Default: nothing. */
  readonly answer?: Uint8Array | ((session: FakeSession) => void | Promise<void>) | undefined;
}

/** A folder with a repository in it, and a server that says whatever it is told to say. */
export class Scene {
  script: Script = { advertisement: new Uint8Array(0) };

  private constructor(
    readonly url: string,
    /** All that a command must not touch, but for what is its own. */
    readonly place: string,
    /** A working tree with commits of its own, of which the server's `main` is one. */
    readonly repo: string,
    /** Where clones go. */
    readonly dir: string,
    /** Its commits, the server's second last. */
    readonly oids: readonly [old: string, theirs: string, ours: string],
  ) {}

  static async make(): Promise<Scene> {
    const scripts: { of?: Scene } = {};
    const { url } = await startFakeServer((session) => scripts.of?.play(session));
    const { folder, oids } = await template();
    const place = await temporaryDirectory();
    await cp(folder, place, { recursive: true, preserveTimestamps: true });
    const repo = join(place, 'repo');
    await appendFile(join(repo, '.git', 'config'), `[remote "origin"]\n\turl = ${url}/site.git\n`);
    const scene = new Scene(`${url}/site.git`, place, repo, join(place, 'clone'), oids);
    scripts.of = scene;
    return scene;
  }

  async play(session: FakeSession): Promise<void> {
    const { advertisement, before, answer, isOver = false } = this.script;
    await (before?.(session) ?? session.stream([advertisement]));
    if (!isOver) await Promise.race([session.body, session.closed]);
    if (answer instanceof Uint8Array) await session.stream([answer]);
    else await answer?.(session);
    session.exit(0);
  }

  /**
   * Looks that a command rejects with one of these codes, and that no file has changed.
   *
   * @param own options of the command.
   * @returns the error.
   */
  expectRefused(name: CommandName, codes: readonly string[], own: object = {}): Promise<Refusal> {
    return this.expectRefusedBut(name, codes, [], own);
  }

  /** The same, but for some paths, which may have changed, with all that is below them. */
  async expectRefusedBut(
    name: CommandName,
    codes: readonly string[],
    changed: readonly string[],
    own: object = {},
  ): Promise<Refusal> {
    const before = await this.snapshot(changed);
    const failure = await this.run(name, own).then(
      () => new Error(`${name} has resolved`),
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    const error = failure as Refusal;
    expect(codes, `${name}: ${error.code} ${error.stack ?? ''}`).toContain(error.code);
    expect(await documentedCodes()).toContain(error.code);
    expect(await this.snapshot(changed), name).toEqual(before);
    return error;
  }

  async run(name: CommandName, own: object = {}): Promise<unknown> {
    const { url, repo, dir } = this;
    switch (name) {
      case 'clone':
        return git.clone({ fs, dir, url, ...own });
      case 'fetch':
        return git.fetch({ fs, dir: repo, ...own });
      case 'pull':
        return git.pull({ fs, dir: repo, author: { name: 'a', email: 'a@example.com' }, ...own });
      case 'push':
        return git.push({ fs, dir: repo, ...own });
      case 'listServerRefs':
        return git.listServerRefs({ http: createHttpClient(), url, protocolVersion: 1, ...own });
      case 'getRemoteInfo2':
        return git.getRemoteInfo2({ http: createHttpClient(), url, protocolVersion: 1, ...own });
    }
  }

  /** @returns all files, but for objects of the repository, which a fetch that fails may leave. */
  private async snapshot(without: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const leftOut = new Set(['repo/.git/objects', ...without]);
    const look = async (folder: string): Promise<void> => {
      for (const name of await readdir(folder)) {
        const path = join(folder, name);
        const stat = await lstat(path);
        const key = relative(this.place, path);
        if (leftOut.has(key)) continue;
        found.set(key, await describe(path, stat));
        if (stat.isDirectory()) await look(path);
      }
    };
    await look(this.place);
    return found;
  }
}

/** What a command has rejected with. */
export type Refusal = Error & { readonly code: string; readonly data: Record<string, unknown> };

async function describe(path: string, stat: fs.Stats): Promise<string> {
  if (stat.isSymbolicLink()) return `link ${await readlink(path)}`;
  if (stat.isDirectory()) return 'folder';
  return `${stat.mode} ${createHash('sha1')
    .update(await readFile(path))
    .digest('hex')}`;
}

let made: ReturnType<typeof makeTemplate> | undefined;

/** Made once, since it takes some processes. */
const template = () => (made ??= makeTemplate());

// Its folder goes with the test file.
atEnd(() => {
  made = undefined;
});

async function makeTemplate() {
  const folder = await temporaryDirectory();
  const repo = join(folder, 'repo');
  const run = (...args: string[]) => realGit(args, { cwd: repo });
  await mkdir(repo);
  await writeFile(join(folder, 'beside.txt'), 'beside');
  await run('init', '-q', '-b', 'main');
  const oids: string[] = [];
  for (const name of ['old', 'theirs', 'ours']) {
    await writeFile(join(repo, `${name}.txt`), name);
    await run('add', '.');
    await run('commit', '-qm', name);
    oids.push(await run('rev-parse', 'HEAD'));
    if (name === 'theirs') await run('update-ref', 'refs/remotes/origin/main', 'HEAD');
  }
  await run('tag', 'v1', 'HEAD~1');
  await run('config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  await run('config', 'branch.main.remote', 'origin');
  await run('config', 'branch.main.merge', 'refs/heads/main');
  const [old = '', theirs = '', ours = ''] = oids;
  return { folder, oids: [old, theirs, ours] as const };
}

/** The commands that a server is heard by. */
export const commandNames = [
  ...['clone', 'fetch', 'pull', 'push', 'listServerRefs', 'getRemoteInfo2'],
] as readonly CommandName[];

export type CommandName = 'clone' | 'fetch' | 'pull' | 'push' | 'listServerRefs' | 'getRemoteInfo2';

/** Codes that have a heading in docs/protocol.md, and those of isomorphic-git's classes. */
async function documentedCodes(): Promise<readonly string[]> {
  const text = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  const headings = [...text.matchAll(/^### (.+)$/gm)].flatMap(([, names = '']) =>
    names.split(', '),
  );
  return [...headings, ...Object.keys(Errors)];
}
