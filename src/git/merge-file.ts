/** Merges the lines of a text that both sides have changed, as git's xdiff does. */
import { diffLines, type Algorithm, type Hunk } from './line-diff.js';

/** A file as the two sides have it, and as they found it. */
export interface Texts {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/** What the two sides of a conflict are called in a file. */
export interface Labels {
  readonly ours: string;
  readonly theirs: string;
}

/** How lines are compared, and what is in the place of a conflict. */
export interface TextOptions extends Labels {
  /** Of a mark, in letters. Default: 7. */
  readonly markerSize?: number;
  /** Whether the lines of both sides are taken, ours first, in the place of a conflict. */
  readonly isUnion?: boolean;
  /** Default: `histogram`, as `git merge` has it. */
  readonly algorithm?: Algorithm | undefined;
}

/** A text as lines, and as a number for each, which equal lines share. */
interface Lines {
  readonly lines: readonly string[];
  readonly ids: Int32Array;
}

/** Some of the lines of a text; `end` is the first after them. */
interface Range {
  readonly at: number;
  readonly end: number;
}

/** Where one side has changed something, or both have: then they do not agree, unless they are the `same`. */
interface Region {
  readonly by: 'ours' | 'theirs' | 'both' | 'same';
  /** The lines that stand there now. */
  readonly ours: Range;
  readonly theirs: Range;
}

/** Lines between two conflicts, up to which they are made one (xdl_simplify_non_conflicts). */
const mostJoined = 3;

/** @returns whether the sides agree, and the text, with marks around what they do not agree on. */
export function mergeText(
  { base, ours, theirs }: Texts,
  options: TextOptions,
): { readonly isClean: boolean; readonly text: string } {
  const merge = new Merge({ base, ours, theirs }, options.algorithm ?? 'histogram');
  const regions = joined(merge.regions().flatMap((region) => merge.refined(region)));
  return {
    isClean: options.isUnion === true || regions.every(({ by }) => by !== 'both'),
    text: merge.format(regions, options),
  };
}

/** Finds out what has changed in three texts, and makes one of them. */
class Merge {
  readonly #base: Lines;
  readonly #ours: Lines;
  readonly #theirs: Lines;
  readonly #algorithm: Algorithm;

  constructor({ base, ours, theirs }: Texts, algorithm: Algorithm) {
    this.#algorithm = algorithm;
    const known = new Map<string, number>();
    this.#base = linesOf(base, known);
    this.#ours = linesOf(ours, known);
    this.#theirs = linesOf(theirs, known);
  }

