/** A clone with a bundle whose process is killed, and that another process makes anew, or goes on with. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { expectSoundRepository, git as realGit } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { makeBundleGround, type BundleGround } from './bundle-ground.js';
import type { Moment } from './clone-process.js';
import { KillingWay } from './killed-clone.js';
import { stateOf } from './state.js';

let ground: BundleGround;

beforeAll(async () => {
  ground = await makeBundleGround();
});

// The lease of the one that was killed has to end: all of them wait at the same time.
const moments: [string, Moment][] = [
  ['the bundle’s pack is put in place', { call: 'rename', path: '\\.pack', when: 'before' }],
  ['that is done', { call: 'rename', path: '\\.pack', when: 'after' }],
  ['its index is there', { call: 'rename', path: '\\.idx', when: 'after' }],
  ['one of its refs is written', { call: 'rename', path: 'bundles/main', when: 'after' }],
  ['the rest has come', { call: 'rename', path: '\\.idx', nth: 2, when: 'after' }],
  ['a ref of the remote is written', { call: 'rename', path: 'origin/main', when: 'after' }],
];

it.concurrent.each(moments.slice(-2))('when %s', goesOn);
long.concurrent.each(moments.slice(0, -2))('when %s', goesOn);

async function goesOn(_: string, moment: Moment): Promise<void> {
  const { proxy, host, plain } = ground;
  const dir = join(await temporaryDirectory(), 'clone');
  const way = await KillingWay.to(proxy.url, '/site.git');
  const own = { bundleUri: `${host.url}/all.bundle` };
  expect((await way.clone(dir, Infinity, moment, own)).exit).toBe('SIGKILL');
  const before = way.down;
  const { said } = await way.clone(dir, Infinity, undefined, own);
  expect(said.at(-1)).toEqual({ done: true });
  expect(way.down - before).toBeLessThan(ground.whole / 20);
  const { refs, ...state } = await stateOf(dir);
  const others = refs.filter((line) => !line.startsWith('refs/bundles/'));
  expect({ ...state, refs: others }).toEqual(plain);
  await expectSoundRepository(join(dir, '.git'));
  expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('');
  expect(await readdir(join(dir, '.git'))).not.toContain('gitws-clone');
}
