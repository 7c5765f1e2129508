/** A repository bound to its remote: where its packs go, and that nothing half-written stays. */
import * as nodeFs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bindRepository, type HttpClient, type ReadObject } from '../src/index.js';
import { simdEngine } from '../src/pack/inlined/wasm.js';
import { FaultyFs, full, type Fault, type Shape } from './helpers/faulty-fs.js';
import { expectSoundRepository, git as realGit, makeRepository } from './helpers/git.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';
import { withMostMemory } from './pack/memory.js';

let url: string;
/** The same repository, some commits ago. */
let older: string;
let head: string;
let dir: string;

beforeAll(async () => {
  const root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git'), { commits: 40 }));
  await realGit(['init', '-q', '--bare', join(root, 'empty.git')]);
  await realGit(['clone', '-q', '--bare', '--no-tags', 'site.git', 'older.git'], { cwd: root });
  await realGit(['update-ref', 'refs/heads/main', 'main~15'], { cwd: join(root, 'older.git') });
  const server = await startServer({ root });
  older = `${server.url}/older.git`;
  url = `${server.url}/site.git`;
});

beforeEach(async () => {
  dir = join(await temporaryDirectory(), 'clone');
});

const packs = async (): Promise<string[]> =>
  (await readdir(join(dir, '.git/objects/pack')).catch(() => [])).sort();

