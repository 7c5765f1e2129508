/**
 * What the client defends its user's repository, and its memory, with against a server that lies or
 * fails. Part of the list in removals.ts.
 */
import { against, type Removal } from './removal.js';

const contract = 'contract.interop.test.ts';
const fetching = ['isomorphic/fetch.test.ts'];
const running = ['isomorphic/client.test.ts'];
const parts = 'isomorphic/parts.test.ts';

export const clientRemovals: readonly Removal[] = [
  ...against(
    'a server that sends less than it says',
    [contract],
    [
      { defence: "the pack's checksum is verified", tests: [contract, parts] },
      {
        defence: 'the last of a pack is handed on after it is verified',
        instead:
          'this.#held = bytes.subarray(bytes.length); return Promise.resolve(encodeSideBand(1, bytes));',
        tests: fetching,
      },
      {
        defence: 'shallow is handed on after the pack',
        instead: 'return [encodePktLine(`${event.type} ${event.oid}\\n`)];',
        tests: fetching,
      },
      { defence: 'band 3 and ERR lines end a fetch' },
      { defence: "git's exit has to be 0" },
      { defence: 'a push that nobody reported on is in doubt', instead: 'throw error;' },
    ],
  ),
  ...against(
    'a server that writes where it should not',
    [contract, 'wire/advertisement-refusals.test.ts'],
    [
      { defence: 'names of advertised refs are checked' },
      { defence: 'names that symrefs point to are checked' },
      { defence: 'names of ls-refs are checked', tests: [contract, 'wire/ls-refs.test.ts'] },
      { defence: 'other object formats are refused', instead: 'return;' },
    ],
  ),
  ...against(
    'a bundle that lies',
    ['git/bundle-uri.test.ts'],
    [
      { defence: 'all that the refs of a bundle reach has to be here' },
      { defence: 'the header of a bundle is bounded', tests: ['wire/bundle.test.ts'] },
      { defence: 'a list of bundles is bounded', tests: ['wire/bundle.test.ts'] },
    ],
  ),
  ...against('a server that takes its client’s time and memory', fetching, [
    { defence: 'a line that never ends is cut', tests: [parts] },
    { defence: "a server's messages lose what could move a cursor", instead: 'const line = raw;' },
    {
      defence: "a server's stderr loses what could move a cursor",
      instead: 'return settings.onMessage?.(text);',
    },
    { defence: 'an upgrade that nothing follows is given up', tests: ['tunnel/channel.test.ts'] },
    { defence: 'an advertisement that nothing follows is ended', tests: running },
    {
      defence: 'two operations at once do not share a run',
      instead: 'const entry = this.#known.has(headers) ? entries.at(0) : entries.at(-1);',
      tests: running,
    },
  ]),
  ...against(
    'a repository whose submodules lead out of their places',
    ['git/submodules.test.ts'],
    [
      { defence: "a submodule's name that leads elsewhere is refused" },
      { defence: "a submodule does not lie in another one's repository" },
      { defence: 'no submodule is written through a link in its place' },
      {
        defence: "credentials reach submodules of the superproject's host alone",
        instead: 'const kept = Object.entries(settings ?? {});',
      },
    ],
  ),
];
