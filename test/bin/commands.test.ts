/** `gitws init`, `gitws bundle` and `gitws token`, as processes. */
import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeBundle } from '../../bin/commands/bundle.js';
import { git, makeRepository } from '../helpers/git.js';
import { runCommand } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;

beforeEach(async () => {
  root = await temporaryDirectory();
});

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const { exited, output } = runCommand(args, { ...process.env, ...environment });
  return { code: await exited, ...output };
}

it('whose output is read no further ends without a complaint', async () => {
  const { child, exited, output } = runCommand(['config', 'check', '--root', root]);
  child.stdout?.destroy();
  expect(await exited).toBe(0);
  expect(output.stderr).toBe('');
});

describe('gitws init', () => {
  it('makes an empty bare repository that can be cloned and pushed to', async () => {
    const path = join(root, 'team/site.git');
    expect(await run(['init', 'team/site.git', '--root', root])).toEqual({
      code: 0,
      stdout: `${path}\n`,
      stderr: '',
    });
    expect(await git(['rev-parse', '--is-bare-repository'], { cwd: path })).toBe('true');
    expect(await git(['symbolic-ref', 'HEAD'], { cwd: path })).toBe('refs/heads/main');
    await expect(stat(join(path, 'hooks'))).rejects.toThrow('ENOENT');
  });

  it('takes the root from a variable or the configuration file, and adds .git', async () => {
    expect((await run(['init', 'one'], { GITWS_ROOT: root })).stdout).toBe(
      `${join(root, 'one.git')}\n`,
    );
    const config = join(root, 'gitws.json');
    await writeFile(config, '{ "root": "." }');
    const args = ['init', 'two.git', '--config', config, '--branch', 'trunk'];
    expect((await run(args)).code).toBe(0);
    const head = await git(['symbolic-ref', 'HEAD'], { cwd: join(root, 'two.git') });
    expect(head).toBe('refs/heads/trunk');
  });

  it.each([
    ['../site', /dot segment/],
    ['/site', /empty segment/],
    ['a//b', /empty segment/],
    ['a/-b', /begins with a dash/],
    ['a\\b', /backslash/],
    ['a\nb', /control character/],
    ['a b', /letters, digits/],
    ['$(touch x)', /letters, digits/],
    ['.hidden', /no dot first/],
    ['a/.git', /no dot first/],
    ['x'.repeat(300), /at most 200 bytes/],
  ])('refuses a name that cannot be served or is no good: %j', async (name, message) => {
    const { code, stderr } = await run(['init', '--root', root, '--', name]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('refuses a name that is taken, in either spelling, and one inside a repository', async () => {
    expect((await run(['init', 'site', '--root', root])).code).toBe(0);
    await writeFile(join(root, 'file.git'), '');
    for (const [name, message] of [
      ['site', /already/],
      ['site.git', /already/],
      ['file', /is there already/],
      ['site.git/inner', /is a repository itself/],
    ] as const) {
      expect((await run(['init', name, '--root', root])).stderr).toMatch(message);
    }
  });

  it('does not leave the root by a link', async () => {
    const outside = await temporaryDirectory();
    await symlink(outside, join(root, 'link'));
    expect((await run(['init', 'link/site', '--root', root])).stderr).toMatch(/leads out of/);
    await expect(stat(join(outside, 'site.git'))).rejects.toThrow('ENOENT');
  });

  it.each(['a..b', '-x', 'x.lock', ''])('refuses a branch that cannot be: %j', async (branch) => {
    const { code, stderr } = await run(['init', 'x', '--root', root, `--branch=${branch}`]);
    expect(code).toBe(1);
    expect(stderr).toBe(`gitws: ${JSON.stringify(branch)} cannot be the name of a branch.\n`);
    await expect(stat(join(root, 'x.git'))).rejects.toThrow('ENOENT');
  });

  it('needs a root that is there', async () => {
    expect((await run(['init', 'x'])).stderr).toMatch(/there is no root/);
    expect((await run(['init', 'x', '--root', '/nonexistent'])).stderr).toMatch(
      /is not a directory/,
    );
  });
});

describe('gitws bundle', () => {
  let site: string;
  let output: string;
  const bundle = (name = 'site.git') => run(['bundle', name, '--root', root, '-o', output]);

  beforeEach(async () => {
    site = join(root, 'site.git');
    output = join(await temporaryDirectory(), 'site.bundle');
    await makeRepository(site, { commits: 4, files: 2 });
  });

  it('writes all branches and tags, HEAD first, so that git clones from it', async () => {
    const { code, stdout, stderr } = await bundle();
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${output}\n` });
    expect(stderr).toContain('bundleUri');
    const heads = await git(['bundle', 'list-heads', output], { cwd: site });
    const format = '--format=%(objectname) %(refname)';
    const refs = await git(['for-each-ref', format, 'refs/heads', 'refs/tags'], { cwd: site });
    expect(heads).toBe(`${await git(['rev-parse', 'HEAD'], { cwd: site })} HEAD\n${refs}`);
    await git(['clone', '-q', '--bare', output, join(root, 'copy')]);
    await git(['fsck', '--strict'], { cwd: join(root, 'copy') });
    expect(await readdir(join(output, '..'))).toEqual(['site.bundle']);
  });

  it('leaves out what the server hides', async () => {
    await git(['branch', 'secret/one', 'main'], { cwd: site });
    await git(['config', 'transfer.hideRefs', 'refs/heads/secret'], { cwd: site });
    expect((await bundle()).code).toBe(0);
    expect(await git(['bundle', 'list-heads', output], { cwd: site })).not.toContain('secret');
  });

  it('replaces the one before only when the new one is whole', async () => {
    expect((await bundle()).code).toBe(0);
    const before = await readFile(output);
    await rm(join(site, 'objects'), { recursive: true });
    await mkdir(join(site, 'objects'));
    const { code, stderr } = await bundle();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gitws: /);
    expect(await readFile(output)).toEqual(before);
    expect(await readdir(join(output, '..'))).toEqual(['site.bundle']);
  });

  it('follows a link, and replaces neither a pipe, a folder nor a part of the repository', async () => {
    const there = join(output, '..', 'there');
    await writeFile(there, 'old');
    await symlink('there', output);
    const write = (place: string) => writeBundle(root, 'site.git', place);
    expect(await write(output)).toBe(output);
    expect(await readFile(there, 'latin1')).toMatch(/^# v2 git bundle/);
    expect((await lstat(output)).isSymbolicLink()).toBe(true);
    const before = await readFile(join(site, 'HEAD'));
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const [other, why] of [
      [pipe, /is no file/],
      [root, /is no file/],
      [join(site, 'HEAD'), /lies in the repository/],
      [join(root, 'nowhere', 'site.bundle'), /There is no folder/],
    ] as const) {
      await expect(write(other)).rejects.toMatchObject({
        ...{ code: 'INVALID_OPTION', message: expect.stringMatching(why) as string },
      });
    }
    expect(await readFile(join(site, 'HEAD'))).toEqual(before);
    expect((await lstat(pipe)).isFIFO()).toBe(true);
  });

  it.each<[string, RegExp]>([
    ['other.git', /There is no repository "other.git"/],
    ['../site.git', /The name/],
    ['empty.git', /has no branch or tag yet/],
  ])('says why there is none: %s', async (name, message) => {
    await git(['init', '-q', '--bare', join(root, 'empty.git')]);
    const { code, stderr } = await bundle(name);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(await readdir(join(output, '..'))).toEqual([]);
  });
});

describe('gitws token', () => {
  it('makes a token that stands on stdout alone, lists and revokes it', async () => {
    const file = join(root, 'tokens.json');
    const created = await run(
      ['token', 'create', 'laptop', '--user', 'ada', '--expires', '90d', '--allow', 'read:*'],
      { GITWS_TOKENS: file },
    );
    expect(created.code).toBe(0);
    expect(created.stdout).toMatch(/^gitws_[\w-]{43}\n$/);
    expect(created.stderr).toMatch(/^Signs in as ada, until 20/);
    const token = created.stdout.trim();
    expect(created.stderr).not.toContain(token);
    expect(await readFile(file, 'utf8')).not.toContain(token);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const list = await run(['token', 'list', '--tokens', file]);
    expect(list.stdout).toMatch(/^laptop\tada\t20[^\t]+Z\t20[^\t]+Z {2}read:\*\n$/);
    expect((await run(['token', 'revoke', 'laptop', '--tokens', file])).code).toBe(0);
    const none = { code: 0, stdout: '', stderr: `There are no tokens in ${file}.\n` };
    expect(await run(['token', 'list', '--tokens', file])).toMatchObject(none);
  });

  it.each([
    [['create', 'x'], /there is no file of tokens/],
    [['create', 'x', '--tokens', 'FILE', '--expires', 'soon'], /--expires must be a time/],
    [['create', 'a/b', '--tokens', 'FILE'], /The name must be/],
    [['revoke', 'x', '--tokens', 'FILE'], /There is no token named "x"/],
    [['create', 'x', '--tokens', 'FILE', '--allow', 'raed:team/*'], /must begin with read:/],
    [['create', 'x', '--tokens', 'FILE', '--allow', 'read:team//*'], /has an empty segment/],
    [
      ['create', 'x', '--tokens', '/nonexistent/x'],
      /cannot be written: there is no such directory/,
    ],
    [['list', '--tokens', '/'], /\/ cannot be read: EISDIR/],
    [['create'], /missing required argument 'name'/],
    [['crate'], /unknown command 'crate'/],
  ])('says what it cannot do: %j', async (args, message) => {
    const file = join(root, 'tokens.json');
    const { code, stdout, stderr } = await run([
      'token',
      ...args.map((arg) => (arg === 'FILE' ? file : arg)),
    ]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^gitws: [^\n]+\.?\n(\(Did you mean .*\n)?$/);
  });
});
