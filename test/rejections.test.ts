/**
 * What the caller's functions reject with may be any value, null and undefined among them. Through
 * either plugin the operation then rejects with an error, and leaves neither refs nor half a pack.
 */
import * as nodeFs from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bindRepository, createHttpClient, type HttpClientOptions } from '../src/index.js';
import { readCorpus } from './corpus/corpus.js';
import { startFakeServer } from './helpers/fake-server.js';
import { FaultyFs, type Fault, type Shape } from './helpers/faulty-fs.js';
import { makeRepository } from './helpers/git.js';
import { playFetch, recordFetch } from './helpers/played-fetch.js';
import { temporaryDirectory } from './helpers/temp.js';

let url: string;
let dir: string;

beforeAll(async () => {
  const { gitDir } = await makeRepository(await temporaryDirectory(), { commits: 3 });
  const recorded = await recordFetch(gitDir);
  const server = await startFakeServer((session) => playFetch(session, recorded));
  url = `${server.url}/site.git`;
});

beforeEach(async () => {
  dir = await temporaryDirectory();
  await git.init({ fs: nodeFs, dir });
  await git.addRemote({ fs: nodeFs, dir, remote: 'origin', url });
});

const reasons = readCorpus<unknown, string>('reasons').map(
  ({ name, input }) => [name, input] as const,
);

const plugins = {
  http: (options: HttpClientOptions) => ({ fs: nodeFs, dir, url, http: createHttpClient(options) }),
  bindRepository: (options: HttpClientOptions) =>
    bindRepository({ fs: nodeFs, dir, url, ...options }),
};
const pluginNames = ['http', 'bindRepository'] as const;

/** Nothing of a fetch is there: no ref, no file of a pack, no open file. */
async function expectNothing(): Promise<void> {
  const files = await readdir(join(dir, '.git'), { recursive: true });
  const wanted = /^(config|HEAD|hooks|info|objects(\/(info|pack))?|refs(\/(heads|tags))?)$/;
  expect(files.filter((file) => !wanted.test(file))).toEqual([]);
  const open = await readdir('/proc/self/fd');
  const targets = await Promise.all(
    open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(String)),
  );
  expect(targets.filter((target) => target.startsWith(dir))).toEqual([]);
}

/** What a fetch rejects with; a fetch that resolves is told as such. */
async function failureOf(fetched: Promise<unknown>): Promise<unknown> {
  return fetched.then(
    () => 'it resolved',
    (error: unknown) => ({ error }),
  );
}

describe.each(pluginNames)('a fetch through %s', (plugin) => {
  describe.each(['onProgress', 'onMessage', 'onConnection', 'authorization'] as const)(
    'whose %s rejects',
    (callback) => {
      it.each(reasons)(
        'with %s, rejects with an error that has it as its cause',
        async (_name, reason) => {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the point
          const options = { [callback]: () => Promise.reject(reason) };
          const bound = plugins[plugin](options);
          const failure = await failureOf(git.fetch({ ...bound, remote: 'origin' }));
          expect(failure).toMatchObject({
            error: { code: 'CALLBACK_FAILED', cause: reason, data: { callback } },
          });
          await expectNothing();
        },
      );
    },
  );

  it.each(reasons)('whose own onProgress throws %s, rejects', async (_name, reason) => {
    const onProgress = (): void => {
      throw reason;
    };
    const failure = await failureOf(
      git.fetch({ ...plugins[plugin]({}), remote: 'origin', onProgress }),
    );
    expect(failure).toMatchObject({ error: { code: 'CALLBACK_FAILED', cause: reason } });
    await expectNothing();
  });

  it('whose callback throws an error, rejects with that', async () => {
    const own = new RangeError('my own');
    for (const callback of ['onProgress', 'onMessage', 'onConnection', 'authorization']) {
      const options = {
        [callback]: () => {
          throw own;
        },
      };
      const failure = await failureOf(git.fetch({ ...plugins[plugin](options), remote: 'origin' }));
      expect(failure, callback).toEqual({ error: own });
      expect((failure as { error: unknown }).error).toBe(own);
    }
  });
});

describe('a fetch through bindRepository', () => {
  it.each(reasons)('whose onWarning rejects with %s, rejects', async (_name, reason) => {
    const bound = bindRepository({
      ...{ fs: nodeFs, dir, url, packWorker: new URL('file:///nowhere.js') },
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors, @typescript-eslint/no-misused-promises -- the point
      onWarning: () => Promise.reject(reason),
    });
    const failure = await failureOf(git.fetch({ ...bound, remote: 'origin' }));
    expect(failure).toMatchObject({ error: { code: 'CALLBACK_FAILED', cause: reason } });
    await expectNothing();
  });

  const faults: readonly (readonly [Shape, Fault['call'], RegExp])[] = [
    ['open files', 'mkdir', /pack$/],
    ['open files', 'open', /tmp_pack/],
    ['open files', 'write', /tmp_pack_[0-9a-f]+$/],
    ['open files', 'sync', /tmp_pack_[0-9a-f]+$/],
    ['open files', 'close', /tmp_pack_[0-9a-f]+$/],
    ['open files', 'write', /tmp_idx_[0-9a-f]+$/],
    ['open files', 'rename', /\.pack$/],
    ['open files', 'rename', /\.idx$/],
    ['whole files', 'writeFile', /tmp_pack/],
    ['whole files, no renaming', 'writeFile', /\.pack$/],
    ['whole files, no renaming', 'writeFile', /\.idx$/],
  ];
  describe.each(faults)('into %s whose %s fails (%s)', (shape, call, path) => {
    const quota = new DOMException('full', 'QuotaExceededError');
    const some = call === 'writeFile' ? reasons : reasons.slice(0, 2);
    it.each([...some, ['a refused quota', quota] as const])(
      'with %s, rejects with an error that has it as its cause',
      async (_name, reason) => {
        const fault = { call, path, reason: { value: reason } };
        const fs = new FaultyFs(shape, fault) as unknown as typeof nodeFs;
        const bound = bindRepository({ fs, dir, url });
        const failure = await failureOf(git.fetch({ ...bound, remote: 'origin' }));
        const code = reason === quota ? 'QUOTA' : 'FILE_SYSTEM_FAILED';
        expect(failure).toMatchObject({ error: { code, cause: reason } });
        await expectNothing();
      },
    );
  });
});
