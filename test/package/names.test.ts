/** The names that the built `gitws/git` has. */
import * as isomorphicGit from 'isomorphic-git';
import { expect, it } from 'vitest';

const built = new URL('../../dist/git/index.js', import.meta.url).href;

it('gitws/git has every name of isomorphic-git, as an import and in its object', async () => {
  const ours = (await import(/* @vite-ignore */ built)) as { default: object };
  const names = Object.keys(isomorphicGit).filter((name) => name !== 'default');
  expect(names.filter((name) => !(name in ours))).toEqual([]);
  expect(names.filter((name) => !(name in ours.default))).toEqual([]);
});
