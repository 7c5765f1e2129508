/**
 * That the table of docs/security.md about stricter settings says what the server does: which settings
 * are compared, which it sets itself and to what, and which value is the stricter one.
 */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { GitSetting } from '../../../server/git/setting.js';
import { canonicalKey, comparedSettings, withoutLooser } from '../../../server/git/stricter.js';
import { services } from '../../../server/services.js';

const text = await readFile(new URL('../../../docs/security.md', import.meta.url), 'utf8');

const [, table = ''] =
  /\n\| setting \| set by the server \| stricter is \|\n\| -.*\n((?:\|.*\n)+)/.exec(text) ?? [];

interface Row {
  readonly keys: readonly string[];
  readonly set: string;
  readonly stricter: string;
}

const rows: readonly Row[] = table
  .trim()
  .split('\n')
  .map((line): Row => {
    const [, names = '', set = '', stricter = ''] = line
      .split(' | ')
      .join('|')
      .split('|')
      .map((cell) => cell.trim());
    let section = '';
    // Where no section is named it is that of the setting before.
    const keys = [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => {
      if (name.includes('.')) section = name.slice(0, name.indexOf('.'));
      return name.includes('.') ? name : `${section}.${name}`;
    });
    return { keys, set, stricter };
  });

/** @returns what is in backquotes, in their order. */
const quoted = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, one = '']) => one);

/** Whether ours is left out beside a repository's own. */
function isLeftOut(key: string, ours: string, own: string): boolean {
  const concrete = key.replace('<message>', 'missingEmail');
  const given: GitSetting[] = [[concrete, ours]];
  return withoutLooser(given, [{ key: canonicalKey(concrete), value: own }]).length === 0;
}

/** For which the server cares itself: nothing is compared. */
const own = 'receive.autoGC';
const compared = rows
  .flatMap(({ keys, stricter }) => keys.map((key) => [key, stricter] as const))
  .filter(([key]) => key !== own);

describe('the table of stricter settings', () => {
  it('has every setting that is compared, once, and no other', () => {
    expect(compared.map(([key]) => canonicalKey(key)).sort()).toEqual([...comparedSettings].sort());
  });

  it('says of each that the server sets what it sets it to, and of no other', () => {
    const set = new Map(
      Object.values(services).flatMap(({ settings, inputSettings }) => [
        ...settings,
        ...inputSettings,
      ]),
    );
    // By the limit of this name (backends.ts).
    set.set('receive.maxInputSize', 'maxPushSize');
    const said = rows.filter((row) => row.set !== 'by `gitConfig` only');
    expect(new Map(said.map(({ keys: [key = ''], set: cell }) => [key, quoted(cell)[0]]))).toEqual(
      set,
    );
    expect(said.every(({ keys }) => keys.length === 1)).toBe(true);
  });

  it.each(compared)('says of %s which is the stricter one: %s', (key, stricter) => {
    const [strict = '', ...looser] = quoted(stricter);
    if (stricter.startsWith('the smaller')) {
      expect([isLeftOut(key, '2m', '1m'), isLeftOut(key, '1m', '2m')]).toEqual([true, false]);
      // Where 0 is none, it is the loosest.
      const none = stricter.endsWith('; 0 is none');
      expect([isLeftOut(key, '0', '1m'), isLeftOut(key, '1m', '0')]).toEqual([none, !none]);
    } else if (stricter.startsWith('hidden')) {
      expect([isLeftOut(key, '!refs/a', 'refs/a'), isLeftOut(key, 'refs/a', '!refs/a')]).toEqual([
        true,
        false,
      ]);
      expect(isLeftOut(key, 'refs/a', 'refs/b')).toBe(false);
    } else if (stricter.includes(', then ')) {
      // From the strictest to the loosest.
      const order = [strict, ...looser];
      for (const [at, value] of order.entries()) {
        for (const [before, other] of order.entries()) {
          expect(isLeftOut(key, value, other), `${value} beside ${other}`).toBe(before < at);
        }
      }
    } else {
      const loose = strict === 'true' ? 'false' : 'true';
      expect([isLeftOut(key, loose, strict), isLeftOut(key, strict, loose)]).toEqual([true, false]);
      // "also as": another setting by which an owner says the same.
      for (const other of looser) {
        const [name = '', value = strict] = other.split('=');
        const full = name.includes('.') ? name : `${key.slice(0, key.indexOf('.'))}.${name}`;
        const said = [{ key: canonicalKey(full), value }];
        expect(withoutLooser([[key, loose]], said), other).toEqual([]);
      }
    }
  });
});
