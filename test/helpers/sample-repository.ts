/**
 * Sample repositories with the shape of real ones, made from a seed: the same options give the
 * same object ids on every machine. One `git fast-import` makes thousands of commits in about a
 * second, where one git process a commit would take minutes.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyOfKept } from './kept.js';
import { git } from './run-git.js';
import { seededRandom, type Random } from './random.js';

/** How large a sample repository is, and what is in it. */
export interface SampleOptions {
  /** Commits on main, the merge's side line not counted. Default 60; 800 give > 5,000 objects. */
  readonly commits?: number;
  /** Files that evolve, in folders; one in ten is binary. Default 40. */
  readonly files?: number;
  /** Another seed, another history. Default 1. */
  readonly seed?: number;
  /** Branches beside main, each with commits of its own. Default `['topic', 'release/1.0']`. */
  readonly branches?: readonly string[];
  /**
   * Whether to tag: `v1.0`, annotated, on a commit in the middle of main, which is no branch's
   * tip; `checkpoint`, lightweight, a little later. Default true.
   */
  readonly tags?: boolean;
  /** Blobs of random bytes that no compression shrinks, in `media/` from the second commit on. */
  readonly bigBlobs?: { readonly count: number; readonly bytes: number };
  readonly objectFormat?: 'sha1' | 'sha256';
}

/** When the first commit was made, in seconds of the epoch; each later one an hour after. */
export const firstCommitTime = 1704067200; // 2024-01-01T00:00:00Z

const folders = ['', 'docs', 'src', 'src/lib', 'src/lib/deep/er', 'with space', 'größe', 'assets'];
const words = `pack delta index tree blob commit ref object branch merge remote fetch push clone
  want have done shallow band window credit stream socket frame page worker thread byte table
  entry offset length header trailer checksum zlib inflate base chain root fan out lookup`.split(
  /\s+/,
);
const authors = [
  'Ada Example <ada@example.com>',
  'Zoë Müller <zoe@example.com>',
  '李 雷 <li@example.com>',
];

interface File {
  readonly path: string;
  readonly binary: boolean;
  lines: string[];
}

/**
 * Makes a bare repository: text files that evolve by small edits, some binary files, names with
 * spaces and non-ASCII letters, a symbolic link, an executable, one merge commit, branches, tags.
 *
 * @param directory path of the bare repository to make; it and its parents need not exist.
 * @returns its path, and the oid of main's tip.
 */
export async function makeRepository(
  directory: string,
  options: SampleOptions = {},
): Promise<{ gitDir: string; head: string }> {
  const hash = createHash('sha256').update(JSON.stringify(options)).digest('hex');
  await copyOfKept(`sample-${hash.slice(0, 16)}`, directory, async (place) => {
    const { head } = await make(place, options);
    await writeFile(join(place, headFile), head);
  });
  const file = join(directory, headFile);
  const head = await readFile(file, 'utf8');
  await rm(file);
  return { gitDir: directory, head };
}

const headFile = 'sample-head';

async function make(
  directory: string,
  options: SampleOptions,
): Promise<{ gitDir: string; head: string }> {
  const { objectFormat = 'sha1' } = options;
  await git(['init', '-q', '--bare', `--object-format=${objectFormat}`, directory]);
  const at = (...args: string[]): string[] => [`--git-dir=${directory}`, ...args];
  await git(
    at(
      // Level 1 is five times as fast as the default, and no test asks how small the pack is.
      ...['-c', 'pack.compression=1', '-c', 'core.bigFileThreshold=1m'],
      ...['-c', 'fastimport.unpackLimit=0', 'fast-import', '--quiet', '--done'],
    ),
    { input: new HistoryWriter(options).write() },
  );
  // fast-import deltifies each blob against the one before it only, which is no history's way.
  if (options.bigBlobs === undefined) await git(at('repack', '-a', '-d', '-q'));
  const head = await git(at('rev-parse', 'refs/heads/main'));
  return { gitDir: directory, head };
}

/** Writes one fast-import stream (git-fast-import(1), "Input Format"). */
class HistoryWriter {
  readonly #stream: Uint8Array[] = [];
  readonly #random: Random;
  readonly #options: SampleOptions;
  readonly #files: File[];
  #mark = 0;
  #time = firstCommitTime;

  constructor(options: SampleOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
    this.#files = Array.from({ length: options.files ?? 40 }, (_, index) => this.#newFile(index));
  }

