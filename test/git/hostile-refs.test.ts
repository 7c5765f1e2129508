/** What a hostile server may advertise: every command of gitws/git refuses it, and nothing has changed. */
import * as fs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePktLine, flushPkt } from '../../src/wire/pkt-line.js';
import git from '../../src/git/index.js';
import { git as realGit, gitStatus } from '../helpers/git.js';
import { readCorpus } from '../corpus/corpus.js';
import { advertisement, oidOf } from '../isomorphic/smart-bytes.js';
import {
  advertises,
  advertisesBranch,
  answer,
  blob,
  commit,
  packOf,
  tree,
} from './hostile-objects.js';
import { commandNames, Scene } from './hostile.js';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.make();
});

const oid = oidOf('1');
const file = blob('file');
const root = tree(['100644', 'file.txt', file.oid]);
const main = commit(root.oid);
const sound = answer(packOf([main, root, file]));

/** An advertisement as its lines, capabilities behind the first one. */
const lines = (...all: readonly string[]): Uint8Array =>
  Buffer.concat([
    ...all.map((line, at) => encodePktLine(at === 0 ? `${line}\0report-status\n` : `${line}\n`)),
    flushPkt,
  ]);

const names = readCorpus<string, string>('ref-names');

describe('a name that no ref may have', () => {
  it.each(names)(
    'is refused by every command: $name, $input',
    async ({ input: name, expected }) => {
      scene.script = { advertisement: lines(`${oid} refs/heads/main`, `${oid} ${name}`) };
      for (const command of commandNames) await scene.expectRefused(command, [expected]);
    },
  );

  it('is one that git does not take either, or lies outside refs/', async () => {
    for (const { input: name } of names) {
      const { code } = await gitStatus(['check-ref-format', name]);
      expect(code !== 0 || !name.startsWith('refs/'), name).toBe(true);
    }
  });
});

describe('a symref that leads astray', () => {
  it.each([
    ...['HEAD:../../config', 'HEAD:refs/heads/../../x', 'HEAD:config', 'HEAD:refs/heads/a.lock'],
    ...['../HEAD:refs/heads/main', 'HEAD:', ':refs/heads/main', 'HEAD:refs/heads/a\u001b[2J'],
  ])('is refused by every command: %j', async (symref) => {
    const first = { HEAD: oid, 'refs/heads/main': oid };
    scene.script = { advertisement: advertisement(first, `side-band-64k symref=${symref}`) };
    for (const command of commandNames) await scene.expectRefused(command, ['INVALID_REF_NAME']);
  });
});

describe('an advertisement that is none', () => {
  it.each<[string, Uint8Array, string]>([
    [
      'a ref of zeros',
      lines(`${oid} HEAD`, `${oidOf('0')} refs/heads/a`),
      'MALFORMED_ADVERTISEMENT',
    ],
    ['a HEAD of zeros', lines(`${oidOf('0')} HEAD`), 'MALFORMED_ADVERTISEMENT'],
    [
      'a peeled oid without its tag',
      lines(`${oid} HEAD`, `${oid} refs/tags/a^{}`),
      'MALFORMED_ADVERTISEMENT',
    ],
    ['a peeled oid first of all', lines(`${oid} refs/tags/a^{}`), 'MALFORMED_ADVERTISEMENT'],
    [
      'one ref as two objects',
      lines(`${oid} refs/heads/a`, `${oidOf('2')} refs/heads/b`, `${oidOf('3')} refs/heads/a`),
      'MALFORMED_ADVERTISEMENT',
    ],
    [
      'one ref as two objects, HEAD',
      lines(`${oid} HEAD`, `${oidOf('2')} HEAD`),
      'MALFORMED_ADVERTISEMENT',
    ],
    ['an oid that is none', lines(`${'g'.repeat(40)} HEAD`), 'MALFORMED_ADVERTISEMENT'],
    [
      'a shallow line that is none',
      lines(`${oid} HEAD`, 'shallow ../..'),
      'MALFORMED_ADVERTISEMENT',
    ],
    ['a line longer than any', Buffer.from('fffffffffffff'), 'MALFORMED_PKT_LINE'],
    ['HTML', Buffer.from('<!doctype html><p>Sign in'), 'MALFORMED_PKT_LINE'],
    ['nothing', new Uint8Array(0), 'MALFORMED_ADVERTISEMENT'],
    ['a cut', lines(`${oid} HEAD`).subarray(0, -4), 'MALFORMED_ADVERTISEMENT'],
  ])('is refused by every command: %s', async (_, bytes, code) => {
    scene.script = { advertisement: bytes, isOver: true };
    for (const command of commandNames) await scene.expectRefused(command, [code]);
  });

  it('is one of protocol version 2 that nobody asked for', async () => {
    const bytes = Buffer.concat(
      ['version 2\n', 'ls-refs=unborn\n', 'fetch=shallow\n'].map((line) => encodePktLine(line)),
    );
    scene.script = { advertisement: Buffer.concat([bytes, flushPkt]) };
    for (const command of ['clone', 'fetch', 'pull', 'push'] as const) {
      await scene.expectRefused(command, ['MALFORMED_ADVERTISEMENT']);
    }
  });
});

