/** Clones whose page is loaded again, or whose renderer crashes: they go on where they were. Chromium, real git as judge. */
import type { BrowserContext } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable } from '../helpers/chromium.js';
import { long } from '../helpers/long.js';
import { startServer } from '../helpers/server.js';
import { cloneIn, expectWholeClone, list, ReloadGround, window } from './reload-ground.js';

let ground: ReloadGround;
/** Bytes of a clone that nothing happens to. */
let whole: number;

beforeAll(async () => {
  if (!browserAvailable) return;
  ground = await ReloadGround.make(12);
  const { url, down } = await ground.watch();
  const page = await ground.openPage();
  const cloned = await cloneIn(page, { name: ground.newName(), url });
  expect(cloned).toEqual({ states: ['connecting', 'open'], failed: undefined });
  whole = down();
  await page.close();
});

/** How many are interrupted at once in the long run. */
const lanes = 3;

/** Where a page is interrupted, and in which of its threads it clones. */
interface Place {
  readonly context?: BrowserContext;
  readonly where?: 'clone' | 'cloneInWorker';
}

/** Reloads a page when a part of the clone has come, or has it crash, and clones again. */
async function interruptAt(
  part: number,
  how: 'reload' | 'crash' = 'reload',
  { context = ground.context, where }: Place = {},
) {
  const { url, down, reached } = await ground.watch();
  const options = { name: ground.newName(), url };
  let page = await ground.openPage(context);
  void cloneIn(page, options, where);
  await reached(part * whole);
  if (how === 'reload') {
    await page.reload();
  } else {
    const devTools = await context.newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    devTools.send('Page.crash').catch(() => undefined);
    await crashed;
    await page.close();
    page = await ground.openPage(context);
  }
  const { states, failed } = await cloneIn(page, options, where);
  expect(failed).toBeUndefined();
  expect(down() - whole, `sent twice, at ${part}`).toBeLessThanOrEqual(window);
  await expectWholeClone(page, options.name);
  await page.close();
  return { states };
}

describe.skipIf(!browserAvailable)('a clone goes on', () => {
  it('when its page is loaded again', async () => {
    expect((await interruptAt(0.95)).states).toEqual(['connecting', 'resumed']);
  });

  it('when its renderer crashes', async () => {
    expect((await interruptAt(0.6, 'crash')).states).toEqual(['connecting', 'resumed']);
  });

  it('in a worker whose page is loaded again', async () => {
    const { states } = await interruptAt(0.6, 'reload', { where: 'cloneInWorker' });
    expect(states).toEqual(['connecting', 'resumed']);
  });

  long('at each of 20 moments, by a reload and by a crash', async () => {
    const moments = Array.from({ length: 20 }, (_, at) => (at + 0.5) / 20).flatMap((part) => [
      { part, how: 'reload' as const },
      { part, how: 'crash' as const },
    ]);
    const lane = async (): Promise<void> => {
      // Whose renderer crashes shares it with none of the other's pages.
      const context = await ground.newContext();
      for (let next = moments.shift(); next !== undefined; next = moments.shift()) {
        const { part, how } = next;
        await interruptAt(part, how, { context }).catch((cause: unknown) => {
          throw new Error(`a ${how} at ${part}`, { cause });
        });
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  });
});

describe.skipIf(!browserAvailable)('a clone whose page has gone begins anew', () => {
  it('where the server has its session no longer', async () => {
    const limits = { resumeTime: 1_000 };
    const server = await startServer({ ...ground.options, limits });
    const { url, reached } = await ground.watch(server);
    const options = { name: ground.newName(), url };
    const page = await ground.openPage();
    void cloneIn(page, options);
    await reached(whole / 2);
    await page.reload();
    await expect.poll(() => server.server.sessions).toBe(0);
    const { states, failed } = await cloneIn(page, options);
    expect({ states, failed }).toEqual({
      states: ['connecting', 'connecting', 'open'],
      failed: undefined,
    });
    await expectWholeClone(page, options.name);
  });

  it('where it is asked for something else, and where it may not go on it leaves nothing', async () => {
    const server = await startServer({
      ...ground.options,
      authenticate: ({ credentials }) =>
        credentials?.scheme === 'basic' && credentials.password === 'right' ? { name: 'me' } : null,
      authorize: ({ user }) => user !== null,
    });
    const { url, down, reached } = await ground.watch(server);
    const options = { name: ground.newName(), url };
    const page = await ground.openPage();
    for (const [password, given, expected] of [
      ['right', { singleBranch: true }, { states: ['connecting', 'open'], failed: undefined }],
      ['wrong', {}, { states: ['connecting'], failed: 'UserCanceledError' }],
    ] as const) {
      const name = ground.newName();
      void cloneIn(page, { ...options, name, password: 'right' });
      await reached(down() + whole / 2);
      await page.reload();
      expect(await list(page, name, '/site/.git')).toContain('gitws-clone');
      const cloned = await cloneIn(page, { ...options, name, password, options: given });
      expect(cloned).toMatchObject({ failed: expected.failed });
      expect(cloned.states).toEqual(expect.arrayContaining([...expected.states]));
      if (expected.failed === undefined) await expectWholeClone(page, name);
      else expect(await list(page, name, '/')).not.toContain('site');
      await page.reload();
    }
  });
});

it.skipIf(!browserAvailable)(
  'of two tabs that clone the same one waits for the other',
  async () => {
    const { url, down, reached } = await ground.watch();
    const options = { name: ground.newName(), url };
    const [first, second] = [await ground.openPage(), await ground.openPage()];
    const one = cloneIn(first, options);
    await reached(whole / 3);
    const other = cloneIn(second, options);
    expect((await one).states).toEqual(['connecting', 'open']);
    expect(await other).toEqual({ states: ['connecting', 'open'], failed: undefined });
    expect(down()).toBeLessThan(whole + window / 4);
    await expectWholeClone(second, options.name);
  },
);
