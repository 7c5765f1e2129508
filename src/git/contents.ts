/** Merges what is in files, and keeps what comes of it until it is written. */
import type * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { callBack } from '../base/failure.js';
import { bytesOfLetters, lettersOf, utf8Letters } from '../base/letters.js';
import { oidOf } from '../repository/object-hash.js';
import type { StoredObjects } from '../repository/stored-objects.js';
import { unavailable } from '../repository/unavailable.js';
import type { Changed } from '../worktree/merge-trees.js';
import { isText } from '../worktree/similarity.js';
import { isFile, type TreeFile } from '../worktree/tree-files.js';
import type { NewObject } from '../worktree/tree-objects.js';
import type { Algorithm } from './line-diff.js';
import { usualWay, type MergeDrivers, type MergeWay } from './merge-drivers.js';
import { mergeText, type Labels } from './merge-file.js';

/** How files are merged. */
export interface ContentOptions {
  /** What the sides are called in the files. */
  readonly labels: Labels;
  /**
   * isomorphic-git's: merges texts in the place of ours, and of a program that the configuration names; not what the
   * attributes have taken for no text, or for a list of lines (`union`).
   */
  readonly mergeDriver?: isomorphicGit.MergeDriverCallback | undefined;
  /** How lines are compared. Default: `histogram`. */
  readonly algorithm?: Algorithm | undefined;
  /** Knows what the attributes say. Default: nothing. */
  readonly drivers?: MergeDrivers | undefined;
  /**
   * How deep this merges bases of a merge, which nobody is to resolve: marks grow with it. What is no text stays as
   * it was. Default: 0, the merge itself.
   */
  readonly depth?: number | undefined;
  /** Files of bases that were merged, which are in no repository, by their oids. */
  readonly known?: ReadonlyMap<string, NewObject> | undefined;
}

/** What a path is merged as. */
export interface Naming {
  /** Where base, ours and theirs have it, if not all are at the path. */
  readonly names?: readonly [string, string, string] | undefined;
  /** Letters that marks have more than usual: what is merged may be merged once more. */
  readonly longer?: number;
}

/** What a content comes to. */
export interface Content {
  readonly oid: string;
  readonly isConflict: boolean;
}

const noBytes = new Uint8Array(0);

/** The contents of one merge. */
export class Contents {
  readonly #blobs = new Map<string, NewObject>();
  readonly #objects: StoredObjects;
  readonly #options: ContentOptions;
  #isTold = false;

  constructor(objects: StoredObjects, options: ContentOptions) {
    this.#objects = objects;
    this.#options = options;
  }

