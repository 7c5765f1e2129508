/**
 * Numbers of docs/storage.md, worker.md, element.md and gateway.md that stand in code, as
 * numbers.test.ts holds those of the other pages.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  refusalOf,
  refusalOfFailure,
  notGit,
  type Answer,
} from '../../server/backend/upstream/answers.js';
import { mostRedirects } from '../../server/backend/upstream/smart-http.js';
import { died } from '../../src/wire/stateless/conversation.js';
import { fullBytes, largestWhole, pieceSize } from '../../src/storage/lightning/batch.js';
import { remembered } from '../../src/storage/lightning/commit.js';
import { defaultLockTimeout, leaseTime } from '../../src/storage/lightning/lock.js';
import { blockSize } from '../../src/storage/lightning/tree.js';
import { idleTime } from '../../src/storage/lightning/lock-turns.js';
import { defaultStartTimeout } from '../../src/worker/meet-worker.js';
import { closeTime } from '../../src/worker/workers.js';
import { root } from './consumer.js';

const KiB = 1024;
const MiB = 1024 ** 2;
const seconds = (ms: number): string => `${ms / 1_000}`;
const minutes = (ms: number): string => `${ms / 60_000} minutes`;
const page = (name: string): Promise<string> => readFile(join(root, `docs/${name}.md`), 'utf8');

const lightning = createRequire(import.meta.url)('@isomorphic-git/lightning-fs/package.json') as {
  version: string;
};

describe('a sentence with a number of the code', () => {
  it.each<[document: string, sentence: string, times?: number]>([
    ['storage', `contents of a file of up to ${largestWhole / MiB} MiB`],
    ['storage', `| ${pieceSize / KiB} KiB of a larger file`],
    ['storage', `inode divided by ${blockSize} |`],
    ['storage', `permissions and times of ${blockSize} inodes`],
    ['storage', `stores those of the ${blockSize} inodes around it`],
    ['storage', `which nodes the last ${remembered} transactions changed`],
    ['storage', `in transactions of about ${fullBytes / MiB} MiB`],
    ['storage', `It is given up ${idleTime} ms after the last call`],
    ['storage', `\`lockTimeout\` (default ${minutes(defaultLockTimeout)})`],
    ['storage', `a lease in the database that lasts ${seconds(leaseTime)} s`],
    ['storage', `${lightning.version.split('.').slice(0, 2).join('.')} is what the tests run`],
    ['worker', `| \`startTimeout\` | ${defaultStartTimeout.toLocaleString('en')} |`],
    ['worker', `| \`lockTimeout\` | ${minutes(defaultLockTimeout)} |`],
    ['worker', `and is cut off after ${seconds(closeTime)} s.`],
    ['gateway', `At most ${mostRedirects} redirects are followed`],
    ['gateway', `as git's own end would: exit code ${died},`],
  ])('says what the code says: docs/%s.md: %s', async (document, sentence, times = 1) => {
    expect((await page(document)).split(sentence).length - 1, sentence).toBe(times);
  });
});

describe('docs/gateway.md', () => {
  /** @returns the close code for an upstream's answer. */
  async function closeCodeOf(statusCode: number): Promise<number> {
    const answer = { statusCode, headers: {}, body: Readable.from([]) } as unknown as Answer;
    return (await refusalOf('git.example', answer, undefined)).code;
  }

  it('has the close code of each answer of an upstream', async () => {
    const [, list = ''] =
      /becomes a close code: (.*?) What goes wrong/.exec(await page('gateway')) ?? [];
    const said = new Map<string, number>();
    const parts = /([^,]+?)(?:, a page for people among it,)? (4\d{3})(?:, |\.)/g;
    for (const [, which = '', code] of list.matchAll(parts)) {
      for (const one of which.split(' and ')) said.set(one, Number(code));
    }
    const expected = new Map<string, number>([
      ...(await Promise.all(
        ['401', '403', '404', '410', '429'].map(
          async (status) => [status, await closeCodeOf(Number(status))] as const,
        ),
      )),
      ['5xx', await closeCodeOf(502)],
      ['no answer', refusalOfFailure('git.example', new Error('no answer')).code],
      ['all else', notGit('git.example').code],
    ]);
    expect(said).toEqual(expected);
    // No other status is one of those.
    for (let status = 300; status < 600; status += 1) {
      const code = expected.get(status >= 500 ? '5xx' : `${status}`) ?? expected.get('all else');
      expect(await closeCodeOf(status), `${status}`).toBe(code);
    }
  });
});

describe('docs/element.md', () => {
  it('has the sizes of the scripts, within 1 KB', async () => {
    const text = await page('element');
    const [, ...told] =
      /The script is (\d+) KB with gzip; with git and Markdown, all that shows a README, (\d+) KB, and the worker's script (\d+) KB, which the browser keeps\. Highlighting is (\d+) KB more/.exec(
        text,
      ) ?? [];
    const hashes = JSON.parse(
      await readFile(join(root, 'dist/gitws-element.integrity.json'), 'utf8'),
    ) as Record<string, string>;
    const file = (part: string): string =>
      Object.keys(hashes).find((name) => name.includes(`/${part}-`)) ?? part;
    const sizeOf = async (name: string): Promise<number> =>
      gzipSync(await readFile(join(root, 'dist', name)), { level: 9 }).length / 1000;
    const first = await sizeOf('gitws-element.min.js');
    const sizes = [
      first,
      first + (await sizeOf(file('untrusted'))) + (await sizeOf(file('git'))),
      await sizeOf('worker/script.js'),
      await sizeOf(file('highlight')),
    ];
    expect(told).toHaveLength(sizes.length);
    for (const [at, size] of sizes.entries()) {
      expect(Math.abs(size - Number(told[at])), `${told[at]} KB are ${size} KB`).toBeLessThan(1);
    }
  });
});
