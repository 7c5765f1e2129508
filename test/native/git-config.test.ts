/** The configuration, held against what git itself does with it. */
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readGitConfig, type GitConfig } from '../../native/git-config.js';
import { temporaryDirectory } from '../helpers/temp.js';

let directory: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
});

/** Reads `text` as the user's configuration, for a URL. */
async function read(
  text: string,
  url = 'https://host:8443/team/a.git',
  remote = 'origin',
): Promise<GitConfig> {
  const file = join(directory, 'gitconfig');
  await writeFile(file, text);
  vi.stubEnv('GIT_CONFIG_GLOBAL', file);
  vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return readGitConfig(new URL(url), remote);
}

describe('git’s configuration', () => {
  it('may say nothing', async () => {
    const config = await read('');
    expect(config.protocolVersion).toBe(2);
    expect(config.extraHeaders).toEqual([]);
    expect(config.proxy).toBeUndefined();
    expect(config.flag('sslVerify')).toBeUndefined();
  });

  it.each([
    ['0', 0],
    ['1', 1],
    ['2', 2],
  ])('says protocol.version %s', async (text, version) => {
    expect((await read(`[protocol]\nversion = ${text}\n`)).protocolVersion).toBe(version);
  });

  it.each([
    ['true', true],
    ['Yes', true],
    ['on', true],
    ['1', true],
    ['false', false],
    ['no', false],
    ['off', false],
    ['0', false],
    ['', false],
  ])('says a flag by "%s"', async (text, value) => {
    expect((await read(`[http]\nsslVerify = ${text}\n`)).flag('sslVerify')).toBe(value);
  });

  it('says a flag by its name alone', async () => {
    expect((await read('[http]\nsslVerify\n')).flag('sslVerify')).toBe(true);
  });

  it('says paths from the home directory on', async () => {
    const config = await read('[http]\nsslCAInfo = ~/ca.pem\n');
    expect(config.path('sslCAInfo')).toBe(join(homedir(), 'ca.pem'));
    expect(config.text('sslCAInfo')).toBe('~/ca.pem');
  });

  it('holds for certain URLs as git matches them: the best one wins', async () => {
    const text = [
      '[http]\nproxy = http://any\nsslCAInfo = any.pem',
      '[http "https://host:8443"]\nproxy = http://host',
      '[http "https://host:8443/team"]\nproxy = http://team',
      '[http "https://host:8443/teams"]\nproxy = http://teams',
      '[http "http://host:8443/team"]\nproxy = http://insecure',
      '[http "https://*.host/team"]\nproxy = http://wild',
    ].join('\n');
    expect((await read(text)).proxy).toBe('http://team');
    expect((await read(text)).text('sslCAInfo')).toBe('any.pem');
    expect((await read(text, 'https://git.host/team/a.git')).proxy).toBe('http://wild');
    expect((await read(text, 'https://other/a.git')).proxy).toBe('http://any');
  });

  it('has several extra headers, which an empty one takes back', async () => {
    const text =
      '[http]\nextraHeader = A: 1\nextraHeader =\nextraHeader = B: 2\nextraHeader = C: 3\n';
    expect((await read(text)).extraHeaders).toEqual(['B: 2', 'C: 3']);
  });

  it('has extra headers of certain URLs beside those of all', async () => {
    const text = [
      '[http]\nextraHeader = A: 1',
      '[http "https://host:8443"]\nextraHeader = B: 2\nextraHeader = C: 3',
      '[http "https://elsewhere"]\nextraHeader = D: 4',
    ].join('\n');
    expect((await read(text)).extraHeaders).toEqual(['A: 1', 'B: 2', 'C: 3']);
    expect((await read(text, 'https://other/')).extraHeaders).toEqual(['A: 1']);
  });

  it('may come by the environment, as `git -c` passes it on', async () => {
    vi.stubEnv('GIT_CONFIG_COUNT', '2');
    vi.stubEnv('GIT_CONFIG_KEY_0', 'http.extraHeader');
    vi.stubEnv('GIT_CONFIG_VALUE_0', 'A: 1');
    vi.stubEnv('GIT_CONFIG_KEY_1', 'http.https://host:8443.extraHeader');
    vi.stubEnv('GIT_CONFIG_VALUE_1', 'B: 2');
    expect((await read('')).extraHeaders).toEqual(['A: 1', 'B: 2']);
  });

  it('has a proxy of its own for a remote, which may be none', async () => {
    const text = '[http]\nproxy = http://any\n[remote "up.stream"]\nproxy =\n';
    expect((await read(text)).proxy).toBe('http://any');
    expect((await read(text, undefined, 'up.stream')).proxy).toBe('');
  });

  it('does without git: as if nothing were set', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    expect((await read('[http]\nproxy = http://any\n')).proxy).toBeUndefined();
  });
});
