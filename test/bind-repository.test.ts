/** A repository bound to its remote: where its packs go, and that nothing half-written stays. */
import * as nodeFs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bindRepository } from '../src/index.js';
import { expectSoundRepository, git as realGit, makeRepository } from './helpers/git.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

let url: string;
let head: string;
let dir: string;

beforeAll(async () => {
  const root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git'), { commits: 40 }));
  await realGit(['init', '-q', '--bare', join(root, 'empty.git')]);
  const server = await startServer({ root });
  url = `${server.url}/site.git`;
});

beforeEach(async () => {
  dir = join(await temporaryDirectory(), 'clone');
});

const packs = async (): Promise<string[]> =>
  (await readdir(join(dir, '.git/objects/pack')).catch(() => [])).sort();

/** Node's fs with one function of `promises` in place of its own. */
function withPromise(
  name: string,
  replacement: (...args: never[]) => Promise<unknown>,
): typeof nodeFs {
  return { ...nodeFs, promises: { ...nodeFs.promises, [name]: replacement } };
}

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

  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  it.each([
    ['the index cannot be written', 'writeFile'],
    ['the pack cannot be put in place', 'rename'],
    ['the pack cannot be opened', 'open'],
  ])('leaves nothing, and writes no ref, where %s', async (_what, name) => {
    const whole = nodeFs.promises[name as 'rename'] as (...args: unknown[]) => Promise<unknown>;
    const fs = withPromise(name, async (...args: unknown[]) => {
      if (String(args[0]).includes('objects/pack')) throw full;
      return whole.call(nodeFs.promises, ...args);
    });
    await git.init({ fs: nodeFs, dir });
    await git.addRemote({ fs: nodeFs, dir, remote: 'origin', url });
    const fetched = git.fetch({ ...bindRepository({ fs, dir, url }), remote: 'origin' });
    await expect(fetched).rejects.toThrow('no space left');
    expect(await packs()).toEqual([]);
    expect(await realGit(['for-each-ref'], { cwd: dir })).toBe('');
    await git.fetch({ ...bindRepository({ fs: nodeFs, dir, url }), remote: 'origin' });
    await expectSoundRepository(join(dir, '.git'));
  });

  it('keeps a pack that is there already, where it comes again and cannot be put in place', async () => {
    await git.clone({ ...bindRepository({ fs: nodeFs, dir, url }) });
    const before = await packs();
    // Without refs there is nothing to offer: the server sends the same pack again.
    const refs = await realGit(['for-each-ref', '--format=%(refname)'], { cwd: dir });
    for (const ref of refs.split('\n')) {
      await realGit(['update-ref', '--no-deref', '-d', ref], { cwd: dir });
    }
    const fs = withPromise('rename', async (from: string, to: string) => {
      if (to.endsWith('.idx')) throw full;
      return nodeFs.promises.rename(from, to);
    });
    const again = git.fetch({ ...bindRepository({ fs, dir, url }), remote: 'origin', tags: true });
    await expect(again).rejects.toThrow('no space left');
    expect(await packs()).toEqual(before);
    await realGit(['update-ref', 'refs/heads/main', head], { cwd: dir });
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
