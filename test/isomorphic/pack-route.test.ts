/** Where packs go that are kept: when their keeper begins, and what becomes of what it cannot keep. */
import { describe, expect, it } from 'vitest';
import { GitWsError } from '../../src/base/errors.js';
import { Negotiation } from '../../src/isomorphic/negotiation.js';
import { KeptPack, type KeepPack } from '../../src/isomorphic/pack-route.js';
import { parseFetchRequest } from '../../src/wire/fetch-request.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A keeper that takes all, and tells how far it is. */
function keeper() {
  const told: string[] = [];
  const keep: KeepPack = async (source) => {
    told.push('begins');
    try {
      for await (const piece of source) told.push(new TextDecoder().decode(piece));
      told.push('ends');
    } catch (error) {
      told.push((error as Error).message);
      throw error;
    }
  };
  return { told, keep };
}

const nothingAsked = new Negotiation(parseFetchRequest([]), []);

const unexpected = (error: GitWsError): never => {
  throw error;
};

describe('the keeper of a pack', () => {
  it('begins before there are bytes, and gets them all', async () => {
    const { told, keep } = keeper();
    const route = new KeptPack(keep, unexpected, nothingAsked);
    expect(told).toEqual(['begins']);
    expect(await route.take(bytes('one'))).toEqual([]);
    await route.take(bytes('two'));
    // An empty pack, for isomorphic-git.
    expect(Buffer.concat(await route.finish())).toHaveLength(5 + 32);
    expect(told).toEqual(['begins', 'one', 'two', 'ends']);
  });

  it('is sent away where no pack comes, and isomorphic-git gets none', async () => {
    const { told, keep } = keeper();
    const route = new KeptPack(keep, unexpected, nothingAsked);
    expect(await route.finish()).toEqual([]);
    expect(told).toEqual(['begins', 'There is no pack.']);
  });

  it('is met with its error when the first bytes come, if it failed before', async () => {
    const full = new Error('no space left');
    const route = new KeptPack(() => Promise.reject(full), unexpected, nothingAsked);
    await new Promise((resolve) => setTimeout(resolve));
    await expect(route.take(bytes('one'))).rejects.toBe(full);
    await route.abort(full);
  });

  it('leaves the pack to isomorphic-git where it cannot be had, from the first byte on', async () => {
    const missing = new GitWsError('PACK_ENGINE_UNAVAILABLE', 'There is no engine.');
    const warnings: GitWsError[] = [];
    const route = new KeptPack(
      () => Promise.reject(missing),
      (warning) => warnings.push(warning),
      nothingAsked,
    );
    // The last piece is held until all is known to be right.
    expect(await route.take(bytes('one'))).toEqual([]);
    const passed = await route.take(bytes('two'));
    expect(Buffer.concat(passed).subarray(5).toString()).toBe('one');
    expect(warnings).toEqual([missing]);
  });
});
