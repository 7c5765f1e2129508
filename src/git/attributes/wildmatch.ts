/**
 * Git's patterns of paths (wildmatch.c with WM_PATHNAME), in letters that are bytes. A pattern is gone through once
 * for each path, at all places at which it may be at the same time: none takes longer than its length times the
 * path's, however many stars it has.
 */

/** A step of a pattern. */
type Step =
  /** One letter. */
  | { readonly letter: string }
  /** Any letter of these; never a slash. */
  | { readonly letters: ReadonlySet<string> }
  /** Any number of letters; of a `star` none is a slash. */
  | { readonly many: 'star' | 'any' }
  /** Nothing; that many steps may be left out with it. */
  | { readonly leaves: number };

const slash = '/';

/** What is not literal, from its first letter on. */
const special = /[*?[\\]/;

/** Which letters a class in brackets has. */
const classes: Readonly<Record<string, RegExp>> = {
  ...{ alnum: /[0-9A-Za-z]/, alpha: /[A-Za-z]/, blank: /[ \t]/, cntrl: /[^ -~\x80-\xff]/ },
  ...{ digit: /[0-9]/, graph: /[!-~]/, lower: /[a-z]/, print: /[ -~]/, punct: /[!-/:-@[-`{-~]/ },
  ...{ space: /[ \t-\r]/, upper: /[A-Z]/, xdigit: /[0-9A-Fa-f]/ },
};

const letters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

/** All but the slash. */
const noSlash: ReadonlySet<string> = new Set(letters.filter((letter) => letter !== slash));

/** @returns what says whether a path, as letters, is one of a pattern's. */
export function matcherOf(pattern: string): (path: string) => boolean {
  const first = pattern.search(special);
  if (first < 0) return (path) => path === pattern;
  if (pattern.startsWith('*') && pattern.slice(1).search(special) < 0) {
    const end = pattern.slice(1);
    return (path) => path.endsWith(end) && !path.slice(0, path.length - end.length).includes(slash);
  }
  // Git compares what comes before the first special letter by itself: two stars behind it are at a beginning.
  const before = pattern.slice(0, first);
  const steps = stepsOf(pattern.slice(first));
  if (steps === undefined) return () => false;
  return (path) => path.startsWith(before) && matches(steps, path.slice(first));
}

function matches(steps: readonly Step[], path: string): boolean {
  let places = new Set<number>();
  reach(steps, places, 0);
  for (const letter of path) {
    const next = new Set<number>();
    for (const place of places) {
      const step = steps[place];
      if (step === undefined || !takes(step, letter)) continue;
      reach(steps, next, 'many' in step ? place : place + 1);
    }
    if (next.size === 0) return false;
    places = next;
  }
  return places.has(steps.length);
}

/** Adds a place, and those that can be gone on to from it without a letter. */
function reach(steps: readonly Step[], places: Set<number>, from: number): void {
  for (let place = from; !places.has(place); place += 1) {
    places.add(place);
    const step = steps[place];
    if (step === undefined || 'letter' in step || 'letters' in step) return;
    if ('leaves' in step) reach(steps, places, place + 1 + step.leaves);
  }
}

function takes(step: Step, letter: string): boolean {
  if ('letter' in step) return step.letter === letter;
  if ('letters' in step) return step.letters.has(letter);
  return 'many' in step && (step.many === 'any' || letter !== slash);
}

/** @returns undefined for a pattern that is no path's: brackets that nothing ends, or a class that there is not. */
function stepsOf(pattern: string): Step[] | undefined {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const letter = pattern.charAt(at);
    if (letter === '*') {
      const [stars = ''] = /^\*+/.exec(pattern.slice(at)) ?? [];
      const behind = pattern.slice(at + stars.length);
      const isWhole = at === 0 || pattern[at - 1] === slash;
      const isAny = stars.length > 1 && isWhole && /^(\\?\/|$)/.test(behind);
      // No folder at all is as good.
      if (isAny && behind.startsWith(slash)) steps.push({ leaves: 2 });
      steps.push({ many: isAny ? 'any' : 'star' });
      at += stars.length - 1;
    } else if (letter === '?') steps.push({ letters: noSlash });
    else if (letter === '[') {
      const set = new Brackets(pattern, at + 1).read();
      if (set === undefined) return undefined;
      steps.push({ letters: set.letters });
      at = set.end;
    } else {
      if (letter === '\\') at += 1;
      // Nothing is what a last backslash stands for.
      if (at === pattern.length) return undefined;
      steps.push({ letter: pattern.charAt(at) });
    }
  }
  return steps;
}

/** What stands in brackets. */
class Brackets {
  readonly #pattern: string;
  #at: number;
  readonly #found = new Set<string>();

  /** @param at behind the bracket. */
  constructor(pattern: string, at: number) {
    this.#pattern = pattern;
    this.#at = at;
  }

  /** @returns its letters, and where it ends; undefined where it does not, or has a class that there is not. */
  read(): { readonly letters: ReadonlySet<string>; readonly end: number } | undefined {
    const isNot = /[!^]/.test(this.#pattern.charAt(this.#at));
    if (isNot) this.#at += 1;
    const start = this.#at;
    /** The letter from which a range would be. */
    let from = '';
    // One that comes first is a letter of it.
    for (; this.#here !== ']' || this.#at === start; this.#at += 1) {
      const name = /^\[:([^\]]*):\]/.exec(this.#pattern.slice(this.#at))?.[1];
      if (name !== undefined) {
        const kind = Object.hasOwn(classes, name) ? classes[name] : undefined;
        if (kind === undefined) return undefined;
        for (const letter of letters) if (kind.test(letter)) this.#found.add(letter);
        this.#at += name.length + 3;
        from = '';
        continue;
      }
      const behind = this.#pattern.charAt(this.#at + 1);
      const isRange = this.#here === '-' && from !== '' && behind !== '' && behind !== ']';
      if (isRange) this.#at += 1;
      if (this.#here === '\\') this.#at += 1;
      if (this.#here === '') return undefined;
      if (isRange) {
        for (const letter of letters)
          if (letter >= from && letter <= this.#here) this.#found.add(letter);
      } else this.#found.add(this.#here);
      from = isRange ? '' : this.#here;
    }
    const all = letters.filter((each) => each !== slash && this.#found.has(each) !== isNot);
    return { letters: new Set(all), end: this.#at };
  }

  get #here(): string {
    return this.#pattern.charAt(this.#at);
  }
}
