/** What a hostile server may answer to a fetch: refused, and refs, configuration and files are as they were. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodePktLine } from '../../src/wire/pkt-line.js';
import { git as realGit } from '../helpers/git.js';
import { band, oidOf } from '../isomorphic/smart-bytes.js';
import {
  advertises,
  answer,
  blob,
  commit,
  packOf,
  tag,
  tree,
  type Made,
} from './hostile-objects.js';
import { Scene, type CommandName } from './hostile.js';

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.make();
});

const file = blob('file');
const root = tree(['100644', 'file.txt', file.oid]);
const main = commit(root.oid);
const all = [main, root, file];
const other = commit(tree().oid);
const fetching: readonly CommandName[] = ['clone', 'fetch', 'pull'];

async function expectRefused(bytes: Uint8Array, codes: readonly string[]): Promise<void> {
  scene.script = { advertisement: advertises(main.oid), answer: bytes };
  for (const command of fetching) await scene.expectRefused(command, codes);
}

describe('a pack', () => {
  it.each<[string, Uint8Array, string]>([
    ['without the commit that was asked for', answer(packOf([root, file])), 'MISSING_OBJECTS'],
    ['without the tree of the commit', answer(packOf([main, file])), 'MISSING_OBJECTS'],
    ['of another repository', answer(packOf([other, tree()])), 'MISSING_OBJECTS'],
    ['without any objects', answer(packOf([])), 'MISSING_OBJECTS'],
    ['that says that it has more objects', answer(packOf(all, 4)), 'PACK_LIMIT'],
    ['that says that it has fewer objects', answer(packOf(all, 2)), 'CORRUPT_PACK'],
    ['that says that it has four billion', answer(packOf(all, 2 ** 32 - 1)), 'PACK_LIMIT'],
    [
      'with another checksum',
      answer(Buffer.concat([packOf(all).subarray(0, -1), Buffer.from('x')])),
      'CORRUPT_PACK',
    ],
    ['that is cut', answer(packOf(all).subarray(0, -30)), 'CORRUPT_PACK'],
    [
      'with something behind it',
      answer(Buffer.concat([packOf(all), Buffer.from('more')])),
      'CORRUPT_PACK',
    ],
    ['that never comes', answer(new Uint8Array(0)), 'MALFORMED_PKT_LINE'],
    [
      'that ends with an error',
      Buffer.concat([answer(packOf(all)).subarray(0, -4), band(3, 'out of luck')]),
      'REMOTE_ERROR',
    ],
    [
      'in a band that is none',
      Buffer.concat([encodePktLine('NAK\n'), encodePktLine(Buffer.from([7, 1]))]),
      'MALFORMED_PKT_LINE',
    ],
    ['without the end of the side-band', answer(packOf(all)).subarray(0, -4), 'MALFORMED_PKT_LINE'],
  ])('%s is refused', async (_, bytes, code) => {
    await expectRefused(bytes, [code]);
  });
});

describe('a branch that is no commit', () => {
  const cases: [string, Made, readonly Made[]][] = [
    ['a blob', file, [file]],
    ['a tree', root, [root, file]],
    ['a tag of a commit', tag(main), [tag(main), ...all]],
    ['a tag of a blob', tag(file), [tag(file), file]],
  ];
  it.each(cases)('is refused by a clone: %s', async (_, tip, objects) => {
    scene.script = { advertisement: advertises(tip.oid), answer: answer(packOf(objects)) };
    await scene.expectRefused('clone', ['ObjectTypeError']);
  });

  it.each(cases)('does not become one where refs are mirrored: %s', async (_, tip, objects) => {
    const bytes = advertises(main.oid, { 'refs/heads/x': tip.oid });
    scene.script = {
      advertisement: bytes,
      answer: answer(packOf([...new Set([...objects, ...all])])),
    };
    await realGit(['config', 'remote.origin.fetch', '+refs/heads/x:refs/heads/x'], {
      cwd: scene.repo,
    });
    const error = await scene.expectRefusedBut('fetch', ['REF_REJECTED'], ['repo/.git/FETCH_HEAD']);
    expect(error.data).toEqual({ rejected: [{ ref: 'refs/heads/x', reason: 'not a commit' }] });
  });

  it('is what a chain of a hundred tags is, however long it takes to say so', async () => {
    const tags: Made[] = [main];
    for (let at = 0; at < 100; at += 1) tags.push(tag(tags.at(-1) ?? main));
    const tip = tags.at(-1) ?? main;
    scene.script = {
      advertisement: advertises(tip.oid),
      answer: answer(packOf([...tags, root, file])),
    };
    await scene.expectRefused('clone', ['ObjectTypeError']);
  });
});

describe('an answer', () => {
  const deep = { depth: 1 };
  const sound = packOf(all);
  it.each<[string, Uint8Array]>([
    [
      'has a commit in common that was not offered',
      answer(sound, `ACK ${oidOf('7')} common\n`, 'NAK\n'),
    ],
    ['is ready for one that was not offered', answer(sound, `ACK ${oidOf('7')} ready\n`, 'NAK\n')],
    [
      'cuts history off though nobody asked',
      answer(sound, `shallow ${main.oid}\n`, '0000', 'NAK\n'),
    ],
    [
      'joins history though nobody asked',
      answer(sound, `unshallow ${main.oid}\n`, '0000', 'NAK\n'),
    ],
    ['says what is no line of it', answer(sound, 'ACK ../../config\n')],
    ['begins with words that are none', Buffer.from('ffff')],
    ['ends before it begins', new Uint8Array(0)],
  ])('is refused that %s', async (_, bytes) => {
    await expectRefused(bytes, ['MALFORMED_PKT_LINE']);
  });

  it.each<[string, readonly string[], string]>([
    ['at what does not exist', [`shallow ${oidOf('7')}`], 'MISSING_OBJECTS'],
    [
      'at more commits than there are',
      Array.from({ length: 1_000 }, (_one, at) => `shallow ${`${at}`.padStart(40, 'a')}`),
      'MISSING_OBJECTS',
    ],
    ['at a tree', [`shallow ${root.oid}`], 'MISSING_OBJECTS'],
    ['no longer at what was never cut', [`unshallow ${main.oid}`], 'MALFORMED_PKT_LINE'],
  ])('is refused that says history is cut off %s', async (_, lines, code) => {
    const said = [...lines.map((line) => `${line}\n`), '0000', 'NAK\n'];
    scene.script = { advertisement: advertises(main.oid), answer: answer(sound, ...said) };
    for (const command of fetching) await scene.expectRefused(command, [code], deep);
  });

  it('is refused that joins history without its parents', async () => {
    const orphan = commit(root.oid, oidOf('7'));
    const { repo } = scene;
    await realGit(['hash-object', '-t', 'commit', '-w', '--stdin'], {
      cwd: repo,
      input: orphan.content,
    });
    await writeFile(join(repo, '.git', 'shallow'), `${orphan.oid}\n`);
    const said = answer(sound, `unshallow ${orphan.oid}\n`, '0000', 'NAK\n');
    scene.script = { advertisement: advertises(main.oid), answer: said };
    await scene.expectRefused('fetch', ['MISSING_OBJECTS'], { depth: 3 });
  });

  it('may join history with its parents', async () => {
    await writeFile(join(scene.repo, '.git', 'shallow'), `${scene.oids[2]}\n`);
    const said = answer(sound, `unshallow ${scene.oids[2]}\n`, '0000', 'NAK\n');
    scene.script = { advertisement: advertises(main.oid), answer: said };
    await scene.run('fetch', { depth: 3 });
    await expect(readFile(join(scene.repo, '.git', 'shallow'))).rejects.toThrow('ENOENT');
  });
});

describe('a server that says nothing more', () => {
  it.each<[string, Uint8Array, Uint8Array]>([
    ['before its refs', new Uint8Array(0), new Uint8Array(0)],
    ['after its refs', advertises(main.oid), new Uint8Array(0)],
    ['after it was ready', advertises(main.oid), answer(new Uint8Array(0)).subarray(0, 8)],
    ['within the pack', advertises(main.oid), answer(packOf(all)).subarray(0, 40)],
  ])('is left by a signal, and nothing has changed: %s', async (_, advertisement, bytes) => {
    let said = (): void => undefined;
    scene.script = {
      advertisement,
      answer: async (session) => {
        await session.stream([bytes]);
        said();
        await session.closed;
      },
    };
    for (const command of fetching) {
      const controller = new AbortController();
      said = () => {
        controller.abort();
      };
      // Before its refs nothing is asked.
      if (advertisement.length === 0) setTimeout(said, 100);
      await scene.expectRefused(command, ['UserCanceledError'], { signal: controller.signal });
    }
  });
});
