/** What becomes of files that both sides of a merge have changed: their lines merged, or a conflict. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { callBack } from '../base/failure.js';
import { compareBytes } from '../base/compare-bytes.js';
import type { IndexEntry } from '../repository/index-file.js';
import { oidOf } from '../repository/object-hash.js';
import type { StoredObjects } from '../repository/stored-objects.js';
import { unavailable } from '../repository/unavailable.js';
import type { Changed, HalfRemoved, MergedTrees, Versions } from '../worktree/merge-trees.js';
import { isFile, type TreeFile } from '../worktree/tree-files.js';
import type { NewObject } from '../worktree/tree-objects.js';
import { entryOf, noStat } from '../worktree/write-out.js';
import { mergeText, type Labels } from './merge-file.js';

/** How files are merged. */
export interface ContentOptions {
  /** What the sides are called in the files. */
  readonly labels: Labels;
  /** isomorphic-git's: merges texts in the place of ours. */
  readonly mergeDriver?: isomorphicGit.MergeDriverCallback | undefined;
  /**
   * How deep this merges bases of a merge, which nobody is to resolve: marks grow with it. What is no text stays as
   * it was. Default: 0, the merge itself.
   */
  readonly depth?: number | undefined;
  /** Files of bases that were merged, which are in no repository, by their oids. */
  readonly known?: ReadonlyMap<string, NewObject> | undefined;
}

/** All files of a merge. */
export interface MergedFiles {
  readonly files: ReadonlyMap<string, TreeFile>;
  /** Of the paths that are to be resolved, the sides that an index keeps of them; in the order of the index. */
  readonly stages: ReadonlyMap<string, readonly IndexEntry[]>;
  /** What is in the files or in the stages, and in no repository yet. */
  readonly blobs: readonly NewObject[];
  /** Names what is to be resolved. */
  readonly error: Error;
}

/** Git looks for a NUL in so many bytes (xdiff-interface.c). */
const lookedAt = 8_000;

/** Letters of a mark; two more for each depth (merge-ort.c, `extra_marker_size`). */
const markerSize = 7;

const noBytes = new Uint8Array(0);

/** @throws GitWsError OBJECT_UNAVAILABLE, INVALID_OPTION for a driver that gives no text; what it throws. */
export async function mergeContents(
  { files, changed, halfRemoved }: MergedTrees,
  objects: StoredObjects,
  options: ContentOptions,
): Promise<MergedFiles> {
  const { known = new Map<string, NewObject>() } = options;
  const wanted = changed.flatMap(({ base, ours, theirs }) => [base, ours, theirs]);
  const oids = wanted.flatMap((file) => (file && isFile(file) ? [file.oid] : []));
  await objects.ready(new Set(oids.filter((oid) => !known.has(oid))));
  const contents = new Contents(objects, options);
  const all = new Map(files);
  const sides: (Changed | HalfRemoved)[] = [];
  for (const each of changed) {
    const { oid, isConflict } = await contents.merge(each);
    const { name, path } = each.ours;
    const merged = { name, path, mode: each.mode, oid };
    all.set(path, merged);
    const { asideOf: side } = each;
    if (isConflict || each.isModeConflict) sides.push(each);
    else if (side) sides.push({ ...alone(path), [side]: merged, left: merged });
  }
  for (const each of halfRemoved) {
    all.set(each.path, each.left);
    sides.push(each);
  }
  const nameOf = ({ ours, theirs }: Changed | HalfRemoved) => (ours ?? theirs)?.name ?? noBytes;
  sides.sort((one, other) => compareBytes(nameOf(one), nameOf(other)));
  const stages = new Map(sides.map((each) => [each.path, stagesOf(each)]));
  const before = new Set(sides.flatMap(({ base }) => (base ? [base.oid] : [])));
  const blobs = [...contents.blobs, ...[...known.values()].filter(({ oid }) => before.has(oid))];
  return { files: all, stages, blobs, error: conflictOf(sides) };
}

function alone(path: string): Versions {
  return { path, base: undefined, ours: undefined, theirs: undefined };
}

function conflictOf(sides: readonly (Changed | HalfRemoved)[]): Error {
  const paths = (holds: (each: Changed | HalfRemoved) => boolean): string[] =>
    sides.filter(holds).map(({ path }) => path);
  return new isomorphicGit.Errors.MergeConflictError(
    paths(() => true),
    paths(({ ours, theirs }) => ours !== undefined && theirs !== undefined),
    paths(({ base, ours }) => base !== undefined && ours === undefined),
    paths(({ base, theirs }) => base !== undefined && theirs === undefined),
  );
}

function stagesOf({ base, ours, theirs }: Changed | HalfRemoved): IndexEntry[] {
  return [base, ours, theirs].flatMap((file, at) =>
    file === undefined ? [] : [{ ...entryOf(file, noStat), stage: at + 1 }],
  );
}

interface Content {
  readonly oid: string;
  readonly isConflict: boolean;
}

class Contents {
  readonly blobs: NewObject[] = [];
  readonly #objects: StoredObjects;
  readonly #options: ContentOptions;

  constructor(objects: StoredObjects, options: ContentOptions) {
    this.#objects = objects;
    this.#options = options;
  }

  /** @returns the blob that is to be seen; ours of what is no text, and in a base that of its own base. */
  async merge({ path, base, ours, theirs }: Changed): Promise<Content> {
    // They have made another mode of the same file.
    if (ours.oid === theirs.oid || theirs.oid === base?.oid) {
      return { oid: ours.oid, isConflict: false };
    }
    if (ours.oid === base?.oid) return { oid: theirs.oid, isConflict: false };
    if (!isFile(ours)) return { oid: ours.oid, isConflict: true };
    const before = base && isFile(base) ? await this.#read(base) : noBytes;
    const sides = [before, await this.#read(ours), await this.#read(theirs)] as const;
    if (sides.some((bytes) => bytes.subarray(0, lookedAt).includes(0))) {
      return this.#depth > 0 ? this.#keep(before, true) : { oid: ours.oid, isConflict: true };
    }
    return (await this.#drive(path, sides)) ?? this.#mergeLines(sides);
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

  #mergeLines(sides: readonly [Uint8Array, Uint8Array, Uint8Array]): Content {
    const [base, ours, theirs] = [lettersOf(sides[0]), lettersOf(sides[1]), lettersOf(sides[2])];
    const { labels } = this.#options;
    const merged = mergeText(
      { base, ours, theirs },
      {
        // As bytes, like the text.
        ...{ ours: lettersOf(encoded(labels.ours)), theirs: lettersOf(encoded(labels.theirs)) },
        markerSize: markerSize + 2 * this.#depth,
      },
    );
    const bytes = Uint8Array.from(merged.text, (letter) => letter.charCodeAt(0));
    return this.#keep(bytes, merged.isClean);
  }

  #keep(bytes: Uint8Array, isClean: boolean): Content {
    const oid = oidOf('blob', bytes);
    this.blobs.push({ oid, bytes });
    return { oid, isConflict: !isClean };
  }

  get #depth(): number {
    return this.#options.depth ?? 0;
  }

  async #read({ oid }: TreeFile): Promise<Uint8Array> {
    const known = this.#options.known?.get(oid);
    if (known !== undefined) return known.bytes;
    const object = await this.#objects.read(oid);
    if (typeof object !== 'object' || object.bytes === undefined) throw unavailable(oid);
    return object.bytes;
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** @returns one letter a byte: lines are compared and copied, whatever their letters are. */
function lettersOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x2000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  }
  return text;
}

/** @returns undefined for bytes that are no UTF-8. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
