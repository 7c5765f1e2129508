/** Signals, progress and messages: what a caller can do and hear while it lasts. */
import type { ContractCase } from '../context.js';
import { equal, ok, rejects } from '../expect.js';
import { cloneWithCommit, untilTold } from './push.js';

export const abortCases: ContractCase[] = [
  {
    name: 'the client’s signal ends a clone in the middle of the pack, on both sides',
    async run({ git, gitws, fs, dir, oracle }) {
      const { url, name } = await oracle.repository('large');
      const abort = new AbortController();
      const http = gitws.createHttpClient({ signal: abort.signal });
      const clone = git.clone({
        ...{ fs, http, dir, url },
        onProgress: ({ phase }) => {
          if (phase === 'Receiving') abort.abort();
        },
      });
      await rejects(clone, 'UserCanceledError');
      await oracle.idle();
      await oracle.expectSoundServer(name);
      equal(await fs.promises.readdir(`${dir}/.git`).catch(() => []), [], 'what is left');
    },
  },
  {
    name: 'a signal that fired before ends every operation before it opens a connection',
    async run({ git, gitws, fs, dir, oracle }) {
      const { url } = await oracle.repository('empty');
      const http = gitws.createHttpClient({ signal: AbortSignal.abort() });
      await rejects(git.clone({ fs, http, dir, url }), 'UserCanceledError');
      await rejects(git.listServerRefs({ http, url }), 'UserCanceledError');
      await oracle.idle();
    },
  },
  {
    name: 'a push canceled while a hook runs says that it may take place, and it does',
    isLong: true,
    async run(context) {
      const { git, http, fs, dir, oracle } = context;
      const { name, oid } = await cloneWithCommit(context);
      await oracle.hook(name, 'pre-receive', untilTold);
      const abort = new AbortController();
      const { signal } = abort;
      const pushed = rejects(git.push({ fs, http, dir, signal }), 'UserCanceledError');
      await oracle.waitForFile(name, 'started');
      abort.abort();
      const [ref] = (await pushed).data['refs'] as Record<string, string | undefined>[];
      equal([ref?.['ref'], ref?.['wanted'], ref?.['current']], ['refs/heads/main', oid, undefined]);
      await oracle.makeFile(name, 'go');
      await oracle.waitForRef(name, 'refs/heads/main', oid);
      await oracle.idle();
    },
  },
  {
    name: 'a clone tells the server’s phases and its bytes while it lasts, and its words at the end',
    async run({ git, gitws, fs, dir, oracle }) {
      const { url } = await oracle.repository('large');
      const [phases, bytes, own, late, live]: [string[], number[], number[], string[], string[]] = [
        [],
        [],
        [],
        [],
        [],
      ];
      const http = gitws.createHttpClient({
        onProgress: ({ phase, loaded }) => {
          if (phase === 'Receiving') own.push(loaded);
        },
        onMessage: (text) => void live.push(text),
      });
      await git.clone({
        // With a depth, git cannot send an existing pack as it is: it counts and compresses.
        ...{ fs, http, dir, url, depth: 50, noCheckout: true },
        onProgress: ({ phase, loaded }) => {
          phases.push(phase);
          if (phase === 'Receiving') bytes.push(loaded);
        },
        onMessage: (text) => void late.push(text),
      });
      ok(phases.includes('Counting objects'), phases.join());
      ok(phases.indexOf('Counting objects') < phases.indexOf('Receiving'), phases.join());
      equal(own, bytes, 'what the client’s onProgress heard');
      equal(
        bytes,
        bytes.slice().sort((a, b) => a - b),
        'the order of events',
      );
      const [pack = ''] = (await fs.promises.readdir(`${dir}/.git/objects/pack`)).filter((file) =>
        file.endsWith('.pack'),
      );
      const size = (await fs.promises.readFile(`${dir}/.git/objects/pack/${pack}`)).length;
      equal(bytes.at(-1), size, 'the last event');
      ok(
        late.some((line) => line.startsWith('Total ')),
        late.join(''),
      );
      ok(
        live.some((line) => line.startsWith('Counting objects')),
        live.join(''),
      );
    },
  },
  {
    name: 'an onProgress that throws ends the clone with what it threw',
    async run({ git, http, fs, dir, oracle }) {
      const { url } = await oracle.repository('sample');
      const clone = git.clone({
        ...{ fs, http, dir, url },
        onProgress: () => {
          throw Object.assign(new Error('I do not want to know'), { code: 'Mine' });
        },
      });
      await rejects(clone, 'Mine');
      await oracle.idle();
    },
  },
];
