/**
 * The history of a made-up project, as a stream for `git fast-import`: files of very different
 * sizes that evolve by small edits, so that deltas chain as in real histories; some binary files,
 * merges, renames, deletions, annotated tags. The same options give the same object ids anywhere.
 */
import { seededRandom, type Random } from '../test/helpers/random.js';

/** How large a history is. */
export interface HistoryOptions {
  readonly commits: number;
  /** Files at its end, about; half of them are there from the beginning. */
  readonly files: number;
  readonly seed: number;
}

interface File {
  path: string;
  /** Undefined for a binary file, which is replaced as a whole. */
  readonly lines: string[] | undefined;
}

const firstCommitTime = 1_600_000_000;
const authors = ['Ada <ada@example.com>', 'Zoe <zoe@example.com>', 'Lei <lei@example.com>'];
const syllables = 're con tri ble mar sen dal vi po que lu ger fi na to ske ry om pha xi'.split(
  ' ',
);
const punctuation = [' ', ' ', ' ', '.', '(', ', ', ' = ', ') ', ': ', ' => '];
const extensions = ['c', 'h', 'ts', 'md', 'json'];

/** Writes one history, piece by piece: a large one does not fit into memory as a whole. */
export class History {
  readonly #options: HistoryOptions;
  readonly #random: Random;
  readonly #words: string[];
  readonly #folders: string[] = [''];
  readonly #files: File[] = [];
  #named = 0;
  #marks = 0;
  #time = firstCommitTime;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#words = Array.from({ length: 3_000 }, () => this.#word());
    const folders = Math.ceil(options.files / 25);
    while (this.#folders.length < folders) {
      const parent = this.#random.pick(this.#folders);
      const depth = parent.split('/').length;
      if (depth < 3) this.#folders.push(`${parent}${this.#word()}${this.#folders.length}/`);
    }
  }

  /** @returns pieces of one stream; the first commit and a commit each. */
  *pieces(): Generator<Buffer, void, undefined> {
    const { commits, files } = this.#options;
    const first: Uint8Array[] = [];
    this.#commit(first, 'refs/heads/main', []);
    while (this.#files.length < files / 2) this.#add(first);
    yield Buffer.concat(first);
    let tip = this.#marks;
    const tagEvery = Math.max(10, Math.floor(commits / 20));
    for (let number = 1; number < commits; number += 1) {
      const piece: Uint8Array[] = [];
      // One in eight merges a commit made on a line of its own.
      const side = number % 8 === 0 ? this.#sideLine(piece, tip) : [];
      this.#commit(piece, 'refs/heads/main', side.length > 0 ? [tip, this.#marks] : [tip]);
      for (const file of side) this.#write(piece, file);
      if (this.#files.length < files && this.#random.below(commits) < files / 2) this.#add(piece);
      this.#change(piece);
      tip = this.#marks;
      if (number % tagEvery === 0) this.#tag(piece, `v${number / tagEvery}`, tip);
      yield Buffer.concat(piece);
    }
    yield Buffer.from(`reset refs/heads/topic\nfrom :${Math.ceil(tip / 2)}\n\ndone\n`);
  }

  /** @returns the files that it changed: a merge in fast-import begins as its first parent is. */
  #sideLine(piece: Uint8Array[], tip: number): File[] {
    this.#commit(piece, 'refs/heads/side', [tip]);
    const edited = this.#editSome(piece);
    // The ref goes again; the merge keeps the commit.
    text(piece, `reset refs/heads/side\nfrom ${'0'.repeat(40)}\n\n`);
    return edited;
  }

  #commit(piece: Uint8Array[], ref: string, parents: readonly number[]): void {
    this.#marks += 1;
    this.#time += 60 * (1 + this.#random.below(600));
    const who = `${this.#random.pick(authors)} ${this.#time} +0100`;
    text(piece, `commit ${ref}\nmark :${this.#marks}\nauthor ${who}\ncommitter ${who}\n`);
    const body = Array.from({ length: this.#random.below(8) }, () => this.#line()).join('');
    data(piece, Buffer.from(`${this.#line()}\n${body}`));
    parents.forEach((mark, index) => {
      text(piece, `${index === 0 ? 'from' : 'merge'} :${mark}\n`);
    });
  }

  #tag(piece: Uint8Array[], name: string, target: number): void {
    text(piece, `tag ${name}\nfrom :${target}\ntagger ${authors[0]} ${this.#time} +0100\n`);
    data(piece, Buffer.from(`Release ${name}\n`));
  }

  #add(piece: Uint8Array[]): void {
    const binary = this.#random.below(25) === 0;
    const extension = binary ? 'png' : this.#random.pick(extensions);
    const folder = this.#random.pick(this.#folders);
    this.#named += 1;
    const path = `${folder}${this.#word()}-${this.#named}.${extension}`;
    const lines = Array.from({ length: binary ? 0 : this.#fileLength() }, () => this.#line());
    const file = { path, lines: binary ? undefined : lines };
    this.#files.push(file);
    this.#write(piece, file);
  }

  /** Edits one to four files; seldom moves or removes one as well. */
  #change(piece: Uint8Array[]): void {
    const kind = this.#random.below(60);
    if (kind === 0 && this.#files.length > 10) {
      const [file] = this.#files.splice(this.#random.below(this.#files.length), 1);
      text(piece, `D ${file?.path ?? ''}\n`);
    } else if (kind === 1) {
      const file = this.#random.pick(this.#files);
      const path = file.path.replace(/[^/]*$/, (name) => `m${this.#named}-${name}`);
      this.#named += 1;
      text(piece, `R ${file.path} ${path}\n`);
      file.path = path;
    }
    this.#editSome(piece);
  }

  #editSome(piece: Uint8Array[]): File[] {
    const edited: File[] = [];
    let edits = 1;
    while (edits < 4 && this.#random.below(3) === 0) edits += 1;
    for (let count = 0; count < edits; count += 1) {
      const file = this.#hotFile();
      if (file.lines === undefined) {
        // Pictures change less often than text.
        if (this.#random.below(4) > 0) continue;
      } else {
        this.#edit(file.lines);
        edited.push(file);
      }
      this.#write(piece, file);
    }
    return edited;
  }

  /** Some files are changed again and again, most hardly ever. */
  #hotFile(): File {
    const size = this.#files.length;
    const index = Math.floor((this.#random.below(size) * this.#random.below(size)) / size);
    return this.#files[index] ?? this.#random.pick(this.#files);
  }

  #edit(lines: string[]): void {
    const hunks = 1 + this.#random.below(3);
    for (let hunk = 0; hunk < hunks; hunk += 1) {
      const at = this.#random.below(lines.length + 1);
      const added = Array.from({ length: this.#random.below(5) }, () => this.#line());
      lines.splice(at, this.#random.below(4), ...added);
    }
    if (lines.length === 0) lines.push(this.#line());
  }

  #write(piece: Uint8Array[], { path, lines }: File): void {
    text(piece, `M 100644 inline ${path}\n`);
    if (lines === undefined) data(piece, this.#random.bytes(1_000 + this.#random.below(30_000)));
    else data(piece, Buffer.from(lines.join('')));
  }

  /** Lines of a new file: less than 130 for half of them, above 2,000 for one in a hundred. */
  #fileLength(): number {
    const scale = this.#random.below(1_000) / 1_000;
    return 15 + Math.floor(60 / (1.02 - scale));
  }

  #line(): string {
    const indent = '  '.repeat(this.#random.below(4));
    let line = indent;
    const count = 1 + this.#random.below(9);
    for (let word = 0; word < count; word += 1) {
      // Common words are much more common than rare ones.
      const rank = this.#random.below(55) * this.#random.below(55);
      line += (this.#words[rank] ?? 'it') + this.#random.pick(punctuation);
    }
    return `${line.trimEnd()}\n`;
  }

  #word(): string {
    const count = 1 + this.#random.below(4);
    return Array.from({ length: count }, () => this.#random.pick(syllables)).join('');
  }
}

function text(piece: Uint8Array[], words: string): void {
  piece.push(Buffer.from(words));
}

function data(piece: Uint8Array[], bytes: Uint8Array): void {
  text(piece, `data ${bytes.length}\n`);
  piece.push(bytes);
  text(piece, '\n');
}
