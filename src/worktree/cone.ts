/**
 * The folders of a sparse checkout in cone mode, and `info/sparse-checkout` as git reads and writes it
 * (git-sparse-checkout(1), "Internals — Cone mode"; dir.c, `add_pattern_to_hashsets`). Names are text of
 * which each letter is a byte, since not all are UTF-8.
 */

/** Which files of a tree are in the working tree: those of some folders, and those beside the way to them. */
export class Cone {
  /** Everything: what a checkout is that is not sparse. */
  static readonly all = new Cone([], [], true);

  /** Folders that are there with all below them. */
  readonly #whole: ReadonlySet<string>;
  /** Folders of which the files are there, and no folders but those that lead to one of the others. */
  readonly #parents: ReadonlySet<string>;
  readonly #isAll: boolean;
  readonly #known = new Map<string, boolean>();

  private constructor(whole: Iterable<string>, parents: Iterable<string>, isAll: boolean) {
    this.#whole = new Set(whole);
    this.#parents = new Set(parents);
    this.#isAll = isAll;
  }

  /** @param folders paths, their segments joined by single slashes; none: only the files of the root. */
  static of(folders: readonly string[]): Cone {
    return Cone.#ofBytes(folders.map((folder) => bytesAsText(new TextEncoder().encode(folder))));
  }

  static #ofBytes(folders: readonly string[]): Cone {
    return new Cone(folders, folders.flatMap(above), false);
  }

  /**
   * @param bytes what is in `info/sparse-checkout`.
   * @returns undefined where git would not take it for cone mode's.
   */
  static parse(bytes: Uint8Array): Cone | undefined {
    const whole = new Set<string>();
    const parents = new Set<string>();
    let isAll = false;
    for (const line of bytesAsText(bytes).split('\n')) {
      const pattern = patternOf(line);
      if (pattern === undefined) continue;
      const { text, isNegative, isFolder } = pattern;
      if (text === '/*' && isNegative === isFolder) {
        isAll = !isNegative;
        continue;
      }
      if (!isFolder || !/^\/./.test(text) || /\*\*|\/\/|\/$/.test(text) || hasGlob(text)) {
        return undefined;
      }
      const isParent = text.endsWith('/*');
      const folder = unescaped(text.slice(1, isParent ? -2 : undefined));
      // What is left out is all below a folder that is there, and nothing else.
      if (isNegative !== isParent || (isParent ? !whole.has(folder) : parents.has(folder))) {
        return undefined;
      }
      if (isParent) {
        parents.add(folder);
        whole.delete(folder);
      } else whole.add(folder);
    }
    return new Cone(whole, parents, isAll);
  }

  /** The folders that were asked for, in git's order. */
  get folders(): readonly string[] {
    return [...this.#whole].sort().map((folder) => new TextDecoder().decode(textAsBytes(folder)));
  }

  /** @returns one that has these folders as well. */
  with(folders: readonly string[]): Cone {
    return Cone.#ofBytes([...this.#whole, ...Cone.of(folders).#whole]);
  }

  /** @param name the path of a file. @returns whether it is in the working tree. */
  has(name: Uint8Array): boolean {
    if (this.#isAll) return true;
    const end = name.lastIndexOf(0x2f);
    if (end < 0) return true;
    const folder = bytesAsText(name.subarray(0, end));
    let isIn = this.#known.get(folder);
    if (isIn === undefined) {
      isIn = this.#parents.has(folder) || this.#isBelow(folder) || this.#whole.has(folder);
      this.#known.set(folder, isIn);
    }
    // A submodule's place may be one of the folders.
    return isIn || this.#whole.has(bytesAsText(name));
  }

  /** @returns `info/sparse-checkout` as `git sparse-checkout set --cone` writes it. */
  format(): Uint8Array {
    if (this.#isAll) return textAsBytes('/*\n');
    const top = (folders: ReadonlySet<string>) =>
      [...folders].filter((folder) => !this.#isBelow(folder)).sort();
    const parents = top(this.#parents).filter((folder) => !this.#whole.has(folder));
    const lines = [
      ...['/*', '!/*/'],
      ...parents.flatMap((folder) => [`/${escaped(folder)}/`, `!/${escaped(folder)}/*/`]),
      ...top(this.#whole).map((folder) => `/${escaped(folder)}/`),
    ];
    return textAsBytes(lines.map((line) => `${line}\n`).join(''));
  }

  #isBelow(folder: string): boolean {
    return above(folder).some((each) => this.#whole.has(each));
  }
}

/** @returns the folders that a folder is in, but for the root. */
function above(folder: string): string[] {
  const found: string[] = [];
  for (let at = folder.lastIndexOf('/'); at > 0; at = folder.lastIndexOf('/', at - 1)) {
    found.push(folder.slice(0, at));
  }
  return found;
}

interface Pattern {
  readonly text: string;
  readonly isNegative: boolean;
  /** Whether it ends with a slash, which `text` has no more. */
  readonly isFolder: boolean;
}

/** @returns undefined for a line that says nothing (gitignore(5)). */
function patternOf(line: string): Pattern | undefined {
  const trimmed = line.replace(/\r$/, '').replace(/(?<!\\) +$/, '');
  if (trimmed === '' || trimmed.startsWith('#')) return undefined;
  const isNegative = trimmed.startsWith('!');
  const text = isNegative ? trimmed.slice(1) : trimmed;
  const isFolder = text.endsWith('/');
  return { text: isFolder ? text.slice(0, -1) : text, isNegative, isFolder };
}

/** Whether something in it stands for any letters, but for a last `/*`. */
function hasGlob(text: string): boolean {
  return /[*?[\\]/.test(text.replace(/\\[*?[\\]/g, '').replace(/\/\*$/, ''));
}

function escaped(folder: string): string {
  return folder.replace(/[*?[\\]/g, (letter) => `\\${letter}`);
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

function bytesAsText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function textAsBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
