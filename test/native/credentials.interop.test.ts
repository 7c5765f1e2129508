/** Credentials as git knows them: each way in which they come, right, wrong and missing. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuthenticateAttempt } from '../../server/index.js';
import { makeRepository, type GitResult } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh, overWs, type Native } from './transports.js';

let native: Native;
let ssh: Native;
let head: string;
let scripts: string;
let attempts: (string | undefined)[] = [];

/** The user `me` with the password `päss:word`, the token `t0ken`, and what a header says. */
function authenticate({ authorization, credentials, request }: AuthenticateAttempt) {
  attempts.push(authorization);
  const known =
    (credentials?.scheme === 'basic' &&
      credentials.username === 'me' &&
      credentials.password === 'päss:word') ||
    (credentials?.scheme === 'bearer' && credentials.token === 't0ken') ||
    (request.headers['x-door'] === 'open' && request.headers['x-key'] === 'two');
  return known ? { name: 'me' } : null;
}

beforeAll(async () => {
  const root = await temporaryDirectory();
  scripts = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'a.git'), { commits: 5 }));
  const options = {
    ...{ root, authenticate },
    authorize: ({ user }: { user: unknown }) => user !== null,
  };
  native = await overWs(options);
  ssh = await overSsh(options);
});

beforeEach(() => {
  attempts = [];
});

function url(userinfo = ''): string {
  return `${native.base.replace('://', `://${userinfo === '' ? '' : `${userinfo}@`}`)}/a.git`;
}

function lsRemote(
  address: string,
  env: Record<string, string> = {},
  ...config: string[]
): Promise<GitResult> {
  const settings = config.flatMap((setting) => ['-c', setting]);
  return native.gitStatus([...settings, 'ls-remote', address, 'HEAD'], { env });
}

/** The repository's address as git's configuration and helpers know it. */
function httpBase(): string {
  return native.base.replace(/^ws/, 'http');
}

/** A helper that answers with `password`, and writes down what it is told. */
async function credentialHelper(
  name: string,
  password: string,
): Promise<{ setting: string; log(): Promise<string> }> {
  const [script, log] = [join(scripts, name), join(scripts, `${name}.log`)];
  await writeFile(log, '');
  await writeFile(
    script,
    `#!/bin/sh
    { echo "- $1"; cat; } >> '${log}'
    test "$1" = get && printf 'username=me\\npassword=%s\\n' '${password}'
    exit 0`,
    { mode: 0o755 },
  );
  return { setting: `credential.helper=${script}`, log: () => readFile(log, 'utf8') };
}

async function askPass(name: string, password: string): Promise<Record<string, string>> {
  const script = join(scripts, name);
  await writeFile(
    script,
    `#!/bin/sh
    echo "$1" >> '${script}.log'
    case "$1" in Username*) echo me ;; *) echo '${password}' ;; esac`,
    { mode: 0o755 },
  );
  return { GIT_ASKPASS: script };
}

describe('credentials in the URL', () => {
  it('let in', async () => {
    const { code, stdout } = await lsRemote(url('me:p%C3%A4ss%3Aword'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${head}\tHEAD\n` });
    expect(attempts).toHaveLength(1);
  });

  it('do not let in where they are wrong, and no others are asked for', async () => {
    const helper = await credentialHelper('unasked', 'päss:word');
    const { code, stderr } = await lsRemote(url('me:secret'), {}, helper.setting);
    expect({ code, stderr }).toEqual({
      code: 128,
      stderr: `fatal: Authentication failed for '${url()}'`,
    });
    expect(await helper.log()).toBe('');
  });
});

describe('no credentials', () => {
  it('where prompts are refused', async () => {
    const { code, stderr } = await lsRemote(url());
    expect({ code, stderr }).toEqual({
      code: 128,
      stderr: `fatal: could not read Username for '${native.base}': terminal prompts disabled`,
    });
  });

  it('but a user in the URL: only the password is asked for', async () => {
    const { stderr } = await lsRemote(url('me'));
    expect(stderr).toBe(
      `fatal: could not read Password for '${native.base.replace('://', '://me@')}': terminal prompts disabled`,
    );
    const asking = await askPass('for-password', 'päss:word');
    expect((await lsRemote(url('me'), asking)).code).toBe(0);
    expect(await readFile(join(scripts, 'for-password.log'), 'utf8')).toMatch(
      /^Password [^\n]*\n$/,
    );
  });

  it('are sent to a server that asks for none', async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'a.git'), { commits: 2 });
    const open = await overWs({ root });
    const helper = await credentialHelper('unneeded', 'päss:word');
    await open.git(['-c', helper.setting, 'ls-remote', `${open.base}/a.git`]);
    expect(await helper.log()).toBe('');
  });
});

