/**
 * Of two words about one setting, the stricter: what a server sets for all repositories must not
 * open what the owner of one has shut. Values only; git's own rules for what each setting means.
 */
import type { GitSetting } from './setting.js';

/** A setting of a repository's own. */
export interface OwnSetting {
  /** As {@link canonicalKey} gives it. */
  readonly key: string;
  readonly value: string;
}

/** How strict a value is: of two, the larger is stricter. Undefined where git cannot read it. */
type Strictness = (value: string) => number | undefined;

const strictIfTrue: Strictness = (value) => whenKnown(booleanOf(value), Number);
const strictIfFalse: Strictness = (value) => whenKnown(booleanOf(value), (is) => Number(!is));
const strictIfLow: Strictness = (value) => whenKnown(numberOf(value), (number) => -number);
/** 0 means that there is no limit. */
const strictIfLowButNone: Strictness = (value) =>
  whenKnown(numberOf(value), (number) => (number <= 0 ? -Infinity : -number));

const among =
  (...words: readonly string[]): Strictness =>
  (value) => {
    const found = words.indexOf(value.toLowerCase());
    return found === -1 ? undefined : found;
  };

/** receive.denyCurrentBranch and its like, which may be booleans too. */
const denial: Strictness = (value) => {
  const is = booleanOf(value);
  return among(
    'ignore',
    'warn',
    'updateinstead',
    'refuse',
  )(is === undefined ? value : is ? 'refuse' : 'ignore');
};

/** Settings that open or shut something, by canonical key. */
const strictness: Readonly<Record<string, Strictness>> = {
  'receive.fsckobjects': strictIfTrue,
  'transfer.fsckobjects': strictIfTrue,
  'receive.maxinputsize': strictIfLowButNone,
  'core.bigfilethreshold': strictIfLow,
  'receive.denydeletes': strictIfTrue,
  'receive.denynonfastforwards': strictIfTrue,
  'receive.denycurrentbranch': denial,
  'receive.denydeletecurrent': denial,
  'receive.shallowupdate': strictIfFalse,
  'uploadpack.allowfilter': strictIfFalse,
  'uploadpack.allowrefinwant': strictIfFalse,
  'uploadarchive.allowunreachable': strictIfFalse,
  'core.protecthfs': strictIfTrue,
  'core.protectntfs': strictIfTrue,
};

/** What receive.fsck.<message> makes of a fault; the first three let it pass, more or less silently. */
const level = among('ignore', 'info', 'warn', 'error');

/** Where a repository says nothing by the first, git asks the second. */
const fallbacks: Readonly<Record<string, string>> = {
  'receive.fsckobjects': 'transfer.fsckobjects',
};

/** Which wants of oids each allows, as bits (upload-pack.c). */
const wants: Readonly<Record<string, number>> = {
  'uploadpack.allowtipsha1inwant': 1,
  'uploadpack.allowreachablesha1inwant': 2,
  'uploadpack.allowanysha1inwant': 7,
};

const hidden: ReadonlySet<string> = new Set([
  'transfer.hiderefs',
  'receive.hiderefs',
  'uploadpack.hiderefs',
]);

/** Settings of which the stricter word counts, by canonical key; `<message>` stands for any. */
export const comparedSettings: readonly string[] = [
  ...[...Object.keys(strictness), ...Object.keys(wants), ...hidden],
  'receive.fsck.<message>',
];

/**
 * @param ours settings for every repository, later ones beating earlier ones, and all of them those
 *   of a repository.
 * @param own of one repository.
 * @returns ours without those that would be looser there than its own.
 */
export function withoutLooser(
  ours: readonly GitSetting[],
  own: readonly OwnSetting[],
): GitSetting[] {
  const last = new Map(ours.map(([key, value]) => [canonicalKey(key), value]));
  return ours.filter(([key, value]) => {
    const canonical = canonicalKey(key);
    return !isLooser(canonical, last.get(canonical) ?? value, own);
  });
}

/** @returns the value that git takes; undefined where there is none. */
export function valueOf(own: readonly OwnSetting[], key: string): string | undefined {
  return own.findLast((setting) => setting.key === key)?.value;
}

/** As git-config(1) has it. @returns undefined where it is none. */
export function booleanOf(value: string): boolean | undefined {
  if (/^(true|yes|on)$/i.test(value)) return true;
  if (/^(false|no|off|)$/i.test(value)) return false;
  return whenKnown(numberOf(value), (number) => number !== 0);
}

/** @returns a key with its parts in lower case that have none (git-config(1)). */
export function canonicalKey(key: string): string {
  const [first, last] = [key.indexOf('.'), key.lastIndexOf('.')];
  return key.slice(0, first).toLowerCase() + key.slice(first, last) + key.slice(last).toLowerCase();
}

function isLooser(key: string, value: string, own: readonly OwnSetting[]): boolean {
  if (key in wants) return booleanOf(value) === true && deniesWants(wants[key] ?? 0, own);
  // The last pattern that fits counts: one that shows would come after those that hide.
  if (hidden.has(key)) return value.startsWith('!') && hidesRefs(own);
  const strict = /^receive\.fsck\.(?!skiplist$)/.test(key) ? level : strictness[key];
  const theirs = valueOf(own, key) ?? valueOf(own, fallbacks[key] ?? '');
  if (strict === undefined || theirs === undefined) return false;
  // What git cannot read it refuses itself, whatever comes after it.
  return (strict(theirs) ?? -Infinity) > (strict(value) ?? -Infinity);
}

/** Whether the last word about any of these wants is a no. */
function deniesWants(bits: number, own: readonly OwnSetting[]): boolean {
  let denied = 0;
  for (const { key, value } of own) {
    const spokenOf = wants[key] ?? 0;
    if (booleanOf(value) === false) denied |= spokenOf;
    else denied &= ~spokenOf;
  }
  return (denied & bits) !== 0;
}

function hidesRefs(own: readonly OwnSetting[]): boolean {
  return own.some(({ key, value }) => hidden.has(key) && !value.startsWith('!'));
}

function numberOf(value: string): number | undefined {
  const found = /^\s*([+-]?\d+)([kmg]?)$/i.exec(value);
  if (found === null) return undefined;
  const unit = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[(found[2] ?? '').toLowerCase()] ?? 1;
  return Number(found[1]) * unit;
}

function whenKnown<Known, Result>(
  known: Known | undefined,
  then: (known: Known) => Result,
): Result | undefined {
  return known === undefined ? undefined : then(known);
}