  /** @returns what has changed. Changes next to each other, with no line between, are one. */
  regions(): Region[] {
    const [base, ours, theirs] = [this.#base.ids, this.#ours.ids, this.#theirs.ids];
    const mine = new Changes(this.#diff(base, ours), ours.length - base.length);
    const other = new Changes(this.#diff(base, theirs), theirs.length - base.length);
    const regions: Region[] = [];
    while (mine.next !== undefined || other.next !== undefined) {
      const { oldAt: from = Infinity, oldEnd: to = Infinity } = mine.next ?? {};
      const { oldAt: otherFrom = Infinity, oldEnd: otherTo = Infinity } = other.next ?? {};
      const by = to < otherFrom ? 'ours' : otherTo < from ? 'theirs' : 'both';
      const at = Math.min(from, otherFrom);
      const end = by === 'both' ? Math.max(to, otherTo) : Math.min(to, otherTo);
      const region = { by, ours: mine.rangeOf(at, end), theirs: other.rangeOf(at, end) } as const;
      const isSame = from === otherFrom && to === otherTo && this.#isSame(region);
      if (!isSame) append(regions, region);
      if (to <= otherTo) mine.pass();
      if (otherTo <= to) other.pass();
    }
    return regions;
  }

  #diff(before: Int32Array, after: Int32Array): Hunk[] {
    return diffLines(before, after, this.#algorithm);
  }

  #isSame({ ours, theirs }: Region): boolean {
    const [mine, other] = [this.#ours.ids, this.#theirs.ids];
    if (ours.end - ours.at !== theirs.end - theirs.at) return false;
    const shift = theirs.at - ours.at;
    return mine.subarray(ours.at, ours.end).every((id, at) => id === other[ours.at + at + shift]);
  }

  /** @returns a conflict without the lines that both sides have, as git's `XDL_MERGE_ZEALOUS` makes it. */
  refined(region: Region): Region[] {
    const { by, ours, theirs } = region;
    if (by !== 'both' || ours.at === ours.end || theirs.at === theirs.end) return [region];
    const hunks = this.#diff(
      this.#ours.ids.subarray(ours.at, ours.end),
      this.#theirs.ids.subarray(theirs.at, theirs.end),
    );
    if (hunks.length === 0) return [{ ...region, by: 'same' }];
    return hunks.map(({ oldAt, oldEnd, newAt, newEnd }) => ({
      by,
      ours: { at: ours.at + oldAt, end: ours.at + oldEnd },
      theirs: { at: theirs.at + newAt, end: theirs.at + newEnd },
    }));
  }

  /** @returns our lines with theirs, or with the conflict, in the place of the regions. */
  format(regions: readonly Region[], options: TextOptions): string {
    const [ours, theirs] = [this.#ours.lines, this.#theirs.lines];
    const parts: string[] = [];
    let done = 0;
    for (const region of regions) {
      if (region.by === 'ours' || region.by === 'same') continue;
      parts.push(textOf(ours, { at: done, end: region.ours.at }));
      if (region.by === 'both') parts.push(this.#both(region, options));
      else parts.push(textOf(theirs, region.theirs));
      done = region.ours.end;
    }
    parts.push(textOf(ours, { at: done, end: ours.length }));
    return parts.join('');
  }

  #both({ ours, theirs }: Region, options: TextOptions): string {
    const end = this.#endOf(ours, theirs);
    const mark = (letter: string): string => letter.repeat(options.markerSize ?? 7);
    const side = (lines: readonly string[], range: Range): string => {
      const text = textOf(lines, range);
      return text === '' || text.endsWith('\n') ? text : `${text}${end}`;
    };
    if (options.isUnion === true) {
      return `${side(this.#ours.lines, ours)}${textOf(this.#theirs.lines, theirs)}`;
    }
    return [
      `${mark('<')} ${options.ours}${end}${side(this.#ours.lines, ours)}`,
      `${mark('=')}${end}${side(this.#theirs.lines, theirs)}`,
      `${mark('>')} ${options.theirs}${end}`,
    ].join('');
  }

  /** @returns what ends the marks: CRLF where no side has LF before them, and the base begins with CRLF. */
  #endOf(ours: Range, theirs: Range): string {
    const isCrLf =
      endsInCrLf(this.#ours.lines, Math.max(ours.at - 1, 0)) !== false &&
      endsInCrLf(this.#theirs.lines, Math.max(theirs.at - 1, 0)) !== false &&
      endsInCrLf(this.#base.lines, 0) === true;
    return isCrLf ? '\r\n' : '\n';
  }
}

/** The hunks of one side, in order. */
class Changes {
  readonly #hunks: readonly Hunk[];
  readonly #added: number;
  #passed = 0;

  /** @param added how many lines the side has more than the base. */
  constructor(hunks: readonly Hunk[], added: number) {
    this.#hunks = hunks;
    this.#added = added;
  }

  get next(): Hunk | undefined {
    return this.#hunks[this.#passed];
  }

  pass(): void {
    this.#passed += 1;
  }

  /** @returns the side's lines in the place of some of the base, among which is no hunk but the next. */
  rangeOf(at: number, end: number): Range {
    const { next } = this;
    const before = next === undefined ? this.#added : next.newAt - next.oldAt;
    const isHere = next !== undefined && next.oldAt <= end;
    return { at: at + before, end: end + (isHere ? next.newEnd - next.oldEnd : before) };
  }
}

function append(regions: Region[], region: Region): void {
  const last = regions.at(-1);
  const isNextTo =
    last !== undefined && (region.ours.at <= last.ours.end || region.theirs.at <= last.theirs.end);
  if (!isNextTo) regions.push(region);
  else regions.splice(-1, 1, together(last, region, last.by === region.by ? last.by : 'both'));
}

function together(first: Region, last: Region, by: Region['by']): Region {
  return {
    by,
    ours: { at: first.ours.at, end: last.ours.end },
    theirs: { at: first.theirs.at, end: last.theirs.end },
  };
}

/** Makes one of conflicts that are near to each other (xdiff's `xdl_simplify_non_conflicts`). */
function joined(regions: readonly Region[]): Region[] {
  const all: Region[] = [];
  for (const region of regions) {
    const last = all.at(-1);
    const isJoined =
      last?.by === 'both' && region.by === 'both' && region.ours.at - last.ours.end <= mostJoined;
    if (isJoined) all.splice(-1, 1, together(last, region, 'both'));
    else all.push(region);
  }
  return all;
}

/** @returns undefined where a file does not say. */
function endsInCrLf(lines: readonly string[], at: number): boolean | undefined {
  const line = lines[at];
  if (line?.endsWith('\n') === true) return line.endsWith('\r\n');
  // The last line, which nothing ends, is as the one before.
  return line === undefined || at === 0 ? undefined : endsInCrLf(lines, at - 1);
}

function textOf(lines: readonly string[], { at, end }: Range): string {
  return lines.slice(at, end).join('');
}

/** With what ends them. */
function linesOf(text: string, known: Map<string, number>): Lines {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const ids = Int32Array.from(lines, (line) => {
    const id = known.get(line) ?? known.size;
    if (id === known.size) known.set(line, id);
    return id;
  });
  return { lines, ids };
}
