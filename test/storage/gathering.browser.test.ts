/** Changes that are stored together, and small files that are not read again, in `createLightningFS`. */
import { describe, expect } from 'vitest';
import { browserAvailable } from '../helpers/engines.js';
import { it, long } from '../helpers/long.js';
import { lightningGround } from './lightning-ground.js';
import type { LightningPage } from './lightning-page.js';

declare const lightning: LightningPage;

const ground = lightningGround();

describe.skipIf(!browserAvailable)('changes that are gathered', () => {
  it('are one transaction, seen within at once, and stored when they are said to be', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('gathered');
      await promises.writeFile('/old', 'old');
      const counted = lightning.countTransactions();
      const within = await promises.gather(async (together) => {
        await together.mkdir('/a');
        await together.writeFile('/a/b', 'text', { mode: 0o755 });
        await together.rename('/a/b', '/a/c');
        await together.symlink('c', '/a/link');
        await together.unlink('/old');
        await together.gather((more) => more.writeFile('/d', 'more'));
        return [await together.readFile('/a/link', 'utf8'), await promises.readdir('/a')];
      });
      const writes = counted().readwrite;
      // Another instance knows nothing but what is stored.
      const other = lightning.create('gathered').promises;
      const { mode } = await other.stat('/a/c');
      const names = [await other.readdir('/'), await other.readdir('/a')];
      return [within, writes, names, mode & 0o100, await other.readFile('/d', 'utf8')];
    });
    const names = [
      ['a', 'd'],
      ['c', 'link'],
    ];
    expect(seen).toEqual([['text', ['c', 'link']], 1, names, 0o100, 'more']);
  });

  it('that cannot be stored are none of them there, and whoever gathers hears why', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('no room');
      await promises.writeFile('/a', 'before');
      lightning.refuse((value) => value instanceof Uint8Array && value.length === 5000);
      const gather = (goOn: () => Promise<unknown>) =>
        promises
          .gather(async (together) => {
            await together.writeFile('/a', 'after');
            await together.writeFile('/large', new Uint8Array(5000));
            await goOn();
          })
          .then(() => 'done', lightning.codeOf);
      const later = () => new Promise((resolve) => setTimeout(resolve, 100));
      const codes = [
        await gather(() => Promise.resolve()),
        // What comes after it was not stored is not done, and what it fails with says less.
        await gather(async () => {
          await later();
          throw new Error('another');
        }),
        await gather(later),
      ];
      lightning.refuse(undefined);
      const left = [await promises.readdir('/'), await promises.readFile('/a', 'utf8')];
      await promises.gather((together) => together.writeFile('/b', 'b'));
      return [codes, left, await lightning.create('no room').promises.readdir('/')];
    });
    const quota = ['QUOTA', 'QUOTA', 'QUOTA'];
    expect(seen).toEqual([quota, [['a'], 'before'], ['a', 'b']]);
  });

  it('are stored as far as they were made where something else fails', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('failed');
      const code = await promises
        .gather(async (together) => {
          await together.writeFile('/a', 'a');
          await together.readFile('/none');
        })
        .then(() => 'done', lightning.codeOf);
      return [code, await lightning.create('failed').promises.readdir('/')];
    });
    expect(seen).toEqual(['ENOENT', ['a']]);
  });

  it('are stored while it is waited for something, and others have their turn', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const [one, other] = [lightning.create('waits').promises, lightning.create('waits').promises];
      return one.gather(async (together) => {
        await together.writeFile('/a', 'a');
        await other.writeFile('/b', 'b');
        return together.readdir('/');
      });
    });
    expect(seen).toEqual(['a', 'b']);
  });
});

describe.skipIf(!browserAvailable)('a small file', () => {
  it('is read once, and anew when anybody has written it', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const [one, other] = [lightning.create('small').promises, lightning.create('small').promises];
      await one.writeFile('/a', 'first');
      const read = () => one.readFile('/a', 'utf8');
      const counted = lightning.countTransactions();
      const texts = [await read(), await read(), await read()];
      const { readonly: reads } = counted();
      // The caller's bytes are its own.
      (await one.readFile('/a')).fill(0);
      texts.push(await read());
      await other.writeFile('/a', 'other');
      texts.push(await read());
      await one.writeFile('/a', 'own');
      texts.push(await read());
      await one.unlink('/a');
      await one.writeFile('/a', 'new');
      texts.push(await read());
      const file = await one.open('/a', 'r+');
      await file.write(new TextEncoder().encode('open'), 0, 4, 0);
      await file.close();
      texts.push(await read());
      await other.rename('/a', '/b');
      texts.push(await one.readFile('/b', 'utf8'), await read().catch(lightning.codeOf));
      return [texts, reads];
    });
    const texts = ['first', 'first', 'first', 'first', 'other', 'own', 'new', 'open'];
    expect(seen).toEqual([[...texts, 'open', 'ENOENT'], 1]);
  });

  long('is kept as long as there are not too many of them', async () => {
    const page = await ground.openPage();
    const seen = await page.evaluate(async () => {
      const { promises } = lightning.create('many small');
      const paths = Array.from({ length: 200 }, (_, at) => `/${at}`);
      const textOf = (path: string): string => `${path} `.repeat(1000);
      for (const path of paths) await promises.writeFile(path, textOf(path));
      const readAll = async (chosen: readonly string[]): Promise<[boolean, number]> => {
        const counted = lightning.countTransactions();
        let isRight = true;
        for (const path of chosen)
          isRight &&= (await promises.readFile(path, 'utf8')) === textOf(path);
        return [isRight, counted().readonly];
      };
      const all = await readAll(paths);
      return [all, await readAll(paths.slice(-20)), await readAll(paths.slice(0, 20))];
    });
    expect(seen).toEqual([
      [true, 200],
      [true, 0],
      [true, 20],
    ]);
  });
});
