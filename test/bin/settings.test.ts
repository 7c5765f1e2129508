/** The configuration: its three forms, which of them wins, and what a mistake is told. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limitNames } from '../../server/limits/limits.js';
import { checkNeeds } from '../../bin/settings/needs.js';
import { readSettings } from '../../bin/settings/read.js';
import { settingGroups } from '../../bin/settings/groups.js';
import { optionOf, settingNames, settingOf, variableOf } from '../../bin/settings/table.js';
import { formatSettings } from '../../bin/settings/document.js';
import { runCommand } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

async function configuration(content: unknown): Promise<string> {
  const path = join(await temporaryDirectory(), 'gitws.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const { exited, output } = runCommand(args, { ...process.env, ...environment });
  return { code: await exited, ...output };
}

describe('a setting', () => {
  it('comes from the command line, else a variable, else the file, else its default', async () => {
    const config = await configuration({ idleTime: '3s', port: 3, host: 'three', maxSessions: 3 });
    const environment = { GITWS_IDLE_TIME: '2s', GITWS_PORT: '2', GITWS_CONFIG: config };
    const { settings, sources } = readSettings({ idleTime: 1 }, environment);
    expect(settings).toMatchObject({ idleTime: 1, port: 2, host: 'three', maxQueue: 32 });
    expect(sources).toMatchObject({
      ...{ idleTime: 'command line', port: 'environment' },
      ...{ host: 'file', maxQueue: 'default' },
    });
    // The command line's file beats the variable's.
    const other = await configuration({ host: 'other' });
    expect(readSettings({ config: other }, environment).settings.host).toBe('other');
  });

  it('of every kind can be given in each form', async () => {
    const config = await configuration({
      allowPush: true,
      origins: ['https://a.example'],
      gitConfig: { 'receive.denyDeletes': 'true' },
      tokens: 'tokens.json',
      window: '1MiB',
      maxReplay: 65536,
    });
    const fromFile = readSettings({ config }, {}).settings;
    expect(fromFile).toMatchObject({
      allowPush: true,
      origins: ['https://a.example'],
      gitConfig: { 'receive.denyDeletes': 'true' },
      window: 1024 * 1024,
      maxReplay: 65536,
    });
    // Relative to the file, wherever the server is started.
    expect(fromFile.tokens).toBe(join(config, '../tokens.json'));
    const fromEnvironment = readSettings(
      {},
      {
        GITWS_ALLOW_PUSH: 'yes',
        GITWS_ORIGIN: '',
        GITWS_ORIGINS: 'https://a.example, https://b.example',
        GITWS_GIT_CONFIG: 'receive.denyDeletes=true,http.x=a=b',
        GITWS_TOKENS: 'tokens.json',
        GITWS_WINDOW: '1MiB',
      },
    );
    expect(fromEnvironment.settings).toMatchObject({
      allowPush: true,
      origins: ['https://a.example', 'https://b.example'],
      gitConfig: { 'receive.denyDeletes': 'true', 'http.x': 'a=b' },
      tokens: 'tokens.json',
      window: 1024 * 1024,
    });
    expect(fromEnvironment.unknownVariables).toEqual(['GITWS_ORIGIN']);
  });

  it.each<[unknown, RegExp]>([
    ['{', /gitws\.json: it is not JSON/],
    [{ idleTime: '5x' }, /gitws\.json: idleTime: it must be a time such as/],
    [{ maxReplay: 1 }, /maxReplay: .*64KiB to 2147483647B \(just/],
    [{ maxSessions: 2 ** 31 }, /maxSessions: it must be a whole number: 0 to 2147483647/],
    [
      { cacheStale: '25d' },
      /cacheStale: it must be a time such as.*: 0 to 2147483647ms \(24\.8 days\)/,
    ],
    [{ port: '8080' }, /port: it must be a whole number from 0 to 65535/],
    [{ origins: 'https://a.example' }, /origins: it must be a list of strings/],
    [{ gitConfig: { a: 1 } }, /gitConfig: it must be an object whose values are strings/],
    [{ allowPush: 'yes' }, /allowPush: it must be true or false/],
    [{ logFormat: 'xml' }, /logFormat: it must be text or json/],
    [{ idletime: 1 }, /there is no field "idletime"/],
    [{ jwtSecret: 'x' }, /jwtSecret: it does not belong into this file: .* GITWS_JWT_SECRET/],
  ])('that is wrong in a file is named: %j', async (content, message) => {
    const config = await configuration(content);
    expect(() => readSettings({ config }, {})).toThrow(message);
  });

  it('that is wrong in a variable is named', () => {
    expect(() => readSettings({}, { GITWS_IDLE_TIME: 'soon' })).toThrow(
      /^GITWS_IDLE_TIME: It must be a time/,
    );
  });
});

describe('a setting that does nothing without another', () => {
  const keys = 'one of jwtSecretFile, jwtJwksFile and jwtJwksUrl';
  const secret = 'x'.repeat(32);
  it.each<[string, unknown, string, Record<string, unknown>]>([
    ['cacheSize', '1GiB', 'cache', { cache: 'x' }],
    ['cacheStale', '1d', 'cache', { cache: 'x' }],
    ['upstreamSshConfig', 'x', 'upstreamSshKey', { upstreamSshKey: 'x' }],
    ['jwtIssuer', 'x', keys, { jwtSecretFile: 'x' }],
    ['jwtAudience', 'x', keys, { jwtJwksFile: 'x' }],
    ['jwtAlgorithms', ['ES256'], keys, { jwtJwksUrl: 'https://git.example' }],
    ['jwtType', 'x', keys, { jwtJwksFile: 'x' }],
    ['jwtUserClaim', 'x', keys, { jwtJwksFile: 'x' }],
    ['jwtGroupsClaim', 'x', keys, { jwtJwksFile: 'x' }],
    ['jwtPermissionsClaim', 'x', keys, { jwtJwksFile: 'x' }],
    ['jwtClockTolerance', '1m', keys, { jwtJwksFile: 'x' }],
    ['maxFailures', 3, 'one of tokens, htpasswd, jwtSecretFile, jwt', { tokens: 'x' }],
    ['failureTime', '1h', 'one of tokens, htpasswd, jwtSecretFile, jwt', { htpasswd: 'x' }],
  ])('%s is refused alone', async (name, value, which, other) => {
    const alone = readSettings({ config: await configuration({ [name]: value }) }, {});
    expect(() => checkNeeds(alone)).toThrow(`${name} needs ${which}`);
    const both = await configuration({ [name]: value, ...other });
    expect(() => checkNeeds(readSettings({ config: both }, {}))).not.toThrow();
  });

  it('is not what nobody has set, and a secret counts where it is a variable', async () => {
    expect(() => checkNeeds(readSettings({}, {}))).not.toThrow();
    const config = await configuration({ jwtIssuer: 'x', maxFailures: 3 });
    const read = readSettings({ config }, { GITWS_JWT_SECRET: secret });
    expect(() => checkNeeds(read)).not.toThrow();
  });
});

describe('every limit', () => {
  it('has an option, a variable and a field, and help that says its default', async () => {
    const { stdout } = await run(['serve', '--help']);
    const help = stdout.replace(/\s+/g, ' ');
    for (const name of limitNames) {
      expect(settingNames).toContain(name);
      expect(help).toContain(` --${optionOf(name)} `);
      expect(variableOf(name)).toMatch(/^GITWS_[A-Z_]+$/);
    }
    expect(help).toContain('--idle-time <time>');
    expect(help).toContain('above it 4408 (default: 10m)');
  });

  it('stands under a heading of the help, as every setting does, and the examples come first', async () => {
    expect(Object.values(settingGroups).flat().sort()).toEqual([...settingNames].sort());
    const { stdout } = await run(['serve', '--help']);
    const headings = [...stdout.matchAll(/^(\S.*:)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([
      ...['Examples:', 'For others, as the rules say:', 'Arguments:', 'Options:'],
      ...Object.keys(settingGroups),
    ]);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(81);
  });

  it('no two settings share an option or a variable', () => {
    expect(new Set(settingNames.map(optionOf)).size).toBe(settingNames.length);
    expect(new Set(settingNames.map(variableOf)).size).toBe(settingNames.length);
  });
});

describe('docs/configuration.md', () => {
  it('has every setting, as the table has it', async () => {
    const text = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const [, shown] = /<!-- settings -->\n([^]*?)\n<!-- \/settings -->/.exec(text) ?? [];
    expect(shown).toBe(formatSettings());
  });
});

describe('gitws config check', () => {
  it('prints what is in force, hides secrets, and tries it', async () => {
    const root = await temporaryDirectory();
    const config = await configuration({
      ...{ root, idleTime: '5m', jwtIssuer: 'issuer', jwtAudience: 'git' },
    });
    const secret = 'a secret that only the issuer and the server know';
    const environment = { GITWS_JWT_SECRET: secret, GITWS_PORTT: '1' };
    const { code, stdout, stderr } = await run(
      ['config', 'check', '--config', config, '--port', '0'],
      environment,
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('port = 0  (command line)\n');
    expect(stdout).toContain('idleTime = 5m  (file)\n');
    expect(stdout).toContain('jwtSecret = (hidden)  (environment)\n');
    expect(stdout).toContain('maxSessions = 100  (default)\n');
    expect(stdout).toContain('warning: GITWS_PORTT is no setting.\n');
    expect(stdout).toMatch(/It can be used\.\n$/);
    expect(stdout).not.toContain(secret);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ rules: 'rules.json' }, /rules\.json cannot be read: there is no such file/],
    [{ root: '/nonexistent' }, /root: "\/nonexistent" is not a directory/],
    [{ tlsCert: 'cert.pem' }, /tlsCert and tlsKey belong together/],
    [{ cacheSize: '1GiB' }, /^gitws: cacheSize needs cache, without which it does nothing/],
    [
      { cache: 'cache' },
      /^gitws: cache: ".*cache" is for repositories of upstreams, and there are/,
    ],
    [
      { upstreamSshKey: 'x', upstreamKnownHosts: 'x', upstreams: ['https://git.example'] },
      /^gitws: upstreamSshKey: it is for upstreams of ssh:\/\/, and there are none/,
    ],
    [
      { tlsCert: 'cert.pem', tlsKey: 'key.pem' },
      /tlsCert: .*cert\.pem cannot be read: there is no such file/,
    ],
    [{ jwtIssuer: 'x' }, /jwtIssuer needs one of/],
    [{ jwtPermissionsClaim: 'x' }, /jwtPermissionsClaim needs one of jwtSecretFile/],
    [{ jwtAlgorithms: ['ES256'] }, /jwtAlgorithms needs one of/],
    [{ jwtJwksFile: 'keys', jwtIssuer: 'x' }, /need both jwtIssuer and jwtAudience/],
    [{ jwtJwksFile: 'keys', jwtSecretFile: 'secret' }, /Only one of/],
    [{ trustedProxies: ['proxy'] }, /trustedProxies: "proxy" is not an address/],
    [{ gitConfig: { 'core.hooksPath': '/x' } }, /core\.hooksPath cannot be set/],
    [
      { allowPush: true, hooksParent: 'none' },
      /hooks cannot be run in .*none: it cannot be written/,
    ],
    [{ publicUrl: 'git.example' }, /publicUrl: "git\.example" is not/],
    // By the setting's name, where the server's option has another.
    [{ hostNames: ['https://git.example'] }, /^gitws: hostNames: "https:.*" is not a host name/],
    [{ privateUpstreams: ['x'] }, /^gitws: privateUpstreams: "x" is not the address of a host/],
    [{ upstreams: ['ssh://git@x'] }, /^gitws: upstreamSshKey: an upstream of ssh:.* needs a key/],
    [
      { upstreams: ['ssh://git@x'], upstreamSshKey: 'none', upstreamKnownHosts: 'x' },
      /^gitws: upstreamSshKey: ".*none" cannot be read/,
    ],
  ])('says what cannot be used: %j', async (content, message) => {
    const root = await temporaryDirectory();
    const config = await configuration({ root, ...content });
    const { code, stderr } = await run(['config', 'check', '--config', config]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('keeps secrets off the command line', async () => {
    const { stderr } = await run(['config', 'check', '--jwt-secret', 'x']);
    expect(stderr).toMatch(/unknown option '--jwt-secret'/);
    const secrets = settingNames.filter((name) => settingOf(name).secret);
    expect(secrets).toEqual(['jwtSecret']);
  });
});
