/**
 * The attributes of files, as git finds them where it merges: in the `.gitattributes` of the working tree, as they lie
 * there, and in `info/attributes`; none of a commit or of the index counts. A file is read when a path below its
 * folder is asked for, and once.
 */
import { useFileSystem } from '../../base/failure.js';
import { foldersOf } from '../../base/folders.js';
import { utf8Letters } from '../../base/letters.js';
import { promisesOf, type PromiseFileSystem } from '../../storage/file-system.js';
import { notThere, type FileStat } from '../../worktree/work-tree.js';
import { isYes, readConfig, type ConfigAt } from '../config.js';
import {
  readAttributes,
  type AttributesLine,
  type AttributeValue,
  type State,
} from './attributes-file.js';

/** Where attributes are looked for. */
export interface AttributesAt extends ConfigAt {
  /** The working tree's directory; undefined: without one, `info/attributes` says all. */
  readonly dir?: string | undefined;
}

/** The lines of one file, and the folder that they are about, as letters with a slash behind; empty for all. */
interface Level {
  readonly folder: string;
  readonly lines: readonly AttributesLine[];
}

/** A file of so many bytes is passed over (ATTR_MAX_FILE_SIZE). */
const tooLarge = 100 * 1024 * 1024;

/** What git knows without any file. */
const builtIn: Level = {
  folder: '',
  lines: readAttributes(new TextEncoder().encode('[attr]binary -diff -merge -text'), {
    ...{ hasMacros: true, isCaseless: false },
  }),
};

/** Knows the attributes of paths. */
export class Attributes {
  readonly #at: AttributesAt;
  readonly #config: ConfigAt;
  readonly #fs: PromiseFileSystem;
  /** By the files' paths. */
  readonly #levels = new Map<string, Promise<Level>>();
  #isCaseless: Promise<boolean> | undefined;

  /** @param config says whether capital letters matter. */
  constructor(at: AttributesAt, config: ConfigAt) {
    this.#at = at;
    this.#config = config;
    this.#fs = promisesOf(at.fs);
  }

  /**
   * @param path of a file.
   * @returns what is specified, by name. @throws what `fs` throws.
   */
  async of(path: string): Promise<ReadonlyMap<string, AttributeValue>> {
    const { dir, gitdir } = this.#at;
    const levels = [builtIn];
    if (dir !== undefined) {
      for (const folder of ['', ...foldersOf(path).map((each) => `${each}/`)]) {
        levels.push(await this.#level(`${dir}/${folder}.gitattributes`, folder));
      }
    }
    levels.push(await this.#level(`${gitdir}/info/attributes`, ''));
    return valuesOf(levels.reverse(), utf8Letters(path));
  }

  #level(file: string, folder: string): Promise<Level> {
    const known = this.#levels.get(file) ?? this.#read(file, folder);
    this.#levels.set(file, known);
    return known;
  }

  async #read(file: string, path: string): Promise<Level> {
    const folder = utf8Letters(path);
    const bytes = await useFileSystem(() => this.#bytesOf(file));
    if (bytes === undefined) return { folder, lines: [] };
    this.#isCaseless ??= readConfig(this.#config, 'core.ignorecase').then(isYes);
    const options = { hasMacros: folder === '', isCaseless: await this.#isCaseless };
    return { folder, lines: readAttributes(bytes, options) };
  }

  /** @returns undefined where no file is, or none that git would read. */
  async #bytesOf(file: string): Promise<Uint8Array | undefined> {
    const isOfTree = file.endsWith('/.gitattributes');
    // Git follows no link out of a tree that may be a stranger's.
    const look = isOfTree ? this.#fs.lstat(file) : this.#fs.stat(file);
    const stat = (await look.catch(notThere)) as FileStat | undefined;
    if (stat?.isFile() !== true || stat.size >= tooLarge) return undefined;
    const bytes = await this.#fs.readFile(file).catch(notThere);
    return bytes instanceof Uint8Array ? bytes : undefined;
  }
}

/** @param levels the one that counts most first; of a level the last line does, and of a line the last word. */
function valuesOf(levels: readonly Level[], path: string): ReadonlyMap<string, AttributeValue> {
  const macros = new Map<string, readonly State[]>();
  const found: State[] = [];
  for (const { folder, lines } of levels) {
    const within = path.slice(folder.length);
    for (const { macro, states, matches } of [...lines].reverse()) {
      if (macro !== undefined) {
        if (!macros.has(macro)) macros.set(macro, states);
      } else if (matches(within)) found.push(...[...states].reverse());
    }
  }
  const values = new Map<string, AttributeValue | undefined>();
  const left = found.reverse();
  for (let state = left.pop(); state !== undefined; state = left.pop()) {
    const [name, value] = state;
    if (values.has(name)) continue;
    values.set(name, value);
    if (value === true) left.push(...(macros.get(name) ?? []));
  }
  const specified = [...values].flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return new Map(specified);
}
