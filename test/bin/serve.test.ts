import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFile, writeFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { nullOid, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { eventually, processRunning, processesIn } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { runCommand, serveProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let gitDir: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'team/site.git')));
});

async function outcome(...args: string[]): Promise<{ code: number | string; stderr: string }> {
  const { exited, output } = runCommand(args);
  return { code: await exited, stderr: output.stderr };
}

describe('gitws', () => {
  it('prints its version', async () => {
    const { exited, output } = runCommand(['--version']);
    expect(await exited).toBe(0);
    const { version } = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect(output.stdout).toBe(`${version}\n`);
  });

  it.each([['--help'], ['serve', '--help'], ['help', 'serve']])(
    'prints its help: %s',
    async (...args) => {
      const { exited, output } = runCommand(args.filter((arg) => typeof arg === 'string'));
      expect(await exited).toBe(0);
      expect(output.stdout).toMatch(/^Usage: gitws /);
      expect(output.stderr).toBe('');
    },
  );

  it.each([
    [[], /^Usage: gitws/],
    [['frobnicate'], /^gitws: unknown command 'frobnicate'/],
    [['serve'], /^gitws: there is no root/],
    [['serve', '.', '--port', '65536'], /^gitws: .*whole number from 0 to 65535/],
    [['serve', '.', '--port', '80x'], /^gitws: .*whole number from 0 to 65535/],
    [['serve', '.', '--frobnicate'], /^gitws: unknown option '--frobnicate'/],
  ])('refuses what it does not know with exit code 1: %j', async (args, message) => {
    const { code, stderr } = await outcome(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe('gitws serve', () => {
  it('says where it listens, serves, logs a session, and ends on SIGTERM', async () => {
    const server = await serveProcess(root, '--log-format', 'text');
    expect(server.output.stdout).toMatch(/^gitws listening on http:\/\/127\.0\.0\.1:\d+\n/);
    const client = new RawClient(server.url, { target: '/team/site.git/git-upload-pack' });
    expect(await client.advertisement()).toContain(head);
    client.socket.close(1000);
    await eventually(() => server.output.stderr !== '');
    expect(server.output.stderr).toMatch(
      /^git-upload-pack team\/site\.git from 127\.0\.0\.1: 0 bytes in, \d+ out, \d+ ms, closed 1000, session [\w-]{36}\n$/,
    );
    expect(await server.end()).toBe(0);
  });

  it('does not allow pushing unless told so', async () => {
    const target = '/team/site.git/git-receive-pack';
    const reading = await serveProcess(root);
    expect((await new RawClient(reading.url, { target }).closed).code).toBe(4403);
    await reading.end();
    const writing = await serveProcess(root, '--allow-push');
    await new RawClient(writing.url, { target }).advertisement();
    await writing.end();
  });

  it('answers plain requests in words', async () => {
    const server = await serveProcess(root);
    const endpoint = await fetch(`${server.url}/team/site.git/git-upload-pack`);
    expect(endpoint.status).toBe(426);
    expect(await endpoint.text()).toContain('WebSocket');
    expect((await fetch(`${server.url}/elsewhere`)).status).toBe(404);
    expect(await server.end()).toBe(0);
  });

  it('listens on IPv6, and writes the address so that it can be used', async () => {
    const server = await serveProcess(root, '--host', '::1');
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    const client = new RawClient(server.url, { target: '/team/site.git/git-upload-pack' });
    await client.advertisement();
    await server.end();
  });

  it('lets pages of the listed origins connect, and no others', async () => {
    const server = await serveProcess(
      root,
      ...['--origin', 'https://one.example', '--origin', 'https://two.example'],
      ...['--public-url', 'https://git.example'],
    );
    const attempt = async (origin: string): Promise<boolean> => {
      const client = new RawClient(server.url, {
        target: '/team/site.git/git-upload-pack',
        headers: { Origin: origin, Host: 'git.example' },
      });
      return Promise.race([
        client.closed.then(({ code }) => code !== 4403),
        client.advertisement().then(
          () => true,
          () => false,
        ),
      ]);
    };
    expect(await attempt('https://one.example')).toBe(true);
    expect(await attempt('https://two.example')).toBe(true);
    expect(await attempt('https://three.example')).toBe(false);
    await server.end();
  });

  it('ends on SIGINT too, and takes its clients’ processes with it', async () => {
    const server = await serveProcess(root);
    const client = new RawClient(server.url, { target: '/team/site.git/git-upload-pack' });
    await client.advertisement();
    server.child.kill('SIGINT');
    const { code, reason } = await client.closed;
    expect(`${code} ${reason}`).toBe('4503 The server shuts down.');
    expect(await server.exited).toBe(0);
    expect(await processesIn(root)).toEqual([]);
  });

  it('waits for a push that is complete, until it is told a second time', async () => {
    const hook = join(gitDir, 'hooks/pre-receive');
    await writeFile(hook, '#!/bin/sh\nsleep 603\n');
    await chmod(hook, 0o755);
    const server = await serveProcess(root, '--allow-push');
    const client = new RawClient(server.url, {
      target: '/team/site.git/git-receive-pack',
    }).keepUp();
    await client.advertisement();
    const update = { ref: 'refs/heads/slow', oldOid: nullOid, newOid: head };
    client.send(await pushRequest(gitDir, [update], [head]));
    client.send({ type: 'end' });
    await processRunning(root, 'sleep 603');
    server.child.kill('SIGTERM');
    // It has begun to close: nobody new is let in, and a balancer is told so.
    await eventually(async () => (await fetch(`${server.url}/healthz`)).status === 503);
    const late = new RawClient(server.url, { target: '/team/site.git/git-upload-pack' });
    const { code, reason } = await late.closed;
    expect(`${code} ${reason}`).toBe('4503 The server is shutting down.');
    expect(await processesIn(root)).not.toEqual([]);
    server.child.kill('SIGTERM');
    expect(await server.exited).toBe(1);
    expect((await client.closed).code).toBe(4503);
    expect(await processesIn(root)).toEqual([]);
    await writeFile(hook, '#!/bin/sh\n');
    await expectSoundRepository(gitDir);
    expect(await git(['for-each-ref', 'refs/heads/slow'], { cwd: gitDir })).toBe('');
  });

  it('cannot serve a directory that is not there: one sentence, exit code 1', async () => {
    expect(await outcome('serve', '/nonexistent/repos')).toEqual({
      code: 1,
      stderr: 'gitws: root: "/nonexistent/repos" is not a directory.\n',
    });
  });

  it('cannot listen on a busy port: one sentence, exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await outcome('serve', root, '--port', `${port}`)).toEqual({
      code: 1,
      stderr: `gitws: port ${port} of 127.0.0.1 is in use: choose another one with --port.\n`,
    });
    other.close();
  });

  it('cannot listen on another machine’s address: one sentence, exit code 1', async () => {
    const { code, stderr } = await outcome('serve', root, '--host', '192.0.2.1', '--port', '0');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'gitws: 192.0.2.1 is not an address of this machine: choose another one with --host.\n',
    );
  });

  it('cannot do anything without git: one sentence, exit code 1', async () => {
    const { exited, output } = runCommand(['serve', root, '--port', '0'], { PATH: '/nonexistent' });
    expect(await exited).toBe(1);
    expect(output).toEqual({
      stdout: '',
      stderr: 'gitws: there is no git here: install it first.\n',
    });
  });

  it('does not take a public URL that is none: one sentence, exit code 1', async () => {
    const { code, stderr } = await outcome('serve', root, '--public-url', 'git.example');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gitws: publicUrl: "git\.example" is not an http or https URL\.\n$/);
  });
});
