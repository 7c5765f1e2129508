/** What docs/api/ has pages of, and what it says itself: scripts/api-docs.mjs makes the rest. */

/**
 * The entry points with types that package.json names, and what their pages begin with.
 *
 * @type {readonly { name: string, source: string, says: string }[]}
 */
export const entryPoints = [
  {
    name: 'gitws',
    source: 'src/index.ts',
    says: 'The plugin for isomorphic-git (`http`), repositories that are bound to their remotes, and single channels: for pages, workers and Node.',
  },
  {
    name: 'gitws/git',
    source: 'src/git/index.ts',
    says: 'isomorphic-git with commands of gitws in the place of some of its own. Here are those alone, and of their options those that isomorphic-git does not have: all else is as [isomorphic-git’s own documentation](https://isomorphic-git.org/docs/en/alphabetic) has it, by the same names.',
  },
  {
    name: 'gitws/worker',
    source: 'src/worker/index.ts',
    says: 'All of `gitws/git` off the page’s thread, with its storage: [git in a worker](../worker.md).',
  },
  {
    name: 'gitws/in-worker',
    source: 'src/worker/serve.ts',
    says: 'What a worker’s script is made of that has commands of its own: [git in a worker](../worker.md).',
  },
  {
    name: 'gitws/storage',
    source: 'src/storage.ts',
    says: 'A LightningFS that is fast and safe, for pages and workers: [storage in pages](../storage.md).',
  },
  {
    name: 'gitws/element',
    source: 'src/element/index.ts',
    says: '`<git-repository>`, which an import defines: [a repository in a page](../element.md).',
  },
  {
    name: 'gitws/pack',
    source: 'src/pack/index/index-pack.ts',
    says: 'The pack engine alone: what `git index-pack` does, in a page, a worker or Node.',
  },
  {
    name: 'gitws/server',
    source: 'server/index.ts',
    says: 'The server as a part of a program of Node, beside [the command](../configuration.md).',
  },
];

/** Entry points that have what another has. */
export const sameAs = { 'gitws/service-worker': 'gitws' };

/**
 * @param {string} page without `.md`.
 * @returns {string} what the page's entry point is imported by.
 */
export function nameOf(page) {
  return page === 'gitws' ? page : `gitws/${page}`;
}

/**
 * @param {string} name of an entry point.
 * @returns {string} the name of its page, without `.md`.
 */
export function pageOf(name) {
  return name.replace('gitws/', '');
}

/** @returns {string} the first page. */
export function index() {
  const rows = entryPoints.map(
    ({ name, says }) => `| [\`${name}\`](${pageOf(name)}.md) | ${says} |`,
  );
  const same = Object.entries(sameAs).map(
    ([name, other]) =>
      `\`${name}\` has the names of [\`${other}\`](${pageOf(other)}.md), for service workers, which load no scripts by and by: the pack engine is in it from the start.`,
  );
  return `${[
    '# API',
    'What each import gives, with its options, their types and defaults, and what is thrown. These pages are made of the docstrings in the sources (`npm run docs`), which an editor shows as well. Durations are in ms, sizes in bytes, unless something else is said. Errors have a `code`: [ErrorData](gitws.md#errordata) lists them, and [the protocol](../protocol.md#11-error-codes-of-the-library) says when each comes.',
    ['| Import | What it is |', '| --- | --- |', ...rows].join('\n'),
    ...same,
  ].join('\n\n')}\n`;
}