describe('a credential helper', () => {
  it('is asked under the http form of the URL, and told that it was right', async () => {
    const helper = await credentialHelper('right', 'päss:word');
    expect((await lsRemote(url(), {}, helper.setting)).code).toBe(0);
    const { host } = new URL(httpBase());
    expect(await helper.log()).toBe(
      `- get\nprotocol=http\nhost=${host}\n` +
        `- store\nprotocol=http\nhost=${host}\nusername=me\npassword=päss:word\n`,
    );
    // Once without, once with.
    expect(attempts).toHaveLength(2);
  });

  it('is told to forget what was wrong', async () => {
    const helper = await credentialHelper('wrong', 'old');
    const { code, stderr } = await lsRemote(url(), {}, helper.setting);
    expect({ code, stderr }).toEqual({
      code: 128,
      stderr: `fatal: Authentication failed for '${url()}'`,
    });
    expect(await helper.log()).toContain('- erase\n');
    expect(await helper.log()).not.toContain('- store\n');
  });

  it('is found by the URL that existing settings name', async () => {
    const helper = await credentialHelper('by-url', 'päss:word');
    const setting = helper.setting.replace('credential.', `credential.${httpBase()}.`);
    expect((await lsRemote(url(), {}, setting)).code).toBe(0);
    const other = helper.setting.replace('credential.', 'credential.http://elsewhere.');
    expect((await lsRemote(url(), {}, other)).code).toBe(128);
  });

  it('gets the path where the user wants that', async () => {
    const helper = await credentialHelper('with-path', 'päss:word');
    await lsRemote(url(), {}, helper.setting, 'credential.useHttpPath=true');
    expect(await helper.log()).toContain('path=a.git\n');
  });

  it('is asked first where http.proactiveAuth says so', async () => {
    const helper = await credentialHelper('first', 'päss:word');
    const { code } = await lsRemote(url(), {}, helper.setting, 'http.proactiveAuth=basic');
    expect(code).toBe(0);
    expect(attempts).toHaveLength(1);
  });

  it('serves a push and a clone as well', async () => {
    const helper = await credentialHelper('clone', 'päss:word');
    const clone = join(await temporaryDirectory(), 'clone');
    await native.git(['-c', helper.setting, 'clone', '-q', url(), clone]);
    const refused = await native.gitStatus(['-c', helper.setting, 'push', 'origin', 'HEAD:new'], {
      cwd: clone,
    });
    expect(refused.code).toBe(128);
    expect(refused.stderr).toBe(
      `fatal: unable to access '${url()}': This server does not allow pushing.`,
    );
  });
});

describe('GIT_ASKPASS', () => {
  it('is asked where no helper knows', async () => {
    expect((await lsRemote(url(), await askPass('right-pass', 'päss:word'))).code).toBe(0);
  });

  it('is asked once, not again and again', async () => {
    const { code, stderr } = await lsRemote(url(), await askPass('wrong-pass', 'no'));
    expect(code).toBe(128);
    expect(stderr).toBe(`fatal: Authentication failed for '${url()}'`);
    expect((await readFile(join(scripts, 'wrong-pass.log'), 'utf8')).split('\n')).toHaveLength(3);
  });
});

describe('GITWS_TOKEN', () => {
  it('lets in', async () => {
    expect((await lsRemote(url(), { GITWS_TOKEN: 't0ken' })).code).toBe(0);
    expect(attempts).toEqual(['Bearer t0ken']);
  });

  it('is followed by what git knows where it is wrong', async () => {
    const helper = await credentialHelper('after-token', 'päss:word');
    expect((await lsRemote(url(), { GITWS_TOKEN: 'old' }, helper.setting)).code).toBe(0);
  });

  it('gives way to a password in the URL', async () => {
    await lsRemote(url('me:p%C3%A4ss%3Aword'), { GITWS_TOKEN: 'old' });
    expect(attempts).toEqual([`Basic ${Buffer.from('me:päss:word').toString('base64')}`]);
  });
});

describe('http.extraHeader', () => {
  const basic = `Authorization: Basic ${Buffer.from('me:päss:word').toString('base64')}`;

  it('may hold the credentials', async () => {
    expect((await lsRemote(url(), {}, `http.extraHeader=${basic}`)).code).toBe(0);
    expect(attempts).toHaveLength(1);
  });

  it('may hold them for certain URLs', async () => {
    expect((await lsRemote(url(), {}, `http.${httpBase()}/.extraHeader=${basic}`)).code).toBe(0);
    expect((await lsRemote(url(), {}, `http.http://other/.extraHeader=${basic}`)).code).toBe(128);
  });

  it('may be several, of any name', async () => {
    const both = ['http.extraHeader=X-Door: open', 'http.extraHeader=X-Key: two'];
    expect((await lsRemote(url(), {}, ...both)).code).toBe(0);
  });
});

describe('through gitws-ssh', () => {
  it('the user before the @ and a password by GIT_ASKPASS let in', async () => {
    const env = await askPass('ssh-pass', 'päss:word');
    const address = `${ssh.base.replace('://', '://me@')}/a.git`;
    expect(await ssh.git(['ls-remote', address, 'HEAD'], { env })).toContain(head);
    const log = await readFile(join(scripts, 'ssh-pass.log'), 'utf8');
    expect(log).toMatch(/^Password for 'ws:\/\/me@[\d.:]+': \n$/);
  });

  it('a token lets in, a wrong one does not', async () => {
    const asked = (token: string): Promise<GitResult> =>
      ssh.gitStatus(['ls-remote', `${ssh.base}/a.git`], { env: { GITWS_TOKEN: token } });
    expect((await asked('t0ken')).code).toBe(0);
    expect((await asked('old')).code).toBe(128);
  });
});

describe('GITWS_TRACE', () => {
  it('tells what happens and no credential, however it came', async () => {
    const helper = await credentialHelper('traced', 'päss:word');
    const env = { GITWS_TRACE: '1', GITWS_TOKEN: 'hush-token' };
    const results = [
      await lsRemote(url('me:hush-url'), env),
      await lsRemote(url(), env, helper.setting, 'http.extraHeader=X-Key: hush-header'),
      await lsRemote(url(), { ...env, GITWS_TOKEN: 't0ken' }),
    ];
    const all = results.map(({ stderr }) => stderr).join('\n');
    expect(all).toMatch(/gitws \d+\.\d+ open git-upload-pack ws:/);
    expect(all).toContain('with credentials');
    for (const secret of [
      'hush',
      'päss',
      't0ken',
      Buffer.from('me:päss:word').toString('base64'),
    ]) {
      expect(all).not.toContain(secret);
    }
  });
});