  write(): Uint8Array {
    const { commits = 60, branches = ['topic', 'release/1.0'], tags = true } = this.#options;
    const main: number[] = [this.#firstCommit()];
    const forkAt = Math.floor(commits / 3);
    const mergeAt = Math.floor((commits * 2) / 3);
    let side: number | undefined;
    for (let number = 1; number < commits; number += 1) {
      if (number === 1 && this.#options.bigBlobs !== undefined) {
        main.push(this.#bigBlobs(last(main), this.#options.bigBlobs));
      } else if (number === mergeAt && side !== undefined) {
        main.push(this.#commit('refs/heads/main', 'Merge the side line', last(main), 1, side));
      } else {
        main.push(this.#commit('refs/heads/main', `Change ${number}`, last(main)));
      }
      if (number === forkAt) side = this.#sideLine(last(main));
    }
    branches.forEach((branch, index) => {
      const from = main[Math.floor((commits * (index + 1)) / (branches.length + 1))] ?? last(main);
      let tip = from;
      for (let number = 0; number < 3; number += 1) {
        tip = this.#commit(`refs/heads/${branch}`, `Change ${number} of ${branch}`, tip);
      }
    });
    if (tags) {
      this.#annotatedTag('v1.0', main[Math.floor(commits / 2)] ?? last(main));
      const checkpoint = main[Math.floor((commits * 3) / 5)] ?? last(main);
      this.#text(`reset refs/tags/checkpoint\nfrom :${checkpoint}\n\n`);
    }
    this.#text('done\n');
    return Buffer.concat(this.#stream);
  }

  #firstCommit(): number {
    const mark = this.#header('refs/heads/main', 'First commit: ünïcode and all');
    for (const file of this.#files) this.#modify('100644', file.path, this.#content(file));
    this.#modify('100755', 'bin/run me.sh', '#!/bin/sh\necho "it runs"\n');
    this.#modify('120000', 'latest', 'docs');
    this.#modify('100644', 'empty', '');
    return mark;
  }

  #commit(ref: string, message: string, parent: number, edits = 2, merged?: number): number {
    const mark = this.#header(ref, message, parent, merged);
    for (let count = 0; count < edits; count += 1) {
      const file = this.#random.pick(this.#files);
      this.#edit(file);
      this.#modify('100644', file.path, this.#content(file));
    }
    return mark;
  }

  // fast-import writes commits on a ref only; the null oid takes the ref away again.
  #sideLine(from: number): number {
    const ref = 'refs/heads/side-line';
    let tip = from;
    for (let number = 0; number < 3; number += 1) {
      const mark = this.#header(ref, `Side line ${number}`, tip);
      this.#modify('100644', `side/line ${number}.txt`, this.#line());
      tip = mark;
    }
    this.#text(
      `reset ${ref}\nfrom ${'0'.repeat(this.#options.objectFormat === 'sha256' ? 64 : 40)}\n\n`,
    );
    return tip;
  }

  #bigBlobs(parent: number, { count, bytes }: { count: number; bytes: number }): number {
    const mark = this.#header('refs/heads/main', 'Add media', parent);
    for (let number = 0; number < count; number += 1) {
      this.#modify('100644', `media/clip ${number}.bin`, this.#random.bytes(bytes));
    }
    return mark;
  }

  #annotatedTag(name: string, target: number): void {
    this.#text(`tag ${name}\nfrom :${target}\n`);
    this.#text(`tagger Ada Example <ada@example.com> ${this.#time} +0000\n`);
    this.#data(`Release ${name}\n\nWith a body.\n`);
  }

  #header(ref: string, message: string, parent?: number, merged?: number): number {
    this.#mark += 1;
    const who = `${this.#random.pick(authors)} ${this.#time} +0200`;
    this.#time += 3600;
    this.#text(`commit ${ref}\nmark :${this.#mark}\nauthor ${who}\ncommitter ${who}\n`);
    this.#data(`${message}\n`);
    if (parent !== undefined) this.#text(`from :${parent}\n`);
    if (merged !== undefined) this.#text(`merge :${merged}\n`);
    return this.#mark;
  }

  #modify(mode: string, path: string, content: string | Uint8Array): void {
    this.#text(`M ${mode} inline ${path}\n`);
    this.#data(content);
  }

  #data(content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    this.#text(`data ${bytes.length}\n`);
    this.#stream.push(bytes);
    this.#text('\n');
  }

  #text(text: string): void {
    this.#stream.push(Buffer.from(text));
  }

  #newFile(index: number): File {
    const folder = folders[index % folders.length] ?? '';
    const binary = index % 10 === 9;
    const stem = index % 7 === 3 ? `größte Datei ${index}` : `file-${index}`;
    const path = `${folder === '' ? '' : `${folder}/`}${stem}.${binary ? 'bin' : 'txt'}`;
    const lines = Array.from({ length: 20 + this.#random.below(80) }, () => this.#line());
    return { path, binary, lines };
  }

  #edit(file: File): void {
    const position = this.#random.below(file.lines.length);
    const replaced = this.#random.below(3) === 0 ? 0 : 1;
    file.lines.splice(position, replaced, this.#line());
  }

  #content(file: File): string | Uint8Array {
    if (file.binary) return this.#random.bytes(500 + this.#random.below(4000));
    return file.lines.join('');
  }

  #line(): string {
    const count = 4 + this.#random.below(9);
    return `${Array.from({ length: count }, () => this.#random.pick(words)).join(' ')}\n`;
  }
}

function last(marks: readonly number[]): number {
  const mark = marks.at(-1);
  if (mark === undefined) throw new Error('there is no commit yet');
  return mark;
}
