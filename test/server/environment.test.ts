import { chown, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  checkedGitConfig,
  checkedSafeDirectories,
  configArguments,
  gitEnvironment,
  ownershipSettings,
  pusherEnvironment,
  serviceEnvironment,
} from '../../server/git/environment.js';
import { services } from '../../server/services.js';
import { git, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

describe('the environment of git', () => {
  test('holds nothing of the server but what is listed', () => {
    const own = {
      PATH: '/usr/bin',
      TZ: 'UTC',
      TMPDIR: '/var/tmp',
      HOME: '/root',
      XDG_CONFIG_HOME: '/root/.config',
      DATABASE_PASSWORD: 'secret',
      LD_PRELOAD: '/evil.so',
      GIT_DIR: '/elsewhere',
      GIT_EXEC_PATH: '/evil',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_PARAMETERS: "'core.fsmonitor=evil'",
      GIT_CONFIG_GLOBAL: '/evil',
      GIT_PROXY_COMMAND: '/evil',
      GIT_TRACE: '/tmp/trace',
      SUDO_UID: '1000',
    };
    expect(serviceEnvironment('git-receive-pack', 'version=2', own)).toEqual({
      PATH: '/usr/bin',
      TZ: 'UTC',
      TMPDIR: '/var/tmp',
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      LC_ALL: 'C.UTF-8',
      GIT_PROTOCOL: 'version=2',
    });
  });

  test('keeps git from reading settings of the machine and of the user', async () => {
    const { stdout } = await gitStatus(['config', '--list', '--show-origin'], {
      cwd: '/',
      env: { ...gitEnvironment(), GIT_CONFIG_GLOBAL: '' },
    });
    expect(stdout).toBe('');
  });

  test('keeps readers from making a partial clone fetch', () => {
    expect(serviceEnvironment('git-upload-pack', undefined, {})).toHaveProperty(
      'GIT_NO_LAZY_FETCH',
      '1',
    );
  });
});

describe('who pushes', () => {
  test('is told to hooks and reflogs as git http-backend does it', () => {
    expect(pusherEnvironment('ada', '192.0.2.1')).toEqual({
      REMOTE_USER: 'ada',
      REMOTE_ADDR: '192.0.2.1',
      GIT_COMMITTER_NAME: 'ada',
      GIT_COMMITTER_EMAIL: 'ada@http.192.0.2.1',
    });
    expect(pusherEnvironment(null, undefined)).toEqual({
      GIT_COMMITTER_NAME: 'anonymous',
      GIT_COMMITTER_EMAIL: 'anonymous@http.(none)',
    });
  });

  test.each(['ada\0', 'ada\n', 'a\u001bda', 'ada\u0085'])('is never %j', (name) => {
    expect(() => pusherEnvironment(name, undefined)).toThrow('control characters');
  });
});

describe('settings of the operator', () => {
  test('are handed on as they are', () => {
    const settings = checkedGitConfig({
      'receive.denyDeletes': 'true',
      'http.https://example.com/a.b.proxy': "it's=\n two lines",
      'core.compression': '0',
    });
    expect(configArguments(settings)).toEqual([
      ...['-c', 'receive.denyDeletes=true'],
      ...['-c', "http.https://example.com/a.b.proxy=it's=\n two lines"],
      ...['-c', 'core.compression=0'],
    ]);
  });

  test.each([
    'receive',
    '.denyDeletes',
    'receive.',
    'receive.deny deletes',
    'receive.1x',
    're ceive.x',
    '--help',
    'a=b.c',
    'url.a=b.insteadOf',
    'url.a\nb.insteadOf',
    'alias.x\0',
    '',
  ])('with the key %j are refused', (key) => {
    expect(() => checkedGitConfig({ [key]: 'x' })).toThrow('is not a key');
  });

  test.each(['core.hooksPath', 'CORE.HOOKSPATH', 'safe.directory', 'receive.autogc'])(
    'that would take a protection away are refused: %s',
    (key) => {
      expect(() => checkedGitConfig({ [key]: '*' })).toThrow('cannot be set');
    },
  );

  test('with NUL in the value are refused', () => {
    expect(() => checkedGitConfig({ 'core.x': 'a\0b' })).toThrow('without NUL');
  });

  test('beat those of repositories, and git takes each one for what it says', async () => {
    const gitDir = await temporaryDirectory();
    await git(['init', '-q', '--bare', gitDir]);
    await git(['config', 'receive.denyDeletes', 'false'], { cwd: gitDir });
    const given = { 'receive.denyDeletes': 'true', 'url.http://a b/"c".insteadOf': "x'y\nz" };
    const args = configArguments(checkedGitConfig(given));
    for (const [key, value] of Object.entries(given)) {
      expect(await git([...args, 'config', '--get', key], { cwd: gitDir })).toBe(value);
    }
  });
});

test('the settings of the services are ones that only they read: what git runs inherits them', () => {
  // index-pack and unpack-objects are meant by it, which receive-pack runs.
  const meant = 'core.bigFileThreshold';
  for (const [service, { settings }] of Object.entries(services)) {
    const section = service.replace(/^git-|-/g, '').replace('receivepack', 'receive');
    for (const [key] of settings)
      if (key !== meant) expect(key).toMatch(new RegExp(`^${section}\\.`));
  }
});

describe("a repository of another user's", () => {
  test('is trusted only inside the listed directories', async () => {
    const root = await temporaryDirectory();
    await mkdir(join(root, 'team/site.git'), { recursive: true });
    await mkdir(join(root, 'team-evil/site.git'), { recursive: true });
    await symlink('team', join(root, 'link'));
    const listed = checkedSafeDirectories([join(root, 'link'), join(root, 'team/site.git')]);
    expect(listed[0]).toBe(join(root, 'team'));
    const trusts = (path: string) => ownershipSettings(join(root, path), listed).length > 0;
    expect(trusts('team/site.git')).toBe(true);
    expect(trusts('team')).toBe(true);
    expect(trusts('team-evil/site.git')).toBe(false);
    expect(trusts('')).toBe(false);
    expect(ownershipSettings(join(root, 'team/site.git'), [])).toEqual([]);
  });

  test.each(['repositories', './x', '*', '', '/no/such/directory'])(
    'cannot be trusted by listing %j',
    (path) => {
      expect(() => checkedSafeDirectories([path])).toThrow('safeDirectories');
    },
  );

  // Only root can give files away.
  test.runIf(process.getuid?.() === 0)(
    'is refused by git, and served where it is trusted, but no other one with it',
    async () => {
      const root = await temporaryDirectory();
      const other = join(root, 'other.git');
      await git(['init', '-q', '--bare', other]);
      const bare = join(root, 'bare.git');
      await git(['init', '-q', '--bare', bare]);
      await git(['init', '-q', join(root, 'work')]);
      const strangers = [other, bare, join(root, 'work/.git'), join(root, 'work')];
      for (const path of strangers) {
        await chown(path, 12345, 12345);
        for (const entry of await readdir(path)) await chown(join(path, entry), 12345, 12345);
      }
      const services = [['receive-pack'], ['upload-pack', '--strict'], ['upload-archive']];
      for (const gitDir of [bare, join(root, 'work/.git')]) {
        const trusted = configArguments(ownershipSettings(gitDir, [gitDir]));
        for (const service of services) {
          // upload-archive says it through the side-band.
          const words = async (settings: string[], path: string) => {
            const options = { cwd: gitDir, input: '0000', env: gitEnvironment() };
            const { stdout, stderr } = await gitStatus([...settings, ...service, path], options);
            return stdout + stderr;
          };
          expect(await words([], '.')).toContain('dubious ownership');
          expect(await words(trusted, '.')).not.toContain('dubious ownership');
          expect(await words(trusted, other)).toContain('dubious ownership');
        }
      }
    },
  );
});
