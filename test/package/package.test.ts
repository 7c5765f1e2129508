/** What npm publishes: its files, its shape for bundlers and compilers, and that it installs. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { temporaryDirectory } from '../helpers/temp.js';
import {
  compile,
  installPackage,
  linkPackages,
  packPackage,
  readManifest,
  root,
  run,
} from './consumer.js';

let tarball: string;
let files: readonly string[];
let consumer: string;

beforeAll(async () => {
  ({ tarball, files } = await packPackage(await temporaryDirectory()));
  consumer = await temporaryDirectory();
  await installPackage(tarball, consumer);
});

describe('the packed files', () => {
  it('are those that package.json promises', () => {
    for (const file of [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/server/index.js',
      'dist/server/index.d.ts',
      'dist/bin/gitws.js',
      'dist/bin/git-remote-ws.cjs',
      'dist/bin/gitws-ssh.cjs',
      'dist/gitws.min.js',
      'dist/gitws.global.js',
      'dist/gitws-http.min.js',
      'dist/gitws-pack.min.js',
      'dist/gitws-service-worker.min.js',
      'dist/service-worker.js',
      'dist/service-worker.d.ts',
      'dist/storage.js',
      'dist/storage.d.ts',
      'dist/worker/index.js',
      'dist/worker/index.d.ts',
      'dist/worker/script.js',
      'dist/worker/LICENSES.txt',
      'dist/element/index.js',
      'dist/element/index.d.ts',
      'dist/element/LICENSES.txt',
      'dist/gitws-element.min.js',
      'dist/gitws-element.integrity.json',
      'dist/gitws-worker.min.js',
      'dist/gitws-worker.global.js',
      'dist/gitws-worker-inlined.min.js',
      'dist/pack/index.js',
      'dist/pack/index.d.ts',
      'dist/pack/worker.js',
      'dist/pack/engine.wasm',
      'dist/pack/engine-plain.wasm',
    ]) {
      expect(files).toContain(file);
    }
  });

  it('hold no sources, tests, demo or traces of the build', () => {
    const expected =
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|(docs|examples)\/.*|dist\/.*\.(c?js|js\.map|d\.ts)|dist\/(bin|element|worker)\/LICENSES\.txt|dist\/gitws-element\.integrity\.json|dist\/pack\/engine(-plain)?\.wasm)$/;
    const strange = files.filter((file) => !expected.test(file) || file.startsWith('dist/demo'));
    expect(strange).toEqual([]);
  });

  it('name no directory of the machine that built them', async () => {
    for (const file of files) {
      expect(await readFile(join(root, file), 'utf8'), file).not.toContain(root);
    }
  });

  it('please publint', async () => {
    const { messages, pkg } = await publint({
      pack: { tarball: toArrayBuffer(await readFile(tarball)) },
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('give TypeScript the types of what Node and bundlers run', async () => {
    const packed = createPackageFromTarballData(new Uint8Array(await readFile(tarball)));
    const result = await checkPackage(packed, {
      entrypoints: ['.', './element', './git', './server', './pack', './storage', './worker'],
    });
    if (!result.types) throw new Error('the package has no types');
    const faults = result.problems.filter(
      (problem) =>
        // An ES module alone: `require` needs Node 22. TypeScript's resolution of 2012 knows no
        // `exports`, so that gitws/server is out of its reach.
        problem.kind !== 'CJSResolvesToESM' &&
        !(problem.kind === 'NoResolution' && problem.resolutionKind === 'node10'),
    );
    expect(faults).toEqual([]);
  });
});

describe('in a project that has installed it', () => {
  it('gives the library and the server to an import', async () => {
    const names = await evaluate(`
      const library = await import('gitws');
      const server = await import('gitws/server');
      console.log(JSON.stringify([Object.keys(library), Object.keys(server)]));
    `);
    const [library, server] = JSON.parse(names) as [string[], string[]];
    expect(library).toEqual(
      expect.arrayContaining([
        'GitWsError',
        'createHttpClient',
        'http',
        'isGitWsError',
        'openChannel',
      ]),
    );
    expect(server).toContain('createGitServer');
  });

  it('touches nothing of a page when it is imported, so that a server may render with it', async () => {
    const output = await evaluate(`
      const names = ['window', 'self', 'document', 'location', 'navigator', 'Worker', 'SharedWorker',
        'WebSocket', 'indexedDB', 'localStorage'];
      const touched = [];
      for (const name of names) {
        Object.defineProperty(globalThis, name, { get() { touched.push(name); return undefined; } });
      }
      await import('gitws');
      await import('gitws/storage');
      await import('gitws/worker');
      await import('gitws/element');
      console.log(JSON.stringify(touched));
    `);
    expect(output).toBe('[]');
  });

  it('lets go of the process: nothing is open after an import', async () => {
    // Were a timer or a socket open, the process would not end by itself.
    await evaluate(`await import('gitws'); await import('gitws/server');`);
  });

  it('is bundled for a page as it is, without anything of Node', async () => {
    const bundled = await build({
      stdin: { contents: `export * from 'gitws';`, resolveDir: consumer },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      logLevel: 'silent',
    });
    expect(bundled.warnings).toEqual([]);
    const file = join(consumer, 'bundled.mjs');
    await writeFile(file, bundled.outputFiles[0]?.contents ?? '');
    const names = await evaluate(`console.log(Object.keys(await import('./bundled.mjs')).join())`);
    expect(names.split(',').sort()).toEqual(Object.keys(library).sort());
    expect(await readFile(file, 'utf8')).not.toMatch(/\bnode:|\brequire\(|\bBuffer\./);
  });

  it('has no other way in than the ones it names', async () => {
    const { stderr } = await runModule(`await import('gitws/dist/errors.js');`);
    expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('puts the command where npx finds it', async () => {
    const { version } = await readManifest();
    const command = join(consumer, 'node_modules/.bin/gitws');
    expect((await stat(command)).mode & 0o111).toBe(0o111);
    const { stdout, code } = await run(command, ['--version'], consumer);
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: version });
  });
});

describe('a TypeScript project that has installed it', () => {
  const options = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--target', 'es2022'];

  const page = `
    import { GitWsError, createHttpClient, http, isGitWsError, openChannel } from 'gitws';
    import type { Channel, ErrorCode, HttpClient } from 'gitws';

    export const clients: HttpClient[] = [http, createHttpClient({ window: 1 << 20 })];
    export async function firstBytes(url: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
      try {
        const channel: Channel = await openChannel(url, { service: 'git-upload-pack', signal });
        const { value } = await channel.readable.getReader().read();
        return value;
      } catch (error) {
        if (isGitWsError(error, 'REFUSED') && error.data.status === 404) return undefined;
        if (isGitWsError(error, 'PUSH_OUTCOME_UNKNOWN')) {
          const oids: (string | undefined)[] = error.data.refs.map(({ current }) => current);
          console.log(oids);
        }
        // @ts-expect-error: a code tells what its data has
        if (isGitWsError(error, 'REFUSED')) console.log(error.data.closeCode.refs);
        // @ts-expect-error: and is not made without it
        if (isGitWsError(error)) throw new GitWsError('REFUSED', 'No.', { data: { status: 403 } });
        throw new GitWsError('CONNECTION_FAILED' satisfies ErrorCode, 'It failed.', { cause: error });
      }
    }
    // @ts-expect-error: a service is needed
    void openChannel('https://example.com/x.git', {});
  `;

  beforeAll(async () => {
    await writeFile(join(consumer, 'page.ts'), page);
    await writeFile(
      join(consumer, 'server.ts'),
      `
      import { createServer } from 'node:http';
      import { createGitServer, type GitServer } from 'gitws/server';

      const git: GitServer = createGitServer({ root: '/srv/git', allowPush: true });
      git.attach(createServer());
      await git.close();
      `,
    );
    await writeFile(
      join(consumer, 'plugin.ts'),
      `
      import type { HttpClient } from 'isomorphic-git';
      import { http } from 'gitws';
      export const plugin: HttpClient = http;
      `,
    );
    await writeFile(
      join(consumer, 'page-socket.ts'),
      `
      import { createHttpClient, openChannel, type WebSocketConstructor } from 'gitws';

      class Counted extends WebSocket {
        static count = 0;
        constructor(url: string, protocols?: string[]) {
          super(url, protocols);
          Counted.count += 1;
        }
      }
      export const clients = [
        createHttpClient({ WebSocket }),
        createHttpClient({ WebSocket: window.WebSocket }),
        createHttpClient({ WebSocket: Counted }),
      ];
      void openChannel('wss://example.com/x.git', { service: 'git-upload-pack', WebSocket });
      // @ts-expect-error: it sends nothing
      export const none: WebSocketConstructor = EventSource;
      `,
    );
    await writeFile(
      join(consumer, 'node-socket.ts'),
      `
      import { createHttpClient } from 'gitws';
      import type { WebSocket as Undici } from 'undici-types';
      import OfWs, { WebSocket } from 'ws';

      declare const undici: typeof Undici;
      export const clients = [
        createHttpClient({ WebSocket }),
        createHttpClient({ WebSocket: OfWs }),
        createHttpClient({ WebSocket: undici }),
      ];
      `,
    );
    await writeFile(
      join(consumer, 'worker.ts'),
      `
      import { startGit, type WorkerGit } from 'gitws/worker';
      import type git from 'gitws/git';

      export async function work(signal: AbortSignal): Promise<string[]> {
        const git: WorkerGit = await startGit({ storage: 'site', worker: () => new Worker('/x.js') });
        const promisor = { onAuth: () => ({ username: 'me' }), gateway: 'wss://gateway.example' };
        await startGit({ storage: 'other', promisor });
        const onAuth = async (url: string) => ({ username: url });
        await git.clone({ dir: '/x', url: 'wss://git.example/x.git', filter: 'blob:none', onAuth, signal });
        const bytes: Uint8Array = await git.fs.promises.readFile('/x/a');
        const text: string = await git.fs.promises.readFile('/x/a', 'utf8');
        const version: string = await git.version();
        await git.walk({ dir: '/x', trees: [git.TREE({ ref: 'HEAD' }), git.WORKDIR()] });
        try {
          await git.push({ dir: '/x' });
        } catch (error) {
          if (error instanceof git.Errors.NotFoundError) return [error.data.what, error.code];
        }
        // @ts-expect-error: the worker has its storage
        await git.log({ dir: '/x', fs: {} });
        // @ts-expect-error: the worker connects itself
        await git.fetch({ dir: '/x', http: {} });
        // @ts-expect-error: a path is needed
        await git.add({ dir: '/x' });
        // @ts-expect-error: a storage is needed
        await startGit({});
        return [...(await git.listFiles({ dir: '/x' })), text, version, String(bytes.length)];
      }
      /** Whatever gitws/git has is here, by the same name. */
      export type Missing = Exclude<keyof typeof git, keyof WorkerGit>;
      export const nothing: Missing[] = [] satisfies never[];
      export const none = (missing: Missing): never => missing;
      `,
    );
    await writeFile(
      join(consumer, 'own-commands.ts'),
      `
      import { serveGit, type InWorker } from 'gitws/in-worker';
      import { startGit } from 'gitws/worker';

      declare const LightningFS: new (name: string, options: never) => { promises: { stat(path: string): Promise<unknown> } };
      const commands = {
        search: async ({ fs, dir, word, onHit }: InWorker & {
          dir: string; word: string; onHit?: (path: string) => Promise<void> | void;
        }): Promise<string[]> => {
          await onHit?.(dir + word);
          return fs.promises.readdir(dir);
        },
        ping: () => 1,
      };
      serveGit({ LightningFS, commands, reading: ['search'] });
      export async function use(): Promise<string[]> {
        const git = await startGit<typeof commands>({ storage: 'site', worker: '/x.js' });
        const one: number = await git.ping({});
        // @ts-expect-error: a word is needed
        await git.search({ dir: '/x' });
        // @ts-expect-error: there is no such command
        await git.find({ dir: '/x' });
        return [String(one), ...(await git.search({ dir: '/x', word: 'a', onHit: (path) => void path.length }))];
      }
      `,
    );
    await writeFile(
      join(consumer, 'element.ts'),
      `
      import 'gitws/element';

      document.querySelector('git-repository')?.addEventListener('gitws-push', ({ detail }) => {
        document.title = detail.oid;
      });
      // @ts-expect-error: an error has no oid
      addEventListener('gitws-error', ({ detail }) => detail.oid);
      `,
    );
    const types = ['@types/node', '@types/ws', 'undici-types', 'isomorphic-git'];
    await linkPackages(consumer, types);
  });

  it('compiles for a page, as bundlers resolve, with the types of libraries checked', async () => {
    const dom = ['--lib', 'es2022,dom,dom.iterable,dom.asynciterable'];
    const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler'];
    expect(await compile(consumer, ...options, ...dom, ...bundler, 'page.ts')).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  it.each([
    ['has in a worker what gitws/git has, but for what the worker has itself', 'worker.ts'],
    ['gives commands of one’s own in the worker with their types', 'own-commands.ts'],
    ['says what the events of an element have', 'element.ts'],
  ])('%s', async (_says, file) => {
    const dom = ['--lib', 'es2022,dom', '--module', 'esnext', '--moduleResolution', 'bundler'];
    const result = await compile(consumer, ...options, ...dom, '--skipLibCheck', file);
    expect(result).toMatchObject({ code: 0, stdout: '' });
  });

  it('may bring the WebSocket class of a page, or one that extends it', async () => {
    const dom = ['--lib', 'es2022,dom', '--module', 'esnext', '--moduleResolution', 'bundler'];
    expect(await compile(consumer, ...options, ...dom, 'page-socket.ts')).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  it('may bring the WebSocket class of ws, or of undici, which is that of later Nodes', async () => {
    const node = ['--lib', 'es2022', '--types', 'node', '--module', 'nodenext', '--skipLibCheck'];
    expect(await compile(consumer, ...options, ...node, 'node-socket.ts')).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  it('compiles for Node, as Node resolves, without the types of a page', async () => {
    const node = ['--lib', 'es2022', '--types', 'node', '--module', 'nodenext'];
    expect(await compile(consumer, ...options, ...node, 'page.ts', 'server.ts')).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  it('may pass the client to isomorphic-git', async () => {
    const node = ['--lib', 'es2022', '--types', 'node', '--module', 'nodenext', '--skipLibCheck'];
    expect(await compile(consumer, ...options, ...node, 'plugin.ts')).toMatchObject({
      code: 0,
      stdout: '',
    });
  });
});

/** Runs a module in the consumer's directory; fails if it fails. */
async function evaluate(code: string): Promise<string> {
  const result = await runModule(code);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return result.stdout.trim();
}

function runModule(code: string): ReturnType<typeof run> {
  return run(process.execPath, ['--input-type=module', '--eval', code], consumer);
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
