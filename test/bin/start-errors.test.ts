/** What ends `gitws serve` at its start: one sentence that says what to do, and exit code 1. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { command, runCommand } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;

beforeAll(async () => {
  root = await temporaryDirectory();
});

async function outcome(args: readonly string[], env = process.env) {
  const { exited, output } = runCommand(['serve', root, '--port', '0', ...args], env);
  return { code: await exited, ...output };
}

describe('a number without a unit', () => {
  it.each([
    [['--idle-time', '5'], /--idle-time.* 5 has no unit: write 5s or 5m\./],
    [['--resume-time', '1.5'], /1\.5 has no unit: write 1\.5s or 1\.5m\./],
    [['--list-time', '10'], /10 has no unit/],
    [['--max-push-size', '500'], /500 has no unit: write 500KiB or 500MiB\./],
  ])('is no time and no size: %j', async (args, message) => {
    const { code, stdout, stderr } = await outcome(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^gitws: [^\n]+\n$/);
  });

  it('is none in a variable either, nor in a string of the configuration file', async () => {
    const variable = await outcome([], { ...process.env, GITWS_IDLE_TIME: '5' });
    expect(variable.stderr).toMatch(/^gitws: GITWS_IDLE_TIME: .* 5 has no unit/);
    const config = join(root, 'gitws.json');
    await writeFile(config, '{"idleTime":"5"}');
    const file = await outcome(['--config', config]);
    expect(file.stderr).toMatch(/gitws\.json: idleTime: .* 5 has no unit/);
    expect([variable.code, file.code]).toEqual([1, 1]);
  });
});

describe('a file that is not there', () => {
  it.each([
    [['--tls-cert', 'cert.pem', '--tls-key', 'key.pem'], /^gitws: tlsCert: cert\.pem cannot/],
    [['--tls-cert', command, '--tls-key', 'key.pem'], /^gitws: tlsKey: key\.pem cannot/],
    [['--tokens', 'tokens.json'], /tokens\.json cannot be read: there is no such file/],
    [['--htpasswd', 'users'], /users cannot be read: there is no such file/],
  ])('is named: %j', async (args, message) => {
    const { code, stdout, stderr } = await outcome(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/there is no such file\.\n$/);
  });
});

describe('a root that the server may not read', () => {
  /** Runs the command as somebody who is not root, to whom permissions mean something. */
  async function asOther(...args: string[]) {
    const isRoot = process.getuid?.() === 0;
    const child = spawn(process.execPath, [command, 'serve', '--port', '0', ...args], {
      ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}),
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      child.kill();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  it.each([
    [0o000, 'unread', /^gitws: root: ".*unread" cannot be entered by the user .*\(EACCES\)\.\n$/],
    [0o000, 'unread/x', /^gitws: root: ".*\/x" cannot be entered by the user .*\(EACCES\)\.\n$/],
    [0o311, 'unread', /^gitws: root: ".*unread" cannot be read by the user .*--no-listing .*\n$/],
  ])('%o: %s', async (mode, name, message) => {
    const parent = await temporaryDirectory();
    await chmod(parent, 0o755);
    await mkdir(join(parent, 'unread/x'), { recursive: true });
    await chmod(join(parent, 'unread'), mode);
    const result = await asOther(join(parent, name));
    expect(result.stderr).toMatch(message);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 1, stdout: '' });
    if (mode === 0o311) {
      const unlisted = await asOther(join(parent, name), '--no-listing');
      expect(unlisted.stdout).toMatch(/^gitws listening/);
    }
    await chmod(join(parent, 'unread'), 0o755);
  });
});
