/** Settings of a server that opened what the owner of a repository had shut. */
import { expect, it } from 'vitest';
import type { GitSetting } from '../../server/git/setting.js';
import { canonicalKey, withoutLooser } from '../../server/git/stricter.js';
import { readCorpus } from './corpus.js';

interface Settings {
  readonly ours: GitSetting;
  readonly own: GitSetting;
}

it.each(readCorpus<Settings, readonly GitSetting[]>('own-settings'))(
  '$name',
  ({ input: { ours, own }, expected }) => {
    const [key, value] = own;
    expect(withoutLooser([ours], [{ key: canonicalKey(key), value }])).toEqual(expected);
  },
);