describe('a bound repository', () => {
  it('has one pack and its index after a clone, as git index-pack would write it', async () => {
    await git.clone({ ...bindRepository({ fs: nodeFs, dir, url }) });
    const [index, pack, ...others] = await packs();
    expect(others).toEqual([]);
    expect(pack).toMatch(/^pack-[0-9a-f]{40}\.pack$/);
    const path = join(dir, '.git/objects/pack', pack ?? '');
    const made = join(dir, 'made.idx');
    await realGit(['index-pack', '-o', made, path]);
    const ours = nodeFs.readFileSync(join(dir, '.git/objects/pack', index ?? ''));
    expect(ours.equals(nodeFs.readFileSync(made))).toBe(true);
    expect(await git.resolveRef({ fs: nodeFs, dir, ref: 'HEAD' })).toBe(head);
    await expectSoundRepository(join(dir, '.git'));
  });

  it('takes a file system of callbacks, and one that cannot open files', async () => {
    const { promises, ...callbacks } = nodeFs;
    await git.clone({ ...bindRepository({ fs: callbacks, dir, url }) });
    await expectSoundRepository(join(dir, '.git'));
    expect(promises).toBeDefined();
  });

  it('takes a file system that cannot rename, as isomorphic-git does', async () => {
    const fs = new FaultyFs('whole files, no renaming');
    await git.clone({ ...bindRepository({ fs: fs as unknown as typeof nodeFs, dir, url }) });
    await expectSoundRepository(join(dir, '.git'));
  });

  it('takes a file system whose functions give promises, as isomorphic-git does', async () => {
    const { open, ...promises } = nodeFs.promises;
    expect(open).toBeDefined();
    await git.clone({ ...bindRepository({ fs: promises, dir, url }) });
    await expectSoundRepository(join(dir, '.git'));
  });

  it('hands the file system what isomorphic-git hands it: Buffers', async () => {
    const kinds = new Set<string>();
    const writeFile = (path: string, bytes: unknown, ...rest: never[]) => {
      if (typeof bytes !== 'string') kinds.add((bytes as object).constructor.name);
      return nodeFs.promises.writeFile(path, bytes as Buffer, ...rest);
    };
    const promises = { ...nodeFs.promises, writeFile, open: undefined };
    await git.clone({ ...bindRepository({ fs: { ...nodeFs, promises }, dir, url }) });
    expect([...kinds]).toEqual(['Buffer']);
    await expectSoundRepository(join(dir, '.git'));
  });

  it('knows its remote whatever the user is called', async () => {
    const withUser = url.replace('://', '://me@home.example:p@ss@');
    await git.clone({ ...bindRepository({ fs: nodeFs, dir, url: withUser }) });
    await expectSoundRepository(join(dir, '.git'));
  });

  it('does not carry the requests of a repository below its own', async () => {
    const { http } = bindRepository({ fs: nodeFs, dir, url: url.replace(/\/[^/]*$/, '') });
    await expect(git.clone({ fs: nodeFs, http, dir, url })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('has progress in objects and deltas, and bytes', async () => {
    const phases = new Set<string>();
    const onProgress = ({ phase }: { phase: string }): void => {
      phases.add(phase);
    };
    await git.clone({ ...bindRepository({ fs: nodeFs, dir, url }), onProgress });
    expect([...phases]).toEqual(
      expect.arrayContaining(['Receiving', 'Receiving objects', 'Resolving deltas']),
    );
  });

  it('spares isomorphic-git the pack until there is more to read than its tips', async () => {
    const read: string[] = [];
    const readFile = (path: string, ...options: never[]) => {
      read.push(path);
      return nodeFs.promises.readFile(path, ...options);
    };
    const fs = { ...nodeFs, promises: { ...nodeFs.promises, readFile } };
    const bound = bindRepository({ fs, dir, url });
    await git.clone({ ...bound, noCheckout: true });
    await git.fetch({ ...bound, remote: 'origin' });
    const ofPacks = (): string[] => read.filter((path) => /\.(pack|idx)$/.test(path));
    expect(ofPacks()).toEqual([]);
    await git.log({ ...bound, depth: 3 });
    expect(ofPacks()).not.toEqual([]);
    await expectSoundRepository(join(dir, '.git'));
  });

  it('says at once what it was not given', () => {
    const all = { fs: nodeFs, dir, url };
    for (const option of ['fs', 'dir', 'url']) {
      const bind = () => bindRepository({ ...all, [option]: undefined });
      expect(bind).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', data: { option } }));
    }
  });

  it('does not carry the requests of another remote', async () => {
    const { http } = bindRepository({ fs: nodeFs, dir, url: `${url}x` });
    await expect(git.clone({ fs: nodeFs, http, dir, url })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('ends with the error of a listener, and leaves no pack', async () => {
    const onProgress = ({ phase }: { phase: string }): void => {
      if (phase === 'Resolving deltas') throw new Error('enough');
    };
    const cloned = git.clone({ ...bindRepository({ fs: nodeFs, dir, url }), onProgress });
    await expect(cloned).rejects.toThrow('enough');
    expect(await packs()).toEqual([]);
  });

  it('refuses a pack that asks for more than its limits, and leaves nothing', async () => {
    const bound = bindRepository({ fs: nodeFs, dir, url, limits: { objects: 10 } });
    await expect(git.clone({ ...bound })).rejects.toMatchObject({ code: 'PACK_LIMIT' });
    expect(await packs()).toEqual([]);
  });

  it('keeps a pack that is there already, where it comes again', async () => {
    await git.clone({ ...bindRepository({ fs: nodeFs, dir, url }) });
    const before = await packs();
    // Without refs there is nothing to offer: the server sends the same pack again.
    const refs = await realGit(['for-each-ref', '--format=%(refname)'], { cwd: dir });
    for (const ref of refs.split('\n')) {
      await realGit(['update-ref', '--no-deref', '-d', ref], { cwd: dir });
    }
    const faulty = new FaultyFs('open files', { call: 'rename', path: /objects\/pack/ });
    const fs = faulty as unknown as typeof nodeFs;
    await git.fetch({ ...bindRepository({ fs, dir, url }), remote: 'origin', tags: true });
    expect(await packs()).toEqual(before);
    await expectSoundRepository(join(dir, '.git'));
  });

  it('lets isomorphic-git index the pack, and says so, where the engine cannot be had', async () => {
    const warnings: string[] = [];
    const bound = bindRepository({
      ...{ fs: nodeFs, dir, url, packWorker: new URL('file:///nowhere.js') },
      onWarning: ({ code }) => warnings.push(code),
    });
    await git.clone({ ...bound });
    expect(warnings).toEqual(['PACK_ENGINE_UNAVAILABLE']);
    await expectSoundRepository(join(dir, '.git'));
  });

  it('of an empty remote is empty', async () => {
    const empty = url.replace('site.git', 'empty.git');
    await git.clone({ ...bindRepository({ fs: nodeFs, dir, url: empty }) });
    expect(await packs()).toEqual([]);
  });
});

describe('a fetch that fails leaves packs and refs as they were, and the next one succeeds', () => {
  let before: string[];
  let refs: string;
  const look = (): Promise<string> => realGit(['for-each-ref'], { cwd: dir });

  beforeEach(async () => {
    await git.clone({ ...bindRepository({ fs: nodeFs, dir, url: older }) });
    await git.deleteRemote({ fs: nodeFs, dir, remote: 'origin' });
    await git.addRemote({ fs: nodeFs, dir, remote: 'origin', url });
    before = await packs();
    refs = await look();
  });

  /** Fetches with something wrong, then without. */
  async function expectRecovery(
    wrong: Partial<Parameters<typeof bindRepository<typeof nodeFs>>[0]>,
    error: object,
  ): Promise<void> {
    const bound = bindRepository({ fs: nodeFs, dir, url, ...wrong });
    await expect(git.fetch({ ...bound, remote: 'origin' })).rejects.toMatchObject(error);
    expect(await packs()).toEqual(before);
    expect(await look()).toBe(refs);
    await expectSoundRepository(join(dir, '.git'));
    await git.fetch({ ...bindRepository({ fs: nodeFs, dir, url }), remote: 'origin' });
    expect(await git.resolveRef({ fs: nodeFs, dir, ref: 'refs/remotes/origin/main' })).toBe(head);
    await expectSoundRepository(join(dir, '.git'));
  }

  it.each<[shape: Shape, fault: Fault]>([
    ['open files', { call: 'write', path: /tmp_pack_/ }],
    ['open files', { call: 'rename', path: /\.pack$/ }],
    ['open files', { call: 'write', path: /tmp_idx_[0-9a-f]+$/ }],
    ['whole files', { call: 'writeFile', path: /tmp_pack_/ }],
    ['whole files', { call: 'rename', path: /\.pack$/ }],
    ['whole files', { call: 'writeFile', path: /tmp_idx_[0-9a-f]+$/ }],
    ['whole files', { call: 'rename', path: /\.idx$/ }],
    ['whole files, no renaming', { call: 'writeFile', path: /\.idx$/ }],
  ])('because the disk is full (%s, %o)', async (shape, fault) => {
    const fs = new FaultyFs(shape, fault) as unknown as typeof nodeFs;
    await expectRecovery({ fs }, { code: 'QUOTA', cause: full });
  });

  it('because there is not enough memory, at the beginning or at the end', async () => {
    const failed = { code: 'PACK_ENGINE_FAILED' };
    const wasmOf = (pages: number) => withMostMemory(Buffer.from(simdEngine, 'base64'), pages);
    const phases = new Set<string>();
    const onProgress = ({ phase }: { phase: string }): void => void phases.add(phase);
    // What the ring takes is not there; then a little more is, until only the last memory is not.
    for (let pages = 90; !phases.has('Resolving deltas'); pages += 3) {
      const bound = bindRepository({ fs: nodeFs, dir, url, wasm: wasmOf(pages), onProgress });
      await expect(git.fetch({ ...bound, remote: 'origin' })).rejects.toMatchObject(failed);
      if (phases.has('Resolving deltas')) await expectRecovery({ wasm: wasmOf(pages) }, failed);
    }
  });

  it('because a limit is too small', async () => {
    await expectRecovery({ limits: { objects: 1 } }, { code: 'PACK_LIMIT' });
  });

  it('because the signal fires', async () => {
    const abort = new AbortController();
    const onProgress = (): void => abort.abort();
    await expectRecovery({ signal: abort.signal, onProgress }, { code: 'UserCanceledError' });
  });
});

describe('a thin pack, from a server that sends one unasked', () => {
  /** Asks for it on behalf of isomorphic-git, which would never know. */
  function askingForThin(http: HttpClient): HttpClient {
    return {
      request: async ({ body, ...request }) => {
        if (body === undefined) return http.request(request);
        const pieces: Uint8Array[] = [];
        for await (const piece of body) pieces.push(piece);
        const text = Buffer.concat(pieces).toString('latin1');
        const length = Number.parseInt(text.slice(0, 4), 16);
        const want = text.slice(4, length).replace(' ofs-delta', ' thin-pack ofs-delta');
        expect(want).toContain('thin-pack');
        const head = (want.length + 4).toString(16).padStart(4, '0');
        return http.request({
          ...request,
          body: [Buffer.from(head + want + text.slice(length), 'latin1')],
        });
      },
    };
  }

  async function fetchThin(readObject?: ReadObject<typeof nodeFs>): Promise<void> {
    const bound = bindRepository({ fs: nodeFs, dir, url, readObject });
    const http = askingForThin(bound.http);
    await git.clone({ ...bindRepository({ fs: nodeFs, dir, url: older }) });
    await git.fetch({ ...bound, http, ref: 'main', remote: 'origin', tags: false });
  }

  it('is completed out of the repository, if there is somebody to read it', async () => {
    const asked: string[] = [];
    await fetchThin(async (args) => {
      asked.push(args.oid);
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the one for any type
      return git.readObject(args);
    });
    expect(asked.length).toBeGreaterThan(0);
    await expectSoundRepository(join(dir, '.git'));
    expect(await git.resolveRef({ fs: nodeFs, dir, ref: 'refs/remotes/origin/main' })).toBe(head);
  });

  it('is else an error that says what is missing, and nothing is left', async () => {
    await expect(fetchThin()).rejects.toMatchObject({
      code: 'CORRUPT_PACK',
      data: {
        missing: expect.arrayContaining([expect.stringMatching(/^[0-9a-f]{40}$/)]) as unknown,
      },
    });
    expect(await packs()).toHaveLength(2);
    await expectSoundRepository(join(dir, '.git'));
  });

  it('is the same error where the repository lacks a base, too', async () => {
    const missing = fetchThin(async () => {
      throw new git.Errors.NotFoundError('nothing');
    });
    await expect(missing).rejects.toMatchObject({ code: 'CORRUPT_PACK' });
    const broken = new Error('the disk is broken');
    await expect(
      fetchThin(async () => {
        throw broken;
      }),
    ).rejects.toBe(broken);
    for (const reason of [null, undefined, '']) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the point
      await expect(fetchThin(() => Promise.reject(reason))).rejects.toMatchObject({
        ...{ code: 'CALLBACK_FAILED', data: { callback: 'readObject' }, cause: reason },
      });
      expect(await packs()).toHaveLength(2);
    }
  });
});