describe('refs of which none can be beside the other', () => {
  it.each([
    ['main', 'main/x'],
    ['a', 'a/b/c'],
    ['a/b/c', 'a/b'],
  ])('are refused, and nothing is left of them: %s and %s', async (one, other) => {
    const bytes = advertises(main.oid, {
      [`refs/heads/${one}`]: main.oid,
      [`refs/heads/${other}`]: main.oid,
    });
    scene.script = { advertisement: bytes, answer: sound };
    for (const command of ['clone', 'fetch', 'pull'] as const) {
      await scene.expectRefused(command, ['REF_CONFLICT']);
    }
  });
});

describe('a list of protocol version 2', () => {
  it.each([
    [`${oid} refs/heads/../../config`, 'INVALID_REF_NAME'],
    [`${oid} refs/heads/a.lock`, 'INVALID_REF_NAME'],
    [`${oid} HEAD symref-target:../../config`, 'INVALID_REF_NAME'],
    [`unborn HEAD symref-target:refs/heads/../x`, 'INVALID_REF_NAME'],
    [`${oid} refs/tags/a peeled:../x`, 'MALFORMED_ADVERTISEMENT'],
    [`nothing refs/heads/a`, 'MALFORMED_ADVERTISEMENT'],
  ])('is refused: %s', async (line, code) => {
    const first = ['version 2\n', 'ls-refs=unborn\n'].map((text) => encodePktLine(text));
    scene.script = {
      advertisement: Buffer.concat([...first, flushPkt]),
      answer: Buffer.concat([encodePktLine(`${line}\n`), flushPkt]),
    };
    await scene.expectRefused('listServerRefs', [code], { protocolVersion: 2 });
  });
});

describe('a branch whose name has a setting in it', () => {
  const cases = readCorpus<string, string>('branch-names');

  it.each(cases)('is a name alone, to us and to git: $name, $input', async ({ input: name }) => {
    const own = await Scene.make();
    const { dir, place } = own;
    const other = `refs/heads/${name}-2`;
    const bytes = advertisesBranch(main.oid, `refs/heads/${name}`, { [other]: main.oid });
    own.script = { advertisement: bytes, answer: sound };
    await own.run('clone');
    await git.checkout({ fs, dir, ref: `${name}-2` });
    const settings = await realGit(['config', '--local', '--list'], { cwd: dir });
    const lines = settings.split('\n').filter((line) => line.startsWith('branch.'));
    expect(lines.sort()).toEqual(
      ['', '-2']
        .flatMap((end) => [
          `branch.${name}${end}.merge=refs/heads/${name}${end}`,
          `branch.${name}${end}.remote=origin`,
        ])
        .sort(),
    );
    // It is found again under its name.
    expect(await git.fetch({ fs, dir })).toMatchObject({
      fetchHeadDescription: `branch '${name}-2' of ${own.url.replace(/\.git$/, '')}`,
    });
    expect((await readdir(place)).sort()).toEqual(['beside.txt', 'clone', 'repo']);
  });
});
