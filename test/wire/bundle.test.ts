/** Headers of bundles, held against native git's, and lists of bundles. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerLimits } from '../../src/wire/answer-limits.js';
import { BundleHeaderParser, isBundle, type BundleStart } from '../../src/wire/bundle-header.js';
import { parseBundleList } from '../../src/wire/bundle-list.js';
import { git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

const one = '1'.repeat(40);
const two = '2'.repeat(40);
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Gives it the bytes in pieces. */
function parse(bytes: Uint8Array, size = bytes.length): BundleStart | undefined {
  const parser = new BundleHeaderParser();
  for (let at = 0; at < bytes.length; at += size) {
    const start = parser.push(bytes.subarray(at, at + size));
    if (start === undefined) continue;
    const rest = [...start.rest, ...bytes.subarray(at + size)];
    return { header: start.header, rest: Uint8Array.from(rest) };
  }
  return undefined;
}

describe('the header of a bundle', () => {
  const text = `# v3 git bundle\n@object-format=sha1\n@filter=blob:none\n-${one} Why not\n-${two}\n${one} refs/heads/größe\n${two} HEAD\n\nPACK\n\n`;

  it('is read wherever it is split', () => {
    const bytes = bytesOf(text);
    for (let size = 1; size <= bytes.length; size += 1) {
      const { header, rest } = parse(bytes, size) ?? {};
      expect(header).toEqual({
        version: 3,
        filter: 'blob:none',
        prerequisites: [one, two],
        refs: new Map([
          ['refs/heads/größe', one],
          ['HEAD', two],
        ]),
      });
      expect(rest).toEqual(bytesOf('PACK\n\n'));
    }
  });

  it.each([
    ['2', ['main', '^main~2', 'v1.0']],
    ['3', ['--all']],
    ['3', ['--filter=blob:none', 'main', 'HEAD']],
  ])('of version %s is read as git has it: %j', async (version, args) => {
    const directory = await temporaryDirectory();
    const bare = join(directory, 'site.git');
    await makeRepository(bare, { commits: 6, files: 2 });
    const file = join(directory, 'some.bundle');
    const how = ['bundle', 'create', '-q', `--version=${version}`];
    await git([...how, file, ...args], { cwd: bare });
    const bytes = await readFile(file);
    expect(isBundle(bytes)).toBe(true);
    const { header, rest } = parse(bytes, 50) ?? {};
    expect(header?.version).toBe(Number(version));
    const heads = (await git(['bundle', 'list-heads', file], { cwd: bare })).trim().split('\n');
    expect(Array.from(header?.refs ?? [], ([name, oid]) => `${oid} ${name}`)).toEqual(heads);
    const prerequisites = args.includes('^main~2')
      ? [(await git(['rev-parse', 'main~2'], { cwd: bare })).trim()]
      : [];
    // There may be more of them, since history has branches.
    expect(header?.prerequisites).toEqual(expect.arrayContaining(prerequisites));
    expect(new TextDecoder().decode(rest?.subarray(0, 4))).toBe('PACK');
  });

  it.each<[string, string, string]>([
    ['of a later version', '# v4 git bundle\n', 'MALFORMED_ADVERTISEMENT'],
    ['of something else', 'PACK\n', 'MALFORMED_ADVERTISEMENT'],
    ['with CRLF', '# v2 git bundle\r\n', 'MALFORMED_ADVERTISEMENT'],
    ['with a capability in version 2', '# v2 git bundle\n@filter=a\n', 'MALFORMED_ADVERTISEMENT'],
    ['with an unknown capability', '# v3 git bundle\n@new\n', 'MALFORMED_ADVERTISEMENT'],
    ['of sha256', '# v3 git bundle\n@object-format=sha256\n', 'UNSUPPORTED_OBJECT_FORMAT'],
    ['with a short oid', '# v2 git bundle\n1234 refs/heads/a\n', 'MALFORMED_ADVERTISEMENT'],
    ['without a name', `# v2 git bundle\n${one}\n`, 'MALFORMED_ADVERTISEMENT'],
    [
      'with two of a name',
      `# v2 git bundle\n${one} HEAD\n${two} HEAD\n`,
      'MALFORMED_ADVERTISEMENT',
    ],
    ['with a file for a ref', `# v2 git bundle\n${one} config\n`, 'INVALID_REF_NAME'],
    ['with a ref that leads up', `# v2 git bundle\n${one} refs/../x\n`, 'INVALID_REF_NAME'],
  ])('%s is refused', (_, header, code) => {
    expect(() => parse(bytesOf(header))).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('that ends early is none', () => {
    const parser = new BundleHeaderParser();
    expect(parser.push(bytesOf(`# v2 git bundle\n${one} HEAD\n`))).toBeUndefined();
    expect(() => parser.end()).toThrow('ends before its pack begins');
  });

  it('is bounded, in lines or in one', () => {
    for (const line of [`-${one} ${'x'.repeat(1_000)}\n`, 'x'.repeat(1_000)]) {
      const parser = new BundleHeaderParser();
      parser.push(bytesOf(`# v2 git bundle\n-${one} `));
      const part = bytesOf(line === line.trim() ? line : `\n${line.trim()}`);
      const fill = (): void => {
        for (let at = 0; at <= answerLimits.bundleHeaderBytes; at += part.length) parser.push(part);
      };
      expect(fill).toThrow('bundleHeaderBytes');
    }
  });

  it.each(['', '# v2 git bundle', '# v2 git bundlé\n', '# comment\n[bundle]\n'])(
    'is not what begins with %j',
    (start) => {
      expect(isBundle(bytesOf(start))).toBe(false);
    },
  );
});

describe('a list of bundles', () => {
  it('is read as git reads it', () => {
    const text =
      '# Made by hand\n[bundle]\n\tversion = 1\n\tmode = all\n\theuristic = creationToken\n' +
      '[bundle "2024"]\n\turi = 2024.bundle\n\tcreationToken = 20240101\n\tlocation = here\n' +
      '[bundle "now.x"]\n\turi = "https://cdn.example/now.bundle?a=b#c"\n\tcreationtoken = 18446744073709551615\n[core]\n\tbare\n';
    expect(parseBundleList(text)).toEqual({
      mode: 'all',
      isOrdered: true,
      bundles: [
        { id: '2024', uri: '2024.bundle', creationToken: 20240101n },
        {
          id: 'now.x',
          uri: 'https://cdn.example/now.bundle?a=b#c',
          creationToken: 18446744073709551615n,
        },
      ],
    });
  });

  const head = '[bundle]\nversion = 1\nmode = any\n';

  it.each<[string, string]>([
    ['one has no token', `${head}heuristic = creationToken\n[bundle "a"]\nuri = x\n`],
    ['nobody says how', `${head}[bundle "a"]\nuri = x\ncreationToken = 1\n`],
    ['it is said in a way that is not known', `${head}heuristic = new\n[bundle "a"]\nuri = x\n`],
  ])('has no order where %s', (_, text) => {
    expect(parseBundleList(text)).toMatchObject({ mode: 'any', isOrdered: false });
  });

  it.each<[string, string, string]>([
    ['is a page', '<!doctype html>', 'MALFORMED_ADVERTISEMENT'],
    ['is empty', '', 'MALFORMED_ADVERTISEMENT'],
    ['has no mode', '[bundle]\nversion = 1\n', 'MALFORMED_ADVERTISEMENT'],
    ['has another mode', '[bundle]\nversion = 1\nmode = some\n', 'MALFORMED_ADVERTISEMENT'],
    ['is of a later version', '[bundle]\nversion = 2\nmode = all\n', 'MALFORMED_ADVERTISEMENT'],
    ['has two places', `${head}[bundle "a"]\nuri = x\nuri = y\n`, 'MALFORMED_ADVERTISEMENT'],
    [
      'is too long',
      head +
        Array.from(
          { length: answerLimits.bundles + 1 },
          (_, at) => `[bundle "${at}"]\nuri = x\n`,
        ).join(''),
      'ANSWER_LIMIT',
    ],
  ])('that %s is refused', (_, text, code) => {
    expect(() => parseBundleList(text)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
