/** The real git-lfs beside native git over ws:// and gitws-ssh, with what `gitws lfs` says. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { gitEnvironment, type GitResult } from '../helpers/git.js';
import { startLfsServer, type LfsServer } from '../helpers/lfs-server.js';
import { runCommand } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh, overWs, type Native, type Transport } from './transports.js';

const content = 'large, as it were\n';

/** What `gitws lfs` prints. */
async function printed(...args: string[]): Promise<string> {
  const { exited, output } = runCommand(['lfs', ...args]);
  expect({ code: await exited, stderr: output.stderr }).toEqual({ code: 0, stderr: '' });
  return output.stdout;
}

/** A command among those that stand there as comments, made one that takes effect. */
function commented(text: string, word: string): string {
  return (
    /^# (git config .*)$/m.exec(text.slice(text.indexOf(`# ${word}`)).replace(/^.*\n/, ''))?.[1] ??
    ''
  );
}

/** A server of gitws, one of large files, and git that knows the way to the first. */
class Place {
  private constructor(
    readonly native: Native,
    readonly root: string,
    readonly lfs: LfsServer,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static async make(transport: Transport): Promise<Place> {
    const root = await temporaryDirectory();
    const native = await transport({ root, allowPush: true });
    const env = { HOME: await temporaryDirectory(), GIT_SSH_VARIANT: 'ssh' };
    return new Place(native, root, await startLfsServer(), env);
  }

  /** What git-lfs is to be told. */
  get server(): string {
    return `${this.lfs.url}/site.git/info/lfs`;
  }

  /** A repository with a large file, and a remote that has nothing yet. */
  async work(name: string): Promise<{ cwd: string; url: string }> {
    const [cwd, url] = [join(await temporaryDirectory(), name), `${this.native.base}/${name}.git`];
    await mkdir(cwd);
    await this.git(cwd, 'init', '-q', '--bare', join(this.root, `${name}.git`));
    await this.git(cwd, 'init', '-q', '-b', 'main');
    await this.git(cwd, 'lfs', 'install', '--local');
    await this.git(cwd, 'lfs', 'track', '*.bin');
    await writeFile(join(cwd, 'large.bin'), `${name}: ${content}`);
    await this.git(cwd, 'add', '.');
    await this.git(cwd, 'commit', '-q', '-m', 'Add a large file');
    await this.git(cwd, 'remote', 'add', 'origin', url);
    return { cwd, url };
  }

  git(cwd: string, ...args: string[]): Promise<string> {
    return this.native.git(args, { cwd, env: this.env });
  }

  push(cwd: string): Promise<GitResult> {
    return this.native.gitStatus(['push', '-q', 'origin', 'main'], { cwd, env: this.env });
  }

  /** What the server of large files keeps. */
  kept(): string[] {
    return [...this.lfs.objects.values()].map(String);
  }

  /** Runs lines of a shell. */
  async shell(lines: string, cwd: string): Promise<void> {
    const env = { ...gitEnvironment, ...this.native.env, ...this.env };
    await promisify(execFile)('sh', ['-e', '-c', lines], { cwd, env });
  }

  /** Clones. @returns what the large file holds. */
  async cloned(url: string, cwd: string, ...settings: string[]): Promise<string> {
    const filter = ['filter.lfs.smudge=git-lfs smudge -- %f', 'filter.lfs.required=true'];
    const options = [...filter, ...settings].flatMap((one) => ['-c', one]);
    await this.git(cwd, ...options, 'clone', '-q', url, `${cwd}-clone`);
    return readFile(join(`${cwd}-clone`, 'large.bin'), 'utf8');
  }
}

describe.each<[string, Transport, string]>([
  ['ws://', overWs, 'Endpoint=<unknown> '],
  ['gitws-ssh', overSsh, 'Endpoint=https://127.0.0.1/told.git/info/lfs '],
])('git-lfs over %s', (_name, transport, endpoint) => {
  it('finds its server only with what gitws lfs prints', async () => {
    const place = await Place.make(transport);
    const { cwd, url } = await place.work('told');
    expect(await place.git(cwd, 'lfs', 'env')).toContain(endpoint);
    await place.shell(await printed(url, '--server', place.server), cwd);
    expect(await place.push(cwd)).toMatchObject({ code: 0 });
    expect(place.kept()).toEqual([`told: ${content}`]);
    expect(await place.cloned(url, cwd, `lfs.url=${place.server}`)).toBe(`told: ${content}`);
  });
});

describe('git-lfs', () => {
  let place: Place;

  beforeAll(async () => {
    place = await Place.make(overWs);
  });

  it('pushes nothing at all where it finds no server', async () => {
    const { cwd } = await place.work('alone');
    expect((await place.push(cwd)).code).not.toBe(0);
    expect(await place.git(cwd, 'ls-remote', 'origin')).toBe('');
  });

  it('finds it by the setting for one remote, and asks for no locks where it is told so', async () => {
    const { cwd } = await place.work('remote');
    const text = await printed(place.native.base, '--server', place.server);
    await place.shell(commented(text, 'or for one'), cwd);
    await place.shell(commented(text, 'Where the LFS server'), cwd);
    expect(await place.push(cwd)).toMatchObject({ code: 0, stderr: '' });
    expect(place.kept()).toContain(`remote: ${content}`);
  });

  it('finds it by the file that is committed, without a word at whoever clones', async () => {
    const { cwd, url } = await place.work('file');
    const text = await printed(place.native.base, '--server', place.server);
    await place.shell(commented(text, 'or for everybody'), cwd);
    await place.git(cwd, 'add', '.lfsconfig');
    await place.git(cwd, 'commit', '-q', '-m', 'Say where large files are');
    expect(await place.push(cwd)).toMatchObject({ code: 0 });
    expect(await place.cloned(url, cwd)).toBe(`file: ${content}`);
  });
});

describe('gitws lfs', () => {
  it.each([
    ['wss://git.example/site.git', 'https://git.example/site.git/info/lfs'],
    ['ws://me:secret@localhost:8080/team/site/', 'http://localhost:8080/team/site.git/info/lfs'],
  ])('says of %s the address that git-lfs would take', async (address, server) => {
    expect(await printed(address)).toContain(`\ngit config lfs.url '${server}'\n`);
  });

  it.each([
    ['git@git.example:site.git', undefined],
    ['ssh://git.example:8080/site.git', undefined],
    ['wss://git.example/site.git', "https://x/';reboot;'"],
  ])('refuses %s with the server %s', async (address, server) => {
    const more = server === undefined ? [] : ['--server', server];
    const { exited, output } = runCommand(['lfs', address, ...more]);
    expect(await exited).toBe(1);
    expect(output.stderr).toMatch(/^gitws: [^\n]+\n$/);
    expect(output.stdout).toBe('');
  });
});