  /** @returns what was made, and of what is known the bases of these. */
  needed(sides: readonly Pick<Changed, 'base'>[]): NewObject[] {
    const before = new Set(sides.flatMap(({ base }) => (base ? [base.oid] : [])));
    const known = [...(this.#options.known?.values() ?? [])];
    return [...this.#blobs.values(), ...known.filter(({ oid }) => before.has(oid))];
  }

  /** Has all that is to be merged fetched at once. @throws GitWsError OBJECT_UNAVAILABLE */
  async ready(files: readonly (TreeFile | undefined)[]): Promise<void> {
    const wanted = files.flatMap((file) => (file && isFile(file) ? [file.oid] : []));
    await this.#objects.ready(new Set(wanted.filter((oid) => this.#made(oid) === undefined)));
  }

  /**
   * @param oids each once. @returns each of them, with its oid; undefined where it is not there. @throws as
   *   `StoredObjects.readMany`.
   */
  async *readMany(
    oids: readonly string[],
  ): AsyncGenerator<readonly [oid: string, bytes: Uint8Array | undefined]> {
    for (const oid of oids) {
      const made = this.#made(oid);
      if (made !== undefined) yield [oid, made.bytes];
    }
    const stored = oids.filter((oid) => this.#made(oid) === undefined);
    for await (const [oid, object] of this.#objects.readMany(stored)) yield [oid, object?.bytes];
  }

  /** @returns the blob that is to be seen; ours of what is no text, and in a base that of its own base. */
  async merge(
    { path, base, ours, theirs }: Pick<Changed, 'path' | 'base' | 'ours' | 'theirs'>,
    naming: Naming = {},
  ): Promise<Content> {
    // They have made another mode of the same file.
    if (ours.oid === theirs.oid || theirs.oid === base?.oid) {
      return { oid: ours.oid, isConflict: false };
    }
    if (ours.oid === base?.oid) return { oid: theirs.oid, isConflict: false };
    if (!isFile(ours)) return { oid: ours.oid, isConflict: true };
    const way = (await this.#options.drivers?.wayOf(path, this.#depth)) ?? usualWay;
    const before = base && isFile(base) ? await this.#read(base) : noBytes;
    const sides = [before, await this.#read(ours), await this.#read(theirs)] as const;
    if (way.driver === 'binary' || !sides.every(isText)) {
      return this.#depth > 0 ? this.#keep(before, true) : { oid: ours.oid, isConflict: true };
    }
    const driven = way.driver === 'union' ? undefined : await this.#drive(path, sides);
    if (driven === undefined && way.driver === 'foreign') this.#tell(path);
    return driven ?? this.#mergeLines(sides, naming, way);
  }

  /** Says once why there is a conflict that has no marks. */
  #tell(path: string): void {
    if (this.#isTold || this.#depth > 0) return;
    this.#isTold = true;
    const what = 'gitws: a merge driver of the configuration cannot be run here';
    console.warn(`${what}: ${path} is merged by its lines, and to be resolved.`);
  }

  /** @returns undefined without a driver, and for letters that it would not get as they are. */
  async #drive(path: string, sides: readonly Uint8Array[]): Promise<Content | undefined> {
    const { mergeDriver: driver, labels } = this.#options;
    const contents = sides.map(decoded);
    if (driver === undefined || contents.includes(undefined)) return undefined;
    const asked = {
      branches: ['base', labels.ours, labels.theirs],
      contents: contents.map((text) => text ?? ''),
      path,
    };
    const { cleanMerge, mergedText } = await callBack('mergeDriver', async () => driver(asked));
    if (typeof mergedText !== 'string') {
      const message = 'mergeDriver must give mergedText, which is a string.';
      throw new GitWsError('INVALID_OPTION', message, { data: { mergedText } });
    }
    return this.#keep(new TextEncoder().encode(mergedText), cleanMerge);
  }

  #mergeLines(
    sides: readonly [Uint8Array, Uint8Array, Uint8Array],
    { names, longer = 0 }: Naming,
    { driver, markerSize }: MergeWay,
  ): Content {
    const [base, ours, theirs] = [lettersOf(sides[0]), lettersOf(sides[1]), lettersOf(sides[2])];
    const { labels, algorithm } = this.#options;
    const [, own, other] = new Set(names).size > 1 ? (names ?? []) : [];
    // As bytes, like the text.
    const label = (side: string, path: string | undefined): string =>
      utf8Letters(path === undefined ? side : `${side}:${path}`);
    const merged = mergeText(
      { base, ours, theirs },
      {
        ...{ ours: label(labels.ours, own), theirs: label(labels.theirs, other) },
        // merge-ort.c, `extra_marker_size`.
        markerSize: markerSize + 2 * this.#depth + longer,
        isUnion: driver === 'union',
        algorithm,
      },
    );
    // What its own program would have made of it is for a person to say.
    const isClean = merged.isClean && driver !== 'foreign';
    return this.#keep(bytesOfLetters(merged.text), isClean);
  }

  #keep(bytes: Uint8Array, isClean: boolean): Content {
    const oid = oidOf('blob', bytes);
    this.#blobs.set(oid, { oid, bytes });
    return { oid, isConflict: !isClean };
  }

  get #depth(): number {
    return this.#options.depth ?? 0;
  }

  /** @returns what is in no repository yet. */
  #made(oid: string): NewObject | undefined {
    return this.#options.known?.get(oid) ?? this.#blobs.get(oid);
  }

  async #read({ oid }: TreeFile): Promise<Uint8Array> {
    const made = this.#made(oid);
    if (made !== undefined) return made.bytes;
    const object = await this.#objects.read(oid);
    if (typeof object !== 'object' || object.bytes === undefined) throw unavailable(oid);
    return object.bytes;
  }
}

/** @returns undefined for bytes that are no UTF-8. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
