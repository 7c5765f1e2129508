/** The commands that git starts, where something fails that nobody counted on: a sentence and an exit code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { gitEnvironment } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { nativeCommand } from '../helpers/native.js';
import { temporaryDirectory } from '../helpers/temp.js';

describe.each([
  ['git-remote-ws', (port: string) => ['origin', `ws://127.0.0.1:${port}/a.git`], 'fatal: ', 128],
  [
    'gitws-ssh',
    (port: string) => ['-p', port, '127.0.0.1', "git-upload-pack '/a.git'"],
    'gitws-ssh: ',
    255,
  ],
] as const)('%s', (name, argsFor, prefix, code) => {
  /** Runs it, with a script before it in its process. */
  async function run(script: string, port = '1') {
    const args = argsFor(port);
    const preload = join(await temporaryDirectory(), 'preload.cjs');
    await writeFile(preload, script);
    const command = ['--require', preload, nativeCommand(name), ...args];
    const child = spawn(process.execPath, command, { env: gitEnvironment });
    child.stdin.on('error', () => undefined).write('connect git-upload-pack\n');
    child.stdout.resume();
    const closed = once(child, 'close');
    return [await text(child.stderr), ...((await closed) as unknown[])];
  }

  it.each([
    ['undefined', 'undefined'],
    ['null', 'null'],
    ["new Error('one line\\nand another')", 'one line'],
  ])(
    'says in a sentence that something rejected which nobody waits for: %s',
    async (value, words) => {
      const script = `setImmediate(() => void Promise.reject(${value}));`;
      expect(await run(script)).toEqual([`${prefix}unexpected error: ${words}\n`, code, null]);
    },
  );

  it('says in a sentence what is thrown in a callback', async () => {
    const script = "setImmediate(() => { throw new TypeError('no such function'); });";
    const sentence = `${prefix}unexpected error: no such function\n`;
    expect(await run(script)).toEqual([sentence, code, null]);
  });

  /** As Node.js has it where no descriptor is left: no streams, and then an event. */
  const failToStart = (verb: string) => `const processes = require('node:child_process');
    const { EventEmitter } = require('node:events');
    const { spawn } = processes;
    processes.spawn = (file, args, options) => {
      if (!args.includes('${verb}')) return spawn(file, args, options);
      const child = new EventEmitter();
      const error = Object.assign(new Error('spawn git EMFILE'), { code: 'EMFILE' });
      process.nextTick(() => child.emit('error', error));
      return child;
    };`;

  it('says in a sentence that no descriptor is left to start git', async () => {
    const script = failToStart('config');
    const sentence = `${prefix}unexpected error: git could not be asked for its configuration (EMFILE)\n`;
    expect(await run(script)).toEqual([sentence, code, null]);
  });

  it('says in a sentence that git could not be asked for credentials', async () => {
    const server = createServer().on('upgrade', (_request, socket) => {
      socket.end(
        'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
      );
    });
    const { url } = await listen(server);
    const sentence = `${prefix}unexpected error: git could not be asked for credentials (EMFILE)\n`;
    expect(await run(failToStart('credential'), new URL(url).port)).toEqual([sentence, code, null]);
  });
});
